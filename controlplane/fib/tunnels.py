"""Which VRFs each P-tree serves: as the root's own one, or because this PE is a leaf of it.

A change of a P-tree changes the C-trees of these VRFs. A leaf has a tail, for one VRF. VRFs that
import each other's routes may join the same tree: then its packets belong to the one that uses its
group itself, and else to the one with the lowest number.

Trees that PEs share serve the VRF of their group, whichever PEs there are. Which PE a packet is of
says its outer source.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Address

from controlplane.fib.model import Tail, TunnelRoot
from controlplane.fib.sources import VrfTables
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.protocols.pim.events import TreeUpdate
from controlplane.rib.tunnels import RemoteTunnel, VpnTunnels


class TunnelUsers:
    """`vrfs` are the router's own tables; what changes in them is said to `update`."""

    def __init__(self, vrfs: Mapping[str, VrfTables]) -> None:
        self._vrfs = vrfs
        self._remote: dict[tuple[str, IPv4Address], RemoteTunnel] = {}
        self._leaves: dict[TreeName, dict[str, RemoteTunnel]] = {}
        tunnels = {name: tables.tunnels for name, tables in vrfs.items() if tables.tunnels}
        self._owners = {one.own: name for name, one in tunnels.items() if not one.shared}
        self._sharers = {name: one.own.group for name, one in tunnels.items() if one.shared}
        for name, one in tunnels.items():
            self.update(name, one.remote)

    def served(self, tree: TreeName) -> Collection[str]:
        """The VRFs whose packets are in this tree."""
        if sharers := self._sharing(tree):
            return sharers
        owner = self._owners.get(tree) if isinstance(tree, SourceGroup) else None
        return self._leaves.get(tree, ()) if owner is None else (owner,)

    def tail(self, tree: TreeName, outgoing: frozenset[str]) -> Tail | None:
        """Where packets of a tree end, once the PMSI is an outgoing interface of it."""
        leaves = self._leaves.get(tree, {})
        candidates = [*leaves, *self._sharing(tree)]
        joined = [vrf for vrf in candidates if self._tunnels(vrf).pmsi in outgoing]
        if not joined:
            return None
        vrf = min(joined, key=lambda name: self._claim(name, tree))
        return Tail(self._vrfs[vrf].id, leaves[vrf].index if vrf in leaves else None)

    def senders(self, tree: TreeName) -> Collection[IPv4Address]:
        """As whom this PE sends into a tree that PEs share."""
        return {self._tunnels(vrf).own.source for vrf in self._sharing(tree)}

    def root(self, vrf: str, pe: IPv4Address) -> TunnelRoot | None:
        """What tells a PE's packets from others' in the tree that they share."""
        remote = self._remote.get((vrf, pe))
        if remote is None or not self._tunnels(vrf).shared:
            return None
        return TunnelRoot(self._vrfs[vrf].id, pe, remote.index)

    def update(self, vrf: str, pes: Iterable[IPv4Address]) -> set[TreeName]:
        """The VRF has other tunnels of these PEs now; returns the trees concerned."""
        return {tree for pe in pes for tree in self._update(vrf, pe)}

    def _update(self, vrf: str, pe: IPv4Address) -> Iterator[TreeName]:
        old = self._remote.pop((vrf, pe), None)
        new = self._tunnels(vrf).remote.get(pe)
        if new is not None:
            self._remote[vrf, pe] = new
        if vrf in self._sharers:
            return
        if old is not None:
            self._leave(vrf, old.tree)
            yield old.tree
        if new is not None:
            self._leaves.setdefault(new.tree, {})[vrf] = new
            yield new.tree

    def _leave(self, vrf: str, tree: TreeName) -> None:
        del self._leaves[tree][vrf]
        if not self._leaves[tree]:
            del self._leaves[tree]

    def _sharing(self, tree: TreeName) -> list[str]:
        """The VRFs whose shared trunk, or whose part of it, a tree is."""
        return [vrf for vrf, group in self._sharers.items() if _covers(tree, group)]

    def _tunnels(self, vrf: str) -> VpnTunnels:
        tunnels = self._vrfs[vrf].tunnels
        assert tunnels is not None, f"VRF {vrf} has no tunnels"
        return tunnels

    def _claim(self, vrf: str, tree: TreeName) -> tuple[bool, int]:
        return self._tunnels(vrf).own.group != tree.group, self._vrfs[vrf].id


def own_tree(trees: Mapping[TreeName, TreeUpdate], tunnels: VpnTunnels) -> TreeUpdate | None:
    """The P-tree that takes what this PE sends.

    A shared one does if it is bidirectional; a (*,G) of PIM-SM takes what the RP sends.
    """
    tree = trees.get(tunnels.own)
    if tree is not None or not tunnels.shared:
        return tree
    shared = trees.get(AnySource.of(tunnels.own.group))
    return shared if shared is not None and shared.accepted else None


def remote_tree(
    trees: Mapping[TreeName, TreeUpdate], pe: IPv4Address, remote: RemoteTunnel
) -> TreeUpdate | None:
    """The P-tree that brings another PE's packets."""
    own = trees.get(SourceGroup(pe, remote.tree.group))
    return trees.get(remote.tree) if own is None else own


def _covers(tree: TreeName, group: IPv4Address) -> bool:
    return tree.group == group if isinstance(tree, SourceGroup) else group in tree.groups
