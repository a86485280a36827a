"""IPv4 packets (RFC 791)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from struct import Struct
from typing import Final, Self

from controlplane.net.interned import packed_address
from controlplane.wire.checksum import internet_checksum
from controlplane.wire.reader import Reader

MINIMUM_HEADER: Final = 20

ROUTER_ALERT: Final = bytes((0x94, 4, 0, 0))
"""RFC 2113 2.1: an option for routers to look at the packet though it is not for them."""

_FIXED: Final = Struct("!BBHHHBBH4s4s")
_DONT_FRAGMENT: Final = 0x4000
_MORE_FRAGMENTS: Final = 0x2000
_OFFSET_MASK: Final = 0x1FFF
_OFFSET_UNIT: Final = 8


class IpProtocol(IntEnum):
    """Protocol numbers as IANA assigns them."""

    ICMP = 1
    IGMP = 2
    TCP = 6
    UDP = 17
    RSVP = 46
    GRE = 47
    EIGRP = 88
    OSPF = 89
    PIM = 103


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv4Packet:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |Version|  IHL  |Type of Service|          Total Length         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         Identification        |0|D|M|     Fragment Offset     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Time to Live |    Protocol   |         Header Checksum       |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Source Address                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       Destination Address                     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                    Options, in units of four octets ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `fragment_offset` is in octets.
    """

    source: IPv4Address
    destination: IPv4Address
    protocol: int
    payload: bytes
    ttl: int = 64
    tos: int = 0
    identification: int = 0
    dont_fragment: bool = False
    more_fragments: bool = False
    fragment_offset: int = 0
    options: bytes = b""

    @property
    def length(self) -> int:
        """In octets: the total length of its header."""
        return MINIMUM_HEADER + len(self.options) + len(self.payload)

    def encode(self) -> bytes:
        header = self._header(checksum=0)
        return self._header(internet_checksum(header)) + self.payload

    def _header(self, checksum: int) -> bytes:
        length = MINIMUM_HEADER + len(self.options)
        return b"".join(
            (
                bytes((4 << 4 | length // 4, self.tos)),
                self.length.to_bytes(2, "big"),
                self.identification.to_bytes(2, "big"),
                self._fragmentation().to_bytes(2, "big"),
                bytes((self.ttl, self.protocol)),
                checksum.to_bytes(2, "big"),
                self.source.packed,
                self.destination.packed,
                self.options,
            )
        )

    def _fragmentation(self) -> int:
        return (
            (_DONT_FRAGMENT if self.dont_fragment else 0)
            | (_MORE_FRAGMENTS if self.more_fragments else 0)
            | self.fragment_offset // _OFFSET_UNIT
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        """Octets behind the total length are padding of the link, and are skipped."""
        header = _read_header(reader)
        (
            _,
            tos,
            total_length,
            identification,
            fragmentation,
            ttl,
            protocol,
            _,
            source,
            destination,
        ) = _FIXED.unpack_from(header)
        if total_length < len(header):
            raise reader.error(f"a total length of {total_length} octets, less than the header's")
        payload = reader.take(total_length - len(header))
        reader.rest()
        return cls(
            source=packed_address(source),
            destination=packed_address(destination),
            protocol=protocol,
            payload=payload,
            ttl=ttl,
            tos=tos,
            identification=identification,
            dont_fragment=bool(fragmentation & _DONT_FRAGMENT),
            more_fragments=bool(fragmentation & _MORE_FRAGMENTS),
            fragment_offset=(fragmentation & _OFFSET_MASK) * _OFFSET_UNIT,
            options=header[MINIMUM_HEADER:],
        )


def _read_header(reader: Reader) -> bytes:
    """The header with its options, its version, length and checksum verified."""
    first = reader.u8()
    length = (first & 0x0F) * 4
    if first >> 4 != 4:
        raise reader.error(f"IP version {first >> 4}")
    if length < MINIMUM_HEADER:
        raise reader.error(f"an IPv4 header of {length} octets")
    header = bytes((first,)) + reader.take(length - 1)
    if internet_checksum(header):
        raise reader.error("wrong IPv4 header checksum")
    return header
