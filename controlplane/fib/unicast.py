"""From a unicast route to what the switch does with its packets. Pure functions.

Packets with next hops on links go a *way*, named by what it leads to:

    a FEC with labels (RFC 3031 2.1)    its prefix: labels differ from FEC to FEC
    a route that names its way          that name: all routes of the way share it
    any other route, or a neighbour     the neighbours themselves
    a prefix of a VRF with a label      that of its route, with the label popped
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network
from typing import Final, NamedTuple, TypeAlias

from controlplane.fib.model import Discard, Forward, Glean, Receive, UnicastAction
from controlplane.net.label import IMPLICIT_NULL, Label
from controlplane.net.mac import MacAddress
from controlplane.protocols.ldp.events import FecBinding, FecNextHop
from controlplane.rib.rib import Rib
from controlplane.rib.route import Attached, Gateway, Local, NextHop, Route

_CACHED: Final = 1 << 16
_UNLABELLED: Final[Mapping[FecNextHop, Label]] = {}

Neighbor: TypeAlias = tuple[str, IPv4Address]
"""A next hop on a link: the interface's name and the neighbour's address."""

Neighbors: TypeAlias = Mapping[Neighbor, MacAddress]
"""The neighbours whose MAC address is known."""


class Goal(NamedTuple):
    """A way, and who leads there now: neighbours, each with the label that it wants or None."""

    way: str
    hops: Mapping[Neighbor, Label | None]


def goal_of(vrf: str, route: Route, binding: FecBinding | None) -> Goal | None:
    """The goal of a route with next hops on links, None for the others."""
    labels = binding.outgoing if binding is not None else _UNLABELLED
    hops = _labelled(route.next_hops, labels)
    if not hops:
        return None
    if binding is not None:
        return Goal(_fec_way(route.prefix), hops)
    return Goal(f"{vrf} {route.way}" if route.way else _neighbors_way(tuple(hops)), hops)


def neighbor_goal(neighbor: Neighbor) -> Goal:
    """The goal of packets to a neighbour itself."""
    return Goal(_neighbors_way((neighbor,)), {neighbor: None})


def popping_goal(goal: Goal) -> Goal:
    """The goal of packets that come with a label for it, which nobody behind here wants."""
    return Goal(f"{goal.way}, popped", dict.fromkeys(goal.hops, IMPLICIT_NULL))


def attached_neighbor(rib: Rib, prefix: IPv4Network) -> Neighbor | None:
    """Whom an address of an attached subnet belongs to, as far as no route is more specific."""
    address = prefix.network_address
    route = rib.lookup(address) if prefix.prefixlen == prefix.max_prefixlen else None
    attached = (hop for hop in route.next_hops if isinstance(hop, Attached)) if route else ()
    return next(((hop.interface, address) for hop in attached), None)


def action_of(next_hop: NextHop, goal: Goal | None) -> UnicastAction:
    """What happens to the packets of a route."""
    if goal is not None:
        return forward(goal.way)
    match next_hop:
        case Attached():
            return Glean()
        case Local():
            return Receive()
        case _:
            # A route to a PE that gave no label leads multicast alone (RFC 6513 5.1).
            return Discard()


@lru_cache(maxsize=_CACHED)
def forward(way: str) -> Forward:
    """One action for all entries that name a way."""
    return Forward(way)


@lru_cache(maxsize=_CACHED)
def _fec_way(prefix: IPv4Network) -> str:
    return str(prefix)


def _labelled(
    next_hops: Iterable[NextHop], labels: Mapping[FecNextHop, Label]
) -> Mapping[Neighbor, Label | None]:
    """The neighbours among these, with their labels."""
    found: dict[Neighbor, Label | None] = {}
    for hop in next_hops:
        if isinstance(hop, Gateway):
            neighbor = FecNextHop(hop.interface, hop.address)
            found[neighbor] = labels.get(neighbor)
    return found


@lru_cache(maxsize=_CACHED)
def _neighbors_way(neighbors: tuple[Neighbor, ...]) -> str:
    """One name for all paths that go a way."""
    return ", ".join(f"{address} on {name}" for name, address in sorted(neighbors))
