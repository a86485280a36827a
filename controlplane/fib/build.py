"""The desired state of the switch, made from the RIBs, the neighbours and the trees.

`build` is a function of what the RIBs and MRIBs hold and of nothing else; its history shows in its
speed alone. The router marks what changed, and only that is computed again:

    a route          its prefix, and the neighbours of the VRF that it may cover now
    a neighbour      its own host entry and the routes through it
    a tree           its (S,G); a P-tunnel also all C-trees of the VRF that it serves
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TypeAlias

from controlplane.fib.model import (
    Fib,
    FibInterface,
    MulticastRoute,
    Policer,
    Port,
    Tail,
    UnicastRoute,
)
from controlplane.fib.multicast import Leaf, Path, Replicator
from controlplane.fib.policers import DEFAULT_POLICERS
from controlplane.fib.table import Table
from controlplane.fib.tunnels import VpnTunnels
from controlplane.fib.unicast import Neighbor, Neighbors, unicast_action
from controlplane.net.interface import DEFAULT_VRF, Interface
from controlplane.net.multicast import SourceGroup
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.route import Gateway

Prefix: TypeAlias = tuple[str, IPv4Network]
Tree: TypeAlias = tuple[str, SourceGroup]


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
        policers: frozenset[Policer] = DEFAULT_POLICERS,
    ) -> None:
        """The tables and `neighbors` are the router's own: they change under the builder."""
        self._interfaces = {interface.name: interface for interface in interfaces}
        self._vrfs = vrfs
        self._neighbors = neighbors
        self._policers = policers
        self._ports = frozenset(self._fib_interfaces())
        self._replicators = {name: self._replicator(tables) for name, tables in vrfs.items()}
        self._leaves = dict(self._find_leaves())
        self._serves = dict(self._find_served())
        self._unicast: Table[Prefix, UnicastRoute] = Table()
        self._multicast: Table[Tree, MulticastRoute] = Table()
        self._stale_prefixes: set[Prefix] = set()
        self._stale_trees: set[Tree] = set()
        self._through: defaultdict[Neighbor, set[Prefix]] = defaultdict(set)

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
        self._stale_prefixes.update(self._through[neighbor])

    def tree_changed(self, vrf: str, sg: SourceGroup) -> None:
        """The MRIB holds another tree for (S,G) now, or none."""
        self._stale_trees.add((vrf, sg))
        served = self._serves.get(sg) if vrf == DEFAULT_VRF else None
        if served is not None:
            self._replicators[served].forget()
            self._stale_trees.update((served, tree) for tree in self._vrfs[served].mrib.trees)

    def build(self) -> Fib:
        """What the switch shall do now."""
        for vrf, prefix in self._stale_prefixes:
            self._unicast.put((vrf, prefix), self._unicast_route(vrf, prefix))
        for vrf, sg in self._stale_trees:
            self._multicast.put((vrf, sg), self._multicast_route(vrf, sg))
        self._stale_prefixes.clear()
        self._stale_trees.clear()
        return Fib(
            interfaces=self._ports,
            unicast=self._unicast.snapshot(),
            multicast=self._multicast.snapshot(),
            policers=self._policers,
        )

    def _unicast_route(self, vrf: str, prefix: IPv4Network) -> UnicastRoute | None:
        tables = self._vrfs[vrf]
        self._remember_gateway(vrf, prefix)
        action = unicast_action(tables.rib, prefix, self._interfaces, self._neighbors)
        return UnicastRoute(tables.id, prefix, action) if action else None

    def _remember_gateway(self, vrf: str, prefix: IPv4Network) -> None:
        """Which routes a neighbour carries; one that it carries no longer does no harm there."""
        route = self._vrfs[vrf].rib.installed(prefix)
        if route is not None and isinstance(route.next_hop, Gateway):
            hop = route.next_hop
            self._through[(hop.interface, hop.address)].add((vrf, prefix))

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
                yield FibInterface(at, link.index, self._vrfs[link.vrf].id, link.mac)

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
