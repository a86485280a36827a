"""GRE (RFC 2784), as multicast VPNs use it: without key, sequence number or checksum.

RFC 6037 4.7 and RFC 6513 12.1.1: the P-group names the VPN, so a key has nothing to say. A
checksum is sent by nobody here, and is verified where a peer sends one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.reader import Reader

_CHECKSUM_PRESENT: Final = 0x8000
_ROUTING_KEY_SEQUENCE: Final = 0x7C00
_VERSION: Final = 0x0007


@dataclass(frozen=True, slots=True, kw_only=True)
class GrePacket:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |C|       Reserved0       | Ver |         Protocol Type         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |     Checksum, when C is 1     |           Reserved1           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Payload ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `protocol_type` is the EtherType of the payload.
    """

    protocol_type: int
    payload: bytes

    def encode(self) -> bytes:
        return bytes(2) + self.protocol_type.to_bytes(2, "big") + self.payload

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        packet = reader.rest()
        header = Reader(packet)
        flags, protocol_type = header.u16(), header.u16()
        # RFC 2784 2.3: "A receiver MUST discard a packet where any of bits 1-5 are non-zero".
        if flags & _ROUTING_KEY_SEQUENCE:
            raise header.error("a GRE header with a key, a sequence number or routing")
        if flags & _VERSION:
            raise header.error(f"GRE version {flags & _VERSION}")
        if flags & _CHECKSUM_PRESENT:
            header.u32()
            if internet_checksum(packet):
                raise header.error("wrong GRE checksum")
        return cls(protocol_type=protocol_type, payload=header.rest())
