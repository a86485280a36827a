"""From a unicast route to what the switch does with its packets. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias, assert_never

from controlplane.fib.model import (
    Adjacency,
    Discard,
    Forward,
    Glean,
    Port,
    Receive,
    UnicastAction,
)
from controlplane.net.interface import Interface
from controlplane.net.mac import MacAddress
from controlplane.rib.rib import Rib
from controlplane.rib.route import Attached, Blackhole, Gateway, Local, NextHop, VpnNextHop

Neighbor: TypeAlias = tuple[str, IPv4Address]
"""A next hop on a link: the interface's name and the neighbour's address."""

Neighbors: TypeAlias = Mapping[Neighbor, MacAddress]
"""The neighbours whose MAC address is known."""


def unicast_action(
    rib: Rib, prefix: IPv4Network, interfaces: Mapping[str, Interface], neighbors: Neighbors
) -> UnicastAction | None:
    """What happens to packets of a prefix; None when the switch needs no entry for it.

    An entry is either that of an installed route or, inside an attached subnet, that of one
    neighbour: the subnet's own entry gleans the others.
    """
    route = rib.installed(prefix)
    if route is not None:
        return _route_action(route.next_hop, interfaces, neighbors)
    neighbor = _attached_neighbor(rib, prefix)
    if neighbor is None or neighbor not in neighbors:
        return None
    return _towards(neighbor, interfaces, neighbors)


def _route_action(
    next_hop: NextHop, interfaces: Mapping[str, Interface], neighbors: Neighbors
) -> UnicastAction:
    match next_hop:
        case Attached():
            return Glean()
        case Gateway(interface, address):
            return _towards((interface, address), interfaces, neighbors)
        case Local():
            return Receive()
        case VpnNextHop() | Blackhole():
            # Unicast between sites needs the VPN labels of RFC 4364 5, which no tunnel carries yet.
            return Discard()
        case _:
            assert_never(next_hop)


def _attached_neighbor(rib: Rib, prefix: IPv4Network) -> Neighbor | None:
    address = prefix.network_address
    route = rib.lookup(address) if prefix.prefixlen == prefix.max_prefixlen else None
    if route is None or not isinstance(route.next_hop, Attached):
        return None
    return route.next_hop.interface, address


def _towards(
    neighbor: Neighbor, interfaces: Mapping[str, Interface], neighbors: Neighbors
) -> UnicastAction:
    link, mac = interfaces[neighbor[0]], neighbors.get(neighbor)
    if mac is None or link.port is None or link.mac is None:
        return Glean()
    return Forward(Adjacency(Port(link.port, link.vlan), link.mac, mac))
