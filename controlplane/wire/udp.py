"""UDP datagrams (RFC 768); their checksum covers the IP addresses too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from struct import Struct
from typing import Final, Self

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.reader import Reader

HEADER_LENGTH: Final = 8
_FIELDS: Final = Struct("!HHHH")


class WellKnownPort(IntEnum):
    """Ports as IANA assigns them."""

    LDP = 646
    S_PMSI = 3232
    BFD = 3784


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpDatagram:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |          Source Port          |       Destination Port        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            Length             |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Payload ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    source_port: int
    destination_port: int
    payload: bytes

    def encode(self, source: IPv4Address, destination: IPv4Address) -> bytes:
        length = HEADER_LENGTH + len(self.payload)
        ports = self.source_port.to_bytes(2, "big") + self.destination_port.to_bytes(2, "big")
        start = ports + length.to_bytes(2, "big")
        unsummed = start + bytes(2) + self.payload
        checksum = internet_checksum(_pseudo_header(source, destination, length) + unsummed)
        # RFC 768: "If the computed checksum is zero, it is transmitted as all ones".
        return start + (checksum or 0xFFFF).to_bytes(2, "big") + self.payload

    @classmethod
    def decode(cls, reader: Reader, source: IPv4Address, destination: IPv4Address) -> Self:
        header = reader.take(HEADER_LENGTH)
        source_port, destination_port, length, checksum = _FIELDS.unpack(header)
        if length < HEADER_LENGTH:
            raise reader.error(f"a UDP length of {length} octets")
        payload = reader.take(length - HEADER_LENGTH)
        # RFC 768: zero means that the sender computed none.
        pseudo_header = _pseudo_header(source, destination, length)
        if checksum and internet_checksum(pseudo_header + header + payload):
            raise reader.error("wrong UDP checksum")
        reader.rest()
        return cls(source_port=source_port, destination_port=destination_port, payload=payload)


def _pseudo_header(source: IPv4Address, destination: IPv4Address, length: int) -> bytes:
    addresses = source.packed + destination.packed
    return addresses + bytes((0, IpProtocol.UDP)) + length.to_bytes(2, "big")


def destination_port(datagram: bytes) -> int:
    """For whom a datagram is, before anything else of it is believed; 0 when it is cut short."""
    return int.from_bytes(datagram[2:4], "big") if len(datagram) >= HEADER_LENGTH else 0
