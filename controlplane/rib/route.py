"""Unicast routes of one VRF, whatever protocol they come from.

A next hop is of one of five kinds, and a route may have several that are equally good (ECMP).
`VpnNextHop` is a route of another PE of the same VPN (RFC 4364 4.3): it names that PE, and
multicast takes from it who the upstream PE is (RFC 6513 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.net.label import Label
from controlplane.net.vpn import RouteDistinguisher


class RouteProtocol(IntEnum):
    """Who a route comes from; the value is its preference, lower wins (the usual distances)."""

    CONNECTED = 0
    STATIC = 1
    EBGP = 20
    OSPF = 110
    COMPUTED = 115
    """From the lab's own knowledge of the topology: stands in for an IGP."""
    IBGP = 200


@dataclass(frozen=True, slots=True)
class Attached:
    """Next hop: the destination itself, on this interface's link."""

    interface: str


@dataclass(frozen=True, slots=True)
class Gateway:
    """Next hop: a neighbour on an interface's link."""

    interface: str
    address: IPv4Address


@dataclass(frozen=True, slots=True)
class Local:
    """Next hop: an address of this router, on this interface."""

    interface: str


@dataclass(frozen=True, slots=True)
class VpnNextHop:
    """Next hop: a PE of the same VPN; `pe` is its loopback in the provider's table.

    `label` is the one that the PE gave the route (RFC 4364 4.3.2); without one nothing can be sent.
    """

    pe: IPv4Address
    rd: RouteDistinguisher
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Blackhole:
    """Next hop: none; what goes there is dropped."""


NextHop: TypeAlias = Attached | Gateway | Local | VpnNextHop | Blackhole


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`backups` stand in for VPN next hops whose PE is out of reach, the first that is not itself.

    `way` names what the route leads to, for forwarding state that many routes share.

    Routes of a protocol with the same way have the same next hops, at any time. A route without a
    way shares with those that have its next hops now.
    """

    prefix: IPv4Network
    protocol: RouteProtocol
    next_hops: tuple[NextHop, ...]
    metric: int = 0
    way: str = ""
    backups: tuple[VpnNextHop, ...] = ()
