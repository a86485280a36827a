"""The desired state of the switch, made from the RIBs, the neighbours and the trees.

`build` is a function of what the RIBs and MRIBs hold and of nothing else; its history shows in its
speed alone. The router marks what changed, and only that is computed again:

    a route          its prefix, and the neighbours of the VRF that it may cover now
    labels           their FEC, or their prefix of a VRF
    a neighbour      its own host entries and the next hop groups that it is in
    a way to a PE    the VPN paths that lead there
    a tree           its own entry; a shared one also what selective trees bring of its group; a
                     P-tunnel also all C-trees of the VRFs that it serves
    a PE's tunnel    the trees that it was and is, and the C-trees that come from the PE
    a way to an RP   the trees that register there; of a P-tunnel also all C-trees in it
    a selective tree the flows that are in it, at its root and at a leaf
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.fib.model import Fib, FibInterface, MulticastRoute, Port, Tail, TunnelRoot
from controlplane.fib.multicast import Path, Replicator
from controlplane.fib.policers import DEFAULT_POLICERS
from controlplane.fib.register_ways import RegisterWays, Tree
from controlplane.fib.selective import SelectiveUsers
from controlplane.fib.sources import Mpls, VrfTables
from controlplane.fib.table import Table
from controlplane.fib.tunnels import TunnelUsers
from controlplane.fib.unicast import Neighbor, Neighbors
from controlplane.fib.unicast_builder import UnicastBuilder
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.label import Label
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.protocols.pim.events import TreeUpdate

__all__ = ["FibBuilder", "Mpls", "VrfTables"]

Brought: TypeAlias = tuple[str, TreeName, SourceGroup]
"""A C-tree of a VRF, and the selective tree that brings its packets."""


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
        self._tunnels = TunnelUsers(vrfs)
        self._unicast = UnicastBuilder(self._interfaces, vrfs, neighbors, self._mpls)
        self._register_ways = RegisterWays(self._unicast)
        self._replicators = {name: self._replicator(name) for name in vrfs}
        self._selective = SelectiveUsers(vrfs)
        self._multicast: Table[Tree | Brought, MulticastRoute] = Table()
        self._tunnel_roots: Table[tuple[str, IPv4Address], TunnelRoot] = Table()
        self._fib: Fib | None = None
        self._stale_trees: set[Tree] = set()
        self._roots_changed = False
        for name, tables in vrfs.items():
            if tables.tunnels:
                self._note_roots(name, tables.tunnels.remote)

    def routes_changed(self, vrf: str, prefixes: Iterable[IPv4Network]) -> None:
        """The installed routes of these prefixes are others now, or gone."""
        self._unicast.routes_changed(vrf, prefixes)

    def neighbor_changed(self, neighbor: Neighbor) -> None:
        """A neighbour's MAC address is another now, or unknown."""
        self._unicast.neighbor_changed(neighbor)

    def bindings_changed(self, fecs: Iterable[IPv4Network]) -> None:
        """The labels of these FECs are others now."""
        self._unicast.bindings_changed(fecs)

    def vpn_labels_changed(self, labels: Iterable[Label]) -> None:
        """These labels of VPN routes have got a meaning, which they keep."""
        self._unicast.vpn_labels_changed(labels)

    def unresolved(self) -> set[Neighbor]:
        """Next hops whose MAC address the switch would need, as of the last `build`."""
        return self._unicast.groups.unresolved()

    def tree_changed(self, vrf: str, tree: TreeName) -> None:
        """The MRIB holds another tree of this name now, or none."""
        self._stale_trees.add((vrf, tree))
        if isinstance(tree, AnySource):
            self._stale_trees.update(self._selective.brought(vrf, tree.group))
        for served in self._tunnels.served(tree) if vrf == DEFAULT_VRF else ():
            self._replicators[served].forget()
            self._stale_trees.update((served, other) for other in self._vrfs[served].mrib.trees)
        for served, flow in self._selective.flows(tree) if vrf == DEFAULT_VRF else ():
            self._replicators[served].forget()
            self._stale_trees.add((served, flow))

    def flow_moved(self, vrf: str, flow: SourceGroup) -> None:
        """The VRF's table of tunnels has another selective tree for an own flow now, or none."""
        self._selective.update_sent(vrf, flow)
        self._stale_trees.add((vrf, flow))

    def leaf_changed(self, vrf: str, tree: SourceGroup) -> None:
        """The VRF's table of tunnels has another leaf of a remote selective tree now, or none."""
        for _, flow in self._selective.update_leaf(vrf, tree):
            self._stale_trees.add((vrf, flow))
            self._multicast.put((vrf, flow, tree), None)
        self._stale_trees.add((DEFAULT_VRF, tree))

    def tunnels_changed(self, vrf: str, pes: Collection[IPv4Address]) -> None:
        """The VRF's table of tunnels has others of these PEs now, or none."""
        trees = {*self._tunnels.update(vrf, pes), *self._selective.of_root(vrf, pes)}
        self._stale_trees.update((DEFAULT_VRF, tree) for tree in trees)
        self._note_roots(vrf, pes)
        self._replicators[vrf].forget()
        customer = self._vrfs[vrf].mrib.trees.values()
        for tree in customer:
            if tree.rpf_neighbor in pes or tree.accepted:
                self.tree_changed(vrf, tree.tree)

    def build(self) -> Fib:
        """What the switch shall do now; the same object while nothing changes."""
        if self._fib is None or self._unicast.stale or self._stale_trees or self._roots_changed:
            self._fib = self._build()
        return self._fib

    def _build(self) -> Fib:
        self._unicast.refresh()
        for vrf, name in self._register_ways.refresh():
            self.tree_changed(vrf, name)
        for vrf, name in self._stale_trees:
            tree = self._vrfs[vrf].mrib.trees.get(name)
            self._register_ways.use((vrf, name), tree.registering if tree else None)
            self._multicast.put((vrf, name), self._multicast_route(vrf, tree) if tree else None)
            if isinstance(name, SourceGroup):
                self._bring(vrf, name, tree)
        self._stale_trees.clear()
        self._roots_changed = False
        return Fib(
            interfaces=self._ports,
            unicast=self._unicast.routes.snapshot(),
            groups=self._unicast.groups.snapshot(),
            vpn_paths=self._unicast.paths.snapshot(),
            labels=self._unicast.labels.snapshot(),
            multicast=self._multicast.snapshot(),
            tunnel_roots=self._tunnel_roots.snapshot(),
            tail_tables=frozenset(self._selective.tail_tables()),
            policers=DEFAULT_POLICERS,
            ttl_mode=self._mpls.ttl_mode,
        )

    def _multicast_route(self, vrf: str, tree: TreeUpdate) -> MulticastRoute | None:
        path = Path.of(tree)
        copies = self._replicators[vrf].copies(path, self._selective.tree_into((vrf, tree.tree)))
        if copies is None:
            return None
        return MulticastRoute(
            vrf=self._vrfs[vrf].id,
            tree=tree.tree,
            iifs=copies.iifs | self._entrances(vrf, tree),
            replicas=copies.replicas,
            tail=self._tail(tree.tree, path.outgoing) if vrf == DEFAULT_VRF else None,
            watch=tree.watch_sources,
        )

    def _entrances(self, vrf: str, tree: TreeUpdate) -> frozenset[int]:
        """Where a bidirectional P-tree takes what this PE itself sends: as if from its loopback."""
        senders = self._tunnels.senders(tree.tree) if vrf == DEFAULT_VRF and tree.accepted else ()
        return frozenset(
            link.index
            for link in (self._interfaces.values() if senders else ())
            if link.kind is InterfaceKind.LOOPBACK and link.address.ip in senders
        )

    def _note_roots(self, vrf: str, pes: Iterable[IPv4Address]) -> None:
        self._roots_changed = True
        for pe in pes:
            self._tunnel_roots.put((vrf, pe), self._tunnels.root(vrf, pe))

    def _tail(self, tree: TreeName, outgoing: frozenset[str]) -> Tail | None:
        inclusive = self._tunnels.tail(tree, outgoing)
        return inclusive or self._selective.tail(tree, outgoing)

    def _bring(self, vrf: str, flow: SourceGroup, tree: TreeUpdate | None) -> None:
        """Entries of a flow behind selective trees: as its own C-tree goes, or the shared one."""
        goes = tree or self._vrfs[vrf].mrib.trees.get(AnySource.of(flow.group))
        for selective in self._selective.trees_out_of((vrf, flow)):
            route = self._brought_route(vrf, flow, goes, selective) if goes else None
            self._multicast.put((vrf, flow, selective), route)

    def _brought_route(
        self, vrf: str, flow: SourceGroup, tree: TreeUpdate, selective: SourceGroup
    ) -> MulticastRoute | None:
        """Where that is taken of its root: of the upstream PE, or of all on a shared tree."""
        tunnels = self._vrfs[vrf].tunnels
        if tunnels is None or tree.incoming != tunnels.pmsi:
            return None
        if tree.rpf_neighbor != selective.source and tunnels.pmsi not in tree.accepted:
            return None
        copies = self._replicators[vrf].copies(Path.of(tree), selective)
        if copies is None:
            return None
        return MulticastRoute(
            vrf=self._selective.table(vrf, selective),
            tree=flow,
            iifs=copies.iifs,
            replicas=copies.replicas,
            watch=tree.watch_sources,
        )

    def _fib_interfaces(self) -> Iterable[FibInterface]:
        for link in self._interfaces.values():
            if link.port is not None and link.mac is not None:
                at = Port(link.port, link.vlan)
                mpls = link.name in self._mpls.interfaces
                vrf = self._vrfs[link.vrf].id
                yield FibInterface(at, link.index, vrf, link.mac, mpls, link.mtu)

    def _replicator(self, vrf: str) -> Replicator:
        return Replicator(
            vrf,
            self._interfaces,
            self._vrfs[DEFAULT_VRF].mrib.trees,
            self._register_ways,
            self._vrfs[vrf].tunnels,
        )
