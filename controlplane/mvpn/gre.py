"""GRE in the provider's core: how customers' packets are carried in PIM trees (RFC 6513 12.1.1)."""

from __future__ import annotations

from typing import Final

from controlplane.net.multicast import SourceGroup
from controlplane.wire.ethernet import EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader

_OUTER_TTL: Final = 64
"""RFC 6513 12.4.2: a matter of local policy, not copied from the inner header."""

_GRE_HEADER: Final = 4
"""Without checksum, key and sequence number (RFC 6037 4.7)."""

OVERHEAD: Final = MINIMUM_HEADER + _GRE_HEADER
"""Octets that the encapsulation adds to a packet."""


def encapsulate(packet: Ipv4Packet, addresses: SourceGroup, *, dont_fragment: bool) -> Ipv4Packet:
    """A packet of the customer's PIM, in the form that a tree carries."""
    gre = GrePacket(protocol_type=EtherType.IPV4, payload=packet.encode())
    return Ipv4Packet(
        source=addresses.source,
        destination=addresses.group,
        protocol=IpProtocol.GRE,
        payload=gre.encode(),
        ttl=_OUTER_TTL,
        tos=packet.tos,
        dont_fragment=dont_fragment,
    )


def decapsulate(outer: Ipv4Packet) -> bytes:
    """The datagram inside what a tree brought; DecodeError when there is none."""
    if outer.protocol != IpProtocol.GRE:
        raise DecodeError(0, f"IP protocol {outer.protocol} on a P-tunnel, not GRE")
    gre = GrePacket.decode(Reader(outer.payload))
    if gre.protocol_type != EtherType.IPV4:
        raise DecodeError(0, f"GRE protocol type {gre.protocol_type:#06x}, not IPv4")
    return gre.payload
