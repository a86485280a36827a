"""Which datagrams an ICMP error may be about, and how much of one it quotes (RFC 1812 4.3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Final, TypeAlias

from controlplane.protocols.icmp.counters import IcmpCount
from controlplane.wire.icmp import ERROR_TYPES
from controlplane.wire.icmp_extensions import LEAST_QUOTED
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet

_LONGEST_ERROR: Final = 576
_ICMP_HEADER: Final = 8
_LIMITED_BROADCAST: Final = IPv4Address("255.255.255.255")
_THIS_NETWORK: Final = IPv4Network("0.0.0.0/8")
_CLASS_E: Final = IPv4Network("240.0.0.0/4")

Networks: TypeAlias = Sequence[IPv4Network]


def quote(datagram: bytes, packet: Ipv4Packet, *, before_labels: bool) -> bytes:
    """RFC 1812 4.3.2.3: as much as fits an ICMP datagram of 576 octets, without link padding.

    Before a label stack it is what older receivers expect there (RFC 4884 5.3).
    """
    most = LEAST_QUOTED if before_labels else _LONGEST_ERROR - MINIMUM_HEADER - _ICMP_HEADER
    length = MINIMUM_HEADER + len(packet.options) + len(packet.payload)
    return datagram[: min(length, most)]


def objection(packet: Ipv4Packet, attached: Networks) -> IcmpCount | None:
    """RFC 1812 4.3.2.7: why no error may be sent about this datagram, None when one may.

    `attached` are the networks whose broadcast addresses are known here.
    """
    if packet.fragment_offset:
        return IcmpCount.UNSENT_ABOUT_FRAGMENT
    if _is_to_many(packet.destination, attached):
        return IcmpCount.UNSENT_ABOUT_MULTICAST
    if not is_host(packet.source, attached):
        return IcmpCount.UNSENT_NO_SENDER
    if packet.protocol == IpProtocol.ICMP and not _is_icmp_query(packet.payload):
        return IcmpCount.UNSENT_ABOUT_ICMP_ERROR
    return None


def is_host(source: IPv4Address, attached: Networks) -> bool:
    """RFC 1812 5.3.7: not a martian source, which is never answered."""
    return not (
        source.is_multicast
        or source.is_loopback
        or source in _THIS_NETWORK
        or source in _CLASS_E
        or _is_broadcast(source, attached)
    )


def _is_to_many(destination: IPv4Address, attached: Networks) -> bool:
    return (
        destination.is_multicast
        or destination == _LIMITED_BROADCAST
        or _is_broadcast(destination, attached)
    )


def _is_broadcast(address: IPv4Address, attached: Networks) -> bool:
    return any(n.broadcast_address == address and n.prefixlen < 31 for n in attached)


def _is_icmp_query(message: bytes) -> bool:
    """A message that is too short to have a type might be an error."""
    return bool(message) and message[0] not in ERROR_TYPES
