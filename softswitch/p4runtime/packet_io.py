"""Packets between controller and pipeline.

A frame that leaves on the CPU port begins with the program's `@controller_header("packet_in")`, one
that a controller sends enters on the CPU port behind its `packet_out` header. P4Info lists the
fields of both; they are packed without gaps from the first bit on, and the header is filled up to
whole bytes. A program without such a header gets and gives bare frames (section "Packet I/O").
"""

from __future__ import annotations

from finsy.proto import p4r

from softswitch.p4runtime import bytestring
from softswitch.p4runtime.p4info import Field, PacketHeader
from softswitch.p4runtime.status import invalid


class PacketInDecoder:
    """Frames from the CPU port -> PacketIn."""

    def __init__(self, header: PacketHeader) -> None:
        width = sum(field.width for field in header.fields)
        self._length = (width + 7) // 8
        self._places: list[tuple[int, int, int]] = []
        end = self._length * 8
        for field in header.fields:
            end -= field.width
            self._places.append((field.id, end, (1 << field.width) - 1))

    def decode(self, frame: bytes) -> p4r.PacketIn | None:
        """The message; None for a frame that is shorter than the header."""
        if len(frame) < self._length:
            return None
        packet = p4r.PacketIn(payload=frame[self._length :])
        header = int.from_bytes(frame[: self._length], "big")
        for field_id, shift, mask in self._places:
            value = bytestring.encode(header >> shift & mask)
            packet.metadata.add(metadata_id=field_id, value=value)
        return packet


class PacketOutEncoder:
    """PacketOut -> frames for the CPU port."""

    def __init__(self, header: PacketHeader) -> None:
        self._fields = header.fields
        width = sum(field.width for field in header.fields)
        self._length = (width + 7) // 8
        self._padding = self._length * 8 - width

    def encode(self, packet: p4r.PacketOut) -> bytes:
        """The frame; INVALID_ARGUMENT unless each field of the header is given exactly once."""
        given = {item.metadata_id: item.value for item in packet.metadata}
        self._check_ids(packet, given)
        header = 0
        for field in self._fields:
            header = header << field.width | self._value(field, given)
        return (header << self._padding).to_bytes(self._length, "big") + packet.payload

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
