"""The desired state of the switch, made from the RIBs, the neighbours and the trees.

`build` is a function of what the RIBs and MRIBs hold and of nothing else; its history shows in its
speed alone. The router marks what changed, and only that is computed again:

    a route          its prefix, and the neighbours of the VRF that it may cover now
    labels           their FEC, or their prefix of a VRF
    a neighbour      its own host entries and the next hop groups that it is in
    a way to a PE    the VPN paths that lead there
    a tree           its (S,G); a P-tunnel also all C-trees of the VRFs that it serves
    a PE's tunnel    the trees that it was and is, and the C-trees that come from the PE
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.fib.model import Fib, FibInterface, MulticastRoute, Port
from controlplane.fib.multicast import Path, Replicator
from controlplane.fib.policers import DEFAULT_POLICERS
from controlplane.fib.sources import Mpls, VrfTables
from controlplane.fib.table import Table
from controlplane.fib.tunnels import TunnelUsers
from controlplane.fib.unicast import Neighbor, Neighbors
from controlplane.fib.unicast_builder import UnicastBuilder
from controlplane.net.interface import DEFAULT_VRF, Interface
from controlplane.net.label import Label
from controlplane.net.multicast import SourceGroup

__all__ = ["FibBuilder", "Mpls", "VrfTables"]

Tree: TypeAlias = tuple[str, SourceGroup]


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
        self._tunnels = TunnelUsers(vrfs)
        self._unicast = UnicastBuilder(self._interfaces, vrfs, neighbors, self._mpls)
        self._multicast: Table[Tree, MulticastRoute] = Table()
        self._fib: Fib | None = None
        self._stale_trees: set[Tree] = set()

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

    def tree_changed(self, vrf: str, sg: SourceGroup) -> None:
        """The MRIB holds another tree for (S,G) now, or none."""
        self._stale_trees.add((vrf, sg))
        for served in self._tunnels.served(sg) if vrf == DEFAULT_VRF else ():
            self._replicators[served].forget()
            self._stale_trees.update((served, tree) for tree in self._vrfs[served].mrib.trees)

    def tunnels_changed(self, vrf: str, pes: Collection[IPv4Address]) -> None:
        """The VRF's table of tunnels has others of these PEs now, or none."""
        trees = self._tunnels.update(vrf, pes)
        self._stale_trees.update((DEFAULT_VRF, tree) for tree in trees)
        self._replicators[vrf].forget()
        customer = self._vrfs[vrf].mrib.trees.values()
        self._stale_trees.update((vrf, t.sg) for t in customer if t.rpf_neighbor in pes)

    def build(self) -> Fib:
        """What the switch shall do now; the same object while nothing changes."""
        if self._fib is None or self._unicast.stale or self._stale_trees:
            self._fib = self._build()
        return self._fib

    def _build(self) -> Fib:
        self._unicast.refresh()
        for vrf, sg in self._stale_trees:
            self._multicast.put((vrf, sg), self._multicast_route(vrf, sg))
        self._stale_trees.clear()
        return Fib(
            interfaces=self._ports,
            unicast=self._unicast.routes.snapshot(),
            groups=self._unicast.groups.snapshot(),
            vpn_paths=self._unicast.paths.snapshot(),
            labels=self._unicast.labels.snapshot(),
            multicast=self._multicast.snapshot(),
            policers=DEFAULT_POLICERS,
            ttl_mode=self._mpls.ttl_mode,
        )

    def _multicast_route(self, vrf: str, sg: SourceGroup) -> MulticastRoute | None:
        tables = self._vrfs[vrf]
        tree = tables.mrib.trees.get(sg)
        if tree is None:
            return None
        path = Path.of(tree)
        copies = self._replicators[vrf].copies(path)
        if copies is None:
            return None
        tail = self._tunnels.tail(sg, path.outgoing) if vrf == DEFAULT_VRF else None
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
