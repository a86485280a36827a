"""Packets between controller and pipeline.

A frame that leaves on the CPU port begins with the program's `@controller_header("packet_in")`, one
that a controller sends enters on the CPU port behind its `packet_out` header. P4Info lists the
fields of both; they are packed without gaps from the first bit on, and the header is filled up to
whole bytes. A program without such a header gets and gives bare frames (section "Packet I/O").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finsy.proto import p4r

from softswitch.p4runtime import bytestring
from softswitch.p4runtime.p4info import Field, PacketHeader
from softswitch.p4runtime.status import invalid
from softswitch.punts import PacketInField, PacketInLayout

# The values of a packet-in's header, and the frame behind it.
Punted = tuple[tuple[int, ...], bytes]


class PacketInDecoder:
    """Frames from the CPU port -> the values of their header -> PacketIn."""

    def __init__(self, header: PacketHeader) -> None:
        self._length, self._places = _layout(header)
        self._ids = [field.id for field in header.fields]
        self.layout = PacketInLayout(self._length, list(_native_fields(header)))

    def unpack(self, frame: bytes) -> Punted | None:
        """The header's values in the order of P4Info; None for a frame that is shorter than it."""
        if len(frame) < self._length:
            return None
        header = int.from_bytes(frame[: self._length], "big")
        values = [header >> shift & mask for shift, mask in self._places]
        return tuple(values), frame[self._length :]

    def to_message(self, values: Sequence[int], payload: bytes) -> p4r.PacketIn:
        """The message for what `unpack` has found."""
        packet = p4r.PacketIn(payload=payload)
        for field_id, value in zip(self._ids, values, strict=True):
            packet.metadata.add(metadata_id=field_id, value=bytestring.encode(value))
        return packet

    def decode(self, frame: bytes) -> p4r.PacketIn | None:
        """The message for a frame; None for one that is shorter than the header."""
        punted = self.unpack(frame)
        return None if punted is None else self.to_message(*punted)


class PacketOutEncoder:
    """PacketOut -> the values of its header -> frames for the CPU port."""

    def __init__(self, header: PacketHeader) -> None:
        self._fields = header.fields
        self._length, self._places = _layout(header)

    def pack(self, values: Sequence[int], payload: bytes) -> bytes:
        """The frame of a header's values, in the order of P4Info."""
        header = 0
        for value, (shift, mask), field in zip(values, self._places, self._fields, strict=True):
            if value & ~mask:
                raise invalid(f"packet-out {field.name}: {value:#x} exceeds {field.width} bits")
            header |= value << shift
        return header.to_bytes(self._length, "big") + payload

    def encode(self, packet: p4r.PacketOut) -> bytes:
        """The frame; INVALID_ARGUMENT unless each field of the header is given exactly once."""
        given = {item.metadata_id: item.value for item in packet.metadata}
        self._check_ids(packet, given)
        return self.pack([self._value(field, given) for field in self._fields], packet.payload)

    def _check_ids(self, packet: p4r.PacketOut, given: dict[int, bytes]) -> None:
        unknown = sorted(given.keys() - {field.id for field in self._fields})
        if unknown:
            raise invalid(f"packet-out: the P4Info has no packet_out metadata {unknown[0]}")
        if len(given) != len(packet.metadata):
            raise invalid("packet-out: a metadata field is given twice")

    def _value(self, field: Field, given: dict[int, bytes]) -> int:
        if field.id not in given:
            raise invalid(f"packet-out: metadata {field.name} ({field.id}) is missing")
        return bytestring.decode(given[field.id], field.width, f"packet-out {field.name}")


def _native_fields(header: PacketHeader) -> Iterator[PacketInField]:
    first = 0
    for field in header.fields:
        yield PacketInField(field.id, first, field.width)
        first += field.width


def _layout(header: PacketHeader) -> tuple[int, list[tuple[int, int]]]:
    """The header's octets, and each field's shift and mask within it as one number."""
    width = sum(field.width for field in header.fields)
    length = (width + 7) // 8
    places, end = [], length * 8
    for field in header.fields:
        end -= field.width
        places.append((end, (1 << field.width) - 1))
    return length, places
