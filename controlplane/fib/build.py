"""The desired state of the switch, made from the RIBs, the neighbours and the trees.

`build` is a function of what the RIBs and MRIBs hold and of nothing else; its history shows in its
speed alone. The router marks what changed, and only that is computed again:

    a route          its prefix, and the neighbours of the VRF that it may cover now
    labels           their FEC
    a neighbour      its own host entry and the next hop groups that it is in
    a tree           its (S,G); a P-tunnel also all C-trees of the VRF that it serves
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TypeAlias

from controlplane.fib.labels import EXPLICIT_NULL_ROUTE, label_route
from controlplane.fib.model import (
    Fib,
    FibInterface,
    Forward,
    LabelRoute,
    MulticastRoute,
    Port,
    Tail,
    TtlMode,
    UnicastRoute,
)
from controlplane.fib.multicast import Leaf, Path, Replicator
from controlplane.fib.next_hops import NextHopGroups
from controlplane.fib.policers import DEFAULT_POLICERS
from controlplane.fib.table import Table
from controlplane.fib.tunnels import VpnTunnels
from controlplane.fib.unicast import (
    Goal,
    Neighbor,
    Neighbors,
    action_of,
    attached_neighbor,
    goal_of,
    neighbor_goal,
)
from controlplane.net.interface import DEFAULT_VRF, Interface
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.ldp.events import FecBinding
from controlplane.rib.labels import LabelTable
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib

Prefix: TypeAlias = tuple[str, IPv4Network]
Tree: TypeAlias = tuple[str, SourceGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mpls:
    """Labels of the provider's table, the interfaces where they are believed, and their TTL."""

    labels: LabelTable = field(default_factory=LabelTable)
    interfaces: frozenset[str] = frozenset()
    ttl_mode: TtlMode = TtlMode.UNIFORM


@dataclass(frozen=True, slots=True, kw_only=True)
class VrfTables:
    """What the entries of one VRF are made of; `id` is its number in the data plane."""

    id: int
    rib: Rib
    mrib: Mrib
    tunnels: VpnTunnels | None = None


class FibBuilder:
    """Keeps the entries of a switch in step with the tables of its router."""

    def __init__(
        self,
        interfaces: Iterable[Interface],
        vrfs: Mapping[str, VrfTables],
        neighbors: Neighbors,
        mpls: Mpls | None = None,
    ) -> None:
        """The tables and `neighbors` are the router's own: they change under the builder."""
        self._interfaces = {interface.name: interface for interface in interfaces}
        self._vrfs = vrfs
        self._neighbors = neighbors
        self._mpls = mpls or Mpls()
        self._ports = frozenset(self._fib_interfaces())
        self._replicators = {name: self._replicator(tables) for name, tables in vrfs.items()}
        self._leaves = dict(self._find_leaves())
        self._serves = dict(self._find_served())
        self._unicast: Table[Prefix, UnicastRoute] = Table()
        self._multicast: Table[Tree, MulticastRoute] = Table()
        self._labels: Table[IPv4Network | None, LabelRoute] = Table()
        self._groups = NextHopGroups(self._interfaces, neighbors)
        if self._mpls.interfaces:
            self._labels.put(None, EXPLICIT_NULL_ROUTE)
        self._fib: Fib | None = None
        self._stale_prefixes: set[Prefix] = set()
        self._stale_trees: set[Tree] = set()

    def routes_changed(self, vrf: str, prefixes: Iterable[IPv4Network]) -> None:
        """The installed routes of these prefixes are others now, or gone."""
        self._stale_prefixes.update((vrf, prefix) for prefix in prefixes)
        self._stale_prefixes.update(
            _host(vrf, neighbor)
            for neighbor in self._neighbors
            if self._interfaces[neighbor[0]].vrf == vrf
        )

    def neighbor_changed(self, neighbor: Neighbor) -> None:
        """A neighbour's MAC address is another now, or unknown."""
        self._stale_prefixes.add(_host(self._interfaces[neighbor[0]].vrf, neighbor))
        self._groups.neighbor_changed(neighbor)

    def bindings_changed(self, fecs: Iterable[IPv4Network]) -> None:
        """The labels of these FECs are others now."""
        self._stale_prefixes.update((DEFAULT_VRF, fec) for fec in fecs)

    def unresolved(self) -> set[Neighbor]:
        """Next hops whose MAC address the switch would need, as of the last `build`."""
        return self._groups.unresolved()

    def tree_changed(self, vrf: str, sg: SourceGroup) -> None:
        """The MRIB holds another tree for (S,G) now, or none."""
        self._stale_trees.add((vrf, sg))
        served = self._serves.get(sg) if vrf == DEFAULT_VRF else None
        if served is not None:
            self._replicators[served].forget()
            self._stale_trees.update((served, tree) for tree in self._vrfs[served].mrib.trees)

    def build(self) -> Fib:
        """What the switch shall do now; the same object while nothing changes."""
        if self._fib is None or self._stale_prefixes or self._stale_trees or self._groups.stale:
            self._fib = self._build()
        return self._fib

    def _build(self) -> Fib:
        for vrf, prefix in self._stale_prefixes:
            self._build_prefix(vrf, prefix)
        for vrf, sg in self._stale_trees:
            self._multicast.put((vrf, sg), self._multicast_route(vrf, sg))
        self._stale_prefixes.clear()
        self._stale_trees.clear()
        return Fib(
            interfaces=self._ports,
            unicast=self._unicast.snapshot(),
            groups=self._groups.snapshot(),
            labels=self._labels.snapshot(),
            multicast=self._multicast.snapshot(),
            policers=DEFAULT_POLICERS,
            ttl_mode=self._mpls.ttl_mode,
        )

    def _build_prefix(self, vrf: str, prefix: IPv4Network) -> None:
        binding = self._mpls.labels.of(prefix) if vrf == DEFAULT_VRF else None
        goal = self._goal(vrf, prefix, binding)
        self._groups.use((vrf, prefix), goal)
        self._unicast.put((vrf, prefix), self._unicast_route(vrf, prefix, goal))
        if vrf == DEFAULT_VRF:
            self._labels.put(prefix, label_route(binding, goal))

    def _goal(self, vrf: str, prefix: IPv4Network, binding: FecBinding | None) -> Goal | None:
        rib = self._vrfs[vrf].rib
        route = rib.installed(prefix)
        if route is not None:
            return goal_of(vrf, route, binding)
        neighbor = attached_neighbor(rib, prefix)
        return neighbor_goal(neighbor) if neighbor and neighbor in self._neighbors else None

    def _unicast_route(
        self, vrf: str, prefix: IPv4Network, goal: Goal | None
    ) -> UnicastRoute | None:
        """An entry is that of an installed route or, inside an attached subnet, of a neighbour."""
        tables = self._vrfs[vrf]
        route = tables.rib.installed(prefix)
        if route is not None:
            return UnicastRoute(tables.id, prefix, action_of(route.next_hops[0], goal))
        return UnicastRoute(tables.id, prefix, Forward(goal.way)) if goal else None

    def _multicast_route(self, vrf: str, sg: SourceGroup) -> MulticastRoute | None:
        tables = self._vrfs[vrf]
        tree = tables.mrib.trees.get(sg)
        if tree is None:
            return None
        path = Path.of(tree)
        copies = self._replicators[vrf].copies(path)
        if copies is None:
            return None
        leaf = self._leaves.get(sg) if vrf == DEFAULT_VRF else None
        tail = leaf.of(path) if leaf else None
        return MulticastRoute(tables.id, sg, copies.iif, copies.replicas, tail)

    def _fib_interfaces(self) -> Iterable[FibInterface]:
        for link in self._interfaces.values():
            if link.port is not None and link.mac is not None:
                at = Port(link.port, link.vlan)
                mpls = link.name in self._mpls.interfaces
                yield FibInterface(at, link.index, self._vrfs[link.vrf].id, link.mac, mpls)

    def _replicator(self, tables: VrfTables) -> Replicator:
        provider_trees = self._vrfs[DEFAULT_VRF].mrib.trees
        return Replicator(self._interfaces, provider_trees, tables.tunnels)

    def _find_leaves(self) -> Iterable[tuple[SourceGroup, Leaf]]:
        for tables in self._vrfs.values():
            if tables.tunnels:
                for root in tables.tunnels.remote.values():
                    yield root.tree, Leaf(tables.tunnels.pmsi, Tail(tables.id, root.index))

    def _find_served(self) -> Iterable[tuple[SourceGroup, str]]:
        for name, tables in self._vrfs.items():
            if tables.tunnels:
                yield tables.tunnels.own, name
                yield from ((root.tree, name) for root in tables.tunnels.remote.values())


def _host(vrf: str, neighbor: Neighbor) -> Prefix:
    return vrf, IPv4Network(neighbor[1])
