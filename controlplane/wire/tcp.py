"""TCP segments (RFC 9293 3.1), with the signature of RFC 2385 where a key is given.

Two options are written and read: the maximum segment size, and the MD5 signature, whose digest
covers the pseudo-header, the header without options and with a checksum of zero, the data, and the
key (RFC 2385 2.0). The checksum covers the signature, so it is computed last. Other options are
skipped, as RFC 9293 3.1 asks.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import IntFlag
from ipaddress import IPv4Address
from struct import Struct
from typing import Final, Self

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.reader import Reader

HEADER: Final = 20
SIGNATURE_OPTION: Final = 20
"""Octets that a signature takes of a segment, with its padding."""

_FIXED: Final = Struct("!HHIIBBHHH")
_WITHOUT_CHECKSUM: Final = Struct("!HHIIBBH")
_END, _PADDING, _MSS, _SIGNATURE = 0, 1, 2, 19
_DIGEST: Final = 16


class TcpFlag(IntFlag):
    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSegment:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |          Source Port          |       Destination Port        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Sequence Number                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                    Acknowledgment Number                      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Data |       |C|E|U|A|P|R|S|F|                               |
    | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
    |       |       |R|E|G|K|H|T|N|N|                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Checksum            |         Urgent Pointer        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                  Options, then the payload ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `signature` is what a received segment carries; `encode` makes its own.
    """

    source_port: int
    destination_port: int
    sequence: int
    acknowledgment: int = 0
    flags: TcpFlag
    window: int = 0
    mss: int | None = None
    signature: bytes | None = None
    payload: bytes = b""

    @property
    def length(self) -> int:
        """How many sequence numbers the segment takes (RFC 9293 3.4: SYN and FIN are one each)."""
        marks = self.flags & (TcpFlag.SYN | TcpFlag.FIN)
        return len(self.payload) + marks.bit_count()

    def encode(
        self, source: IPv4Address, destination: IPv4Address, key: bytes | None = None
    ) -> bytes:
        options = b"" if self.mss is None else bytes((_MSS, 4)) + self.mss.to_bytes(2, "big")
        data_offset = HEADER + len(options) + (0 if key is None else SIGNATURE_OPTION)
        fields = self._fields(data_offset)
        pseudo_header = _pseudo_header(source, destination, data_offset + len(self.payload))
        if key is not None:
            digest = _digest(pseudo_header, fields, self.payload, key)
            options += bytes((_PADDING, _PADDING, _SIGNATURE, 2 + _DIGEST)) + digest
        checksum = internet_checksum(pseudo_header + fields + bytes(4) + options + self.payload)
        return fields + checksum.to_bytes(2, "big") + bytes(2) + options + self.payload

    def is_signed_with(
        self, octets: bytes, source: IPv4Address, destination: IPv4Address, key: bytes
    ) -> bool:
        """Whether the signature is that of these octets, which are the segment, under the key."""
        data_offset = (octets[12] >> 4) * 4
        pseudo_header = _pseudo_header(source, destination, len(octets))
        fields = octets[: _WITHOUT_CHECKSUM.size]
        # RFC 2385 2.0 counts the urgent pointer in, which is zero in all that we send.
        urgent = octets[18:HEADER]
        digest = _digest(pseudo_header, fields, octets[data_offset:], key, urgent)
        return self.signature is not None and hmac.compare_digest(self.signature, digest)

    def _fields(self, data_offset: int) -> bytes:
        return _WITHOUT_CHECKSUM.pack(
            self.source_port,
            self.destination_port,
            self.sequence,
            self.acknowledgment,
            data_offset // 4 << 4,
            self.flags,
            self.window,
        )

    @classmethod
    def decode(cls, reader: Reader, source: IPv4Address, destination: IPv4Address) -> Self:
        """The whole of the reader is the segment: TCP has no length of its own."""
        length = reader.remaining
        header = reader.take(HEADER)
        source_port, destination_port, sequence, acknowledgment, offset, flags, window, _, _ = (
            _FIXED.unpack(header)
        )
        data_offset = (offset >> 4) * 4
        if data_offset < HEADER:
            raise reader.error(f"a TCP header of {data_offset} octets")
        options = reader.take(data_offset - HEADER)
        payload = reader.rest()
        pseudo_header = _pseudo_header(source, destination, length)
        if internet_checksum(pseudo_header + header + options + payload):
            raise reader.error("wrong TCP checksum")
        mss, signature = _read_options(options)
        return cls(
            source_port=source_port,
            destination_port=destination_port,
            sequence=sequence,
            acknowledgment=acknowledgment,
            flags=TcpFlag(flags & _KNOWN_FLAGS),
            window=window,
            mss=mss,
            signature=signature,
            payload=payload,
        )


_KNOWN_FLAGS: Final = TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.PSH | TcpFlag.ACK


def _pseudo_header(source: IPv4Address, destination: IPv4Address, length: int) -> bytes:
    addresses = source.packed + destination.packed
    return addresses + bytes((0, IpProtocol.TCP)) + length.to_bytes(2, "big")


def _digest(
    pseudo_header: bytes, fields: bytes, payload: bytes, key: bytes, urgent: bytes = bytes(2)
) -> bytes:
    """RFC 2385 2.0: over these in this order, with a checksum of zero."""
    signed = pseudo_header + fields + bytes(2) + urgent + payload + key
    return hashlib.md5(signed, usedforsecurity=False).digest()


def _read_options(options: bytes) -> tuple[int | None, bytes | None]:
    """The maximum segment size and the signature, as far as they are there."""
    reader = Reader(options)
    mss, signature = None, None
    while reader.remaining and (kind := reader.u8()) != _END:
        if kind == _PADDING:
            continue
        length = reader.u8()
        if length < 2:
            raise reader.error(f"a TCP option of {length} octets")
        value = reader.take(length - 2)
        if kind == _MSS and len(value) == 2:
            mss = int.from_bytes(value, "big")
        elif kind == _SIGNATURE and len(value) == _DIGEST:
            signature = value
    return mss, signature
