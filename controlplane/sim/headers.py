"""What the pipeline reads of a frame before it decides, without decoding all of it.

Most control packets are to a neighbour or a group on the link, and go no further than this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zlib import crc32

from controlplane.net.punt import PuntReason
from controlplane.wire.ethernet import EtherType
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet

CPU_PORT: Final = 510
ETHERNET_HEADER: Final = 14

_VLAN_ID: Final = 0x0FFF
_WITHOUT_OPTIONS: Final = 0x45
_TUNNEL: Final = 24  # an IPv4 and a GRE header
_GRE_IPV4: Final = bytes((0, 0, 8, 0))
_FRAGMENT: Final = 0x3FFF  # MF, or an offset
_REGISTER_HEADER: Final = 8  # RFC 7761 4.9.3
_VERSION_2_REGISTER: Final = 0x21

_BGP, _LDP, _BFD, _MULTIHOP_BFD = 179, 646, 3784, 4784  # RFC 4271, 5036, 5881 and 5883


@dataclass(frozen=True, slots=True)
class Headers:
    """A frame with its port, its VLAN, and where in it the network layer starts."""

    port: int
    vlan: int
    ethertype: int
    at: int
    frame: bytes

    @classmethod
    def of(cls, port: int, frame: bytes) -> Headers:
        ethertype = int.from_bytes(frame[12:14], "big")
        if ethertype != EtherType.VLAN:
            return cls(port, 0, ethertype, ETHERNET_HEADER, frame)
        vlan = int.from_bytes(frame[14:16], "big") & _VLAN_ID
        return cls(port, vlan, int.from_bytes(frame[16:18], "big"), 18, frame)

    @property
    def to_group(self) -> bool:
        return bool(self.frame[0] & 1)

    @property
    def is_whole(self) -> bool:
        """Whether there is an IPv4 header in it."""
        return len(self.frame) >= self.at + MINIMUM_HEADER

    @property
    def has_options(self) -> bool:
        return self.frame[self.at] != _WITHOUT_OPTIONS

    @property
    def destination(self) -> bytes:
        return self.frame[self.at + 16 : self.at + 20]

    @property
    def source(self) -> bytes:
        return self.frame[self.at + 12 : self.at + 16]

    @property
    def is_multicast(self) -> bool:
        return self.frame[self.at + 16] & 0xF0 == 0xE0

    def punted_to_all(self, at: int) -> PuntReason | None:
        """Of the multicast packet that starts here: what every router on the link hears."""
        if self.frame[at + 9] == IpProtocol.IGMP:
            return PuntReason.IGMP
        if self.frame[at + 16 : at + 19] == b"\xe0\0\0":
            return PuntReason.LINK_LOCAL
        return None

    @property
    def tunnelled_at(self) -> int | None:
        """Where the customer's packet starts, in what our tunnels carry (GRE of RFC 2784)."""
        gre = self.at + MINIMUM_HEADER
        is_gre = self.frame[self.at + 9] == IpProtocol.GRE
        long_enough = len(self.frame) >= self.at + _TUNNEL + MINIMUM_HEADER
        if is_gre and long_enough and self.frame[gre : gre + 4] == _GRE_IPV4:
            return self.at + _TUNNEL
        return None

    @property
    def _is_register(self) -> bool:
        """Of PIM: what the parser takes for one, null ones too."""
        message = self.at + MINIMUM_HEADER
        fragment = int.from_bytes(self.frame[self.at + 6 : self.at + 8], "big") & _FRAGMENT
        if self.has_options or fragment or len(self.frame) < message + _REGISTER_HEADER:
            return False
        return self.frame[message] == _VERSION_2_REGISTER

    @property
    def punted_to_me(self) -> PuntReason:
        """The class of a unicast packet to this router."""
        protocol = self.frame[self.at + 9]
        if protocol == IpProtocol.PIM and self._is_register:
            return PuntReason.REGISTER
        if protocol in (IpProtocol.OSPF, IpProtocol.PIM):
            return PuntReason.ROUTING
        if self.has_options or protocol not in (IpProtocol.TCP, IpProtocol.UDP):
            return PuntReason.TO_ME
        ports = self.frame[self.at + MINIMUM_HEADER : self.at + MINIMUM_HEADER + 4]
        source, destination = int.from_bytes(ports[:2], "big"), int.from_bytes(ports[2:], "big")
        if protocol == IpProtocol.TCP:
            is_routing = not {source, destination}.isdisjoint((_BGP, _LDP))
        elif destination in (_BFD, _MULTIHOP_BFD):
            return PuntReason.BFD
        else:
            is_routing = destination == _LDP
        return PuntReason.ROUTING if is_routing else PuntReason.TO_ME


def flow(packet: Ipv4Packet) -> int:
    """The number by which equal ways are chosen: the same for all packets of a flow."""
    ports = packet.payload[:4] if packet.protocol in (IpProtocol.TCP, IpProtocol.UDP) else b""
    addresses = packet.source.packed + packet.destination.packed
    return crc32(addresses + bytes((packet.protocol,)) + ports)
