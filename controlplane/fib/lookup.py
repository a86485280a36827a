"""Look-ups in a Fib as a pipeline does them: its sets as tables, by what packets are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.fib.model import (
    FibInterface,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    TunnelRoot,
    UnicastRoute,
    VpnPath,
)
from controlplane.net.compact_prefix import place
from controlplane.net.label import Label
from controlplane.net.multicast import AnySource, SourceGroup, TreeName

Prefixes: TypeAlias = Mapping[tuple[int, int], Mapping[int, UnicastRoute]]
"""The routes of a VRF and a prefix length, by their bits; longer prefixes come first."""


def by_prefix(routes: frozenset[UnicastRoute]) -> Prefixes:
    """For `longest_match`; made in less time than a trie, which pays where it changes in part."""
    found: dict[tuple[int, int], dict[int, UnicastRoute]] = {}
    for route in routes:
        length = route.prefix.prefixlen
        bits, _ = place(route.prefix)
        found.setdefault((route.vrf, length), {})[bits] = route
    return {key: found[key] for key in sorted(found, reverse=True)}


def longest_match(table: Prefixes, vrf: int, address: int) -> UnicastRoute | None:
    """The route of the longest prefix that covers an address."""
    for (of_vrf, length), routes in table.items():
        if of_vrf == vrf:
            route = routes.get(address >> 32 - length << 32 - length)
            if route is not None:
                return route
    return None


def by_place(interfaces: frozenset[FibInterface]) -> Mapping[tuple[int, int], FibInterface]:
    """Interfaces by port and VLAN."""
    return {(interface.at.port, interface.at.vlan): interface for interface in interfaces}


def by_way(groups: frozenset[NextHopGroup]) -> Mapping[str, tuple[Nhlfe, ...]]:
    """The members of each group, in an order that is the same in each run."""
    return {group.way: tuple(sorted(group.members, key=_order)) for group in groups}


def by_name(paths: frozenset[VpnPath]) -> Mapping[str, VpnPath]:
    """VPN paths by their names."""
    return {path.name: path for path in paths}


def by_label(routes: frozenset[LabelRoute]) -> Mapping[Label, LabelRoute]:
    return {route.label: route for route in routes}


@dataclass(frozen=True, slots=True)
class Trees:
    """The multicast routes of all VRFs; `lengths` are those of the group prefixes of (*,G)."""

    by_name: Mapping[tuple[int, TreeName], MulticastRoute]
    lengths: tuple[int, ...]

    def named(self, vrf: int, tree: TreeName) -> MulticastRoute | None:
        return self.by_name.get((vrf, tree))

    def of(self, vrf: int, sg: SourceGroup) -> MulticastRoute | None:
        """The route of a packet: (S,G), or else (*,G), or else that of the longest prefix."""
        route = self.by_name.get((vrf, sg))
        if route is not None:
            return route
        covering = (AnySource(IPv4Network((sg.group, n), strict=False)) for n in self.lengths)
        found = (self.by_name.get((vrf, tree)) for tree in covering)
        return next((route for route in found if route is not None), None)


def by_tree(routes: frozenset[MulticastRoute]) -> Trees:
    trees = (route.tree for route in routes)
    lengths = {tree.groups.prefixlen for tree in trees if isinstance(tree, AnySource)}
    by_name = {(route.vrf, route.tree): route for route in routes}
    return Trees(by_name, tuple(sorted(lengths, reverse=True)))


def by_root(roots: frozenset[TunnelRoot]) -> Mapping[tuple[int, IPv4Address], int]:
    """The interface that a PE's packets come in on, out of a shared tunnel of a VRF."""
    return {(root.vrf, root.pe): root.iif for root in roots}


def _order(member: Nhlfe) -> tuple[object, ...]:
    """By port, then by all that tells members on one port apart."""
    adjacency = member.adjacency
    label = -1 if member.label is None else member.label
    return adjacency.at, adjacency.source_mac, adjacency.destination_mac, label
