"""Tables that are looked up, made of the sets that a Fib holds, when they are first needed.

A Fib changes often and is looked into seldom, where control packets are handed over directly; and
most changes leave most of its sets the same objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeAlias, TypeVar

from controlplane.fib.model import (
    FibInterface,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    UnicastAction,
    UnicastRoute,
)
from controlplane.net.label import Label
from controlplane.net.multicast import SourceGroup

S = TypeVar("S")
V = TypeVar("V")


class Derived(Generic[S, V]):
    """What a function makes of a value; it is asked again when the value is another object."""

    def __init__(self, derive: Callable[[S], V]) -> None:
        self._derive = derive
        self._made: tuple[S, V] | None = None

    def of(self, source: S) -> V:
        if self._made is None or self._made[0] is not source:
            self._made = source, self._derive(source)
        return self._made[1]


Prefixes: TypeAlias = Mapping[tuple[int, int], Mapping[int, UnicastAction]]
"""The routes of a VRF and a prefix length, by their bits; longer prefixes come first."""


def prefixes(routes: frozenset[UnicastRoute]) -> Prefixes:
    found: dict[tuple[int, int], dict[int, UnicastAction]] = {}
    for route in routes:
        length = route.prefix.prefixlen
        bits = int(route.prefix.network_address)
        found.setdefault((route.vrf, length), {})[bits] = route.action
    return {key: found[key] for key in sorted(found, reverse=True)}


def longest_match(table: Prefixes, vrf: int, address: int) -> UnicastAction | None:
    """The action of the longest prefix that covers an address."""
    for (of_vrf, length), routes in table.items():
        if of_vrf == vrf:
            action = routes.get(address >> 32 - length << 32 - length)
            if action is not None:
                return action
    return None


def by_place(interfaces: frozenset[FibInterface]) -> Mapping[tuple[int, int], FibInterface]:
    """Interfaces by port and VLAN."""
    return {(interface.at.port, interface.at.vlan): interface for interface in interfaces}


def by_way(groups: frozenset[NextHopGroup]) -> Mapping[str, tuple[Nhlfe, ...]]:
    """The members of each group, in an order that is the same in each run."""
    return {group.way: tuple(sorted(group.members, key=_order)) for group in groups}


def by_label(routes: frozenset[LabelRoute]) -> Mapping[Label, LabelRoute]:
    return {route.label: route for route in routes}


def by_tree(routes: frozenset[MulticastRoute]) -> Mapping[tuple[int, SourceGroup], MulticastRoute]:
    return {(route.vrf, route.sg): route for route in routes}


def _order(member: Nhlfe) -> tuple[object, ...]:
    adjacency = member.adjacency
    label = -1 if member.label is None else member.label
    return adjacency.at, adjacency.source_mac, adjacency.destination_mac, label
