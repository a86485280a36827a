"""Which flows of which VRFs are in each selective P-tree, at its root and at its leaves.

A change of such a tree changes the entries of these flows and of no others. Of VRFs that are leaves
of one tree, that with the lowest number has its tail, as with the inclusive ones (`tunnels`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.fib.model import Tail, TailTable
from controlplane.fib.sources import VrfTables
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.rib.tunnels import VpnTunnels

Flow: TypeAlias = tuple[str, TreeName]
"""A C-tree of a VRF; those in selective trees are (S,G)."""


class SelectiveUsers:
    """`vrfs` are the router's own tables; what changes in them is said to the two updates."""

    def __init__(self, vrfs: Mapping[str, VrfTables]) -> None:
        self._vrfs = vrfs
        self._sent: dict[Flow, SourceGroup] = {}
        self._flows: dict[TreeName, set[Flow]] = {}
        self._leaves: dict[SourceGroup, set[str]] = {}
        self._trees_of: dict[Flow, set[SourceGroup]] = {}
        self._brought: dict[tuple[str, IPv4Address], set[Flow]] = {}

    def flows(self, tree: TreeName) -> Iterable[Flow]:
        """Those that this PE sends into a tree, or takes out of it."""
        return self._flows.get(tree, ())

    def tree_into(self, flow: Flow) -> SourceGroup | None:
        """The selective tree that this PE sends a flow into."""
        return self._sent.get(flow)

    def trees_out_of(self, flow: Flow) -> Iterable[SourceGroup]:
        """The selective trees that may bring a flow, more than one while it changes."""
        return self._trees_of.get(flow, ())

    def brought(self, vrf: str, group: IPv4Address) -> Iterable[Flow]:
        """The flows of a group that selective trees bring: where they have no C-tree of their own,
        they go where the shared one goes."""
        return self._brought.get((vrf, group), ())

    def table(self, vrf: str, tree: SourceGroup) -> int:
        """The number of the look-up behind a tree that the VRF is a leaf of."""
        return self._tunnels(vrf).leaves[tree].table

    def tail(self, tree: TreeName, outgoing: frozenset[str]) -> Tail | None:
        """Where packets of a tree end, once a PMSI is an outgoing interface of it."""
        if not isinstance(tree, SourceGroup):
            return None
        joined = [vrf for vrf in self._leaves.get(tree, ()) if self._pmsi(vrf) in outgoing]
        for vrf in sorted(joined, key=lambda name: self._vrfs[name].id):
            root = self._tunnels(vrf).remote.get(tree.source)
            if root is not None:
                return Tail(self.table(vrf, tree), root.index)
        return None

    def tail_tables(self) -> Iterator[TailTable]:
        """The look-ups behind all trees, and whose they are."""
        for tree, vrfs in self._leaves.items():
            yield from (TailTable(self.table(vrf, tree), self._vrfs[vrf].id) for vrf in vrfs)

    def of_root(self, vrf: str, roots: Iterable[object]) -> Iterator[SourceGroup]:
        """The trees of these PEs that a VRF is a leaf of."""
        return (tree for tree in self._tunnels(vrf).leaves if tree.source in roots)

    def update_sent(self, vrf: str, sg: SourceGroup) -> None:
        """The VRF sends a flow into another tree now, or into the inclusive one."""
        flow = vrf, sg
        if (old := self._sent.pop(flow, None)) is not None:
            self._forget(old, flow)
        if (new := self._tunnels(vrf).selective.get(sg)) is not None:
            self._sent[flow] = new
            self._flows.setdefault(new, set()).add(flow)

    def update_leaf(self, vrf: str, tree: SourceGroup) -> set[Flow]:
        """The VRF takes other flows out of a tree now, or none; returns those concerned."""
        leaf = self._tunnels(vrf).leaves.get(tree)
        old = {flow for flow in self._flows.get(tree, ()) if flow[0] == vrf}
        new = {(vrf, sg) for sg in leaf.flows} if leaf else set()
        for flow in old - new:
            self._forget(tree, flow)
            self._stop_bringing(tree, flow)
        for flow in new - old:
            self._flows.setdefault(tree, set()).add(flow)
            self._trees_of.setdefault(flow, set()).add(tree)
            self._brought.setdefault((vrf, flow[1].group), set()).add(flow)
        self._put_leaf(vrf, tree, is_leaf=leaf is not None)
        return old | new

    def _put_leaf(self, vrf: str, tree: SourceGroup, *, is_leaf: bool) -> None:
        if is_leaf:
            self._leaves.setdefault(tree, set()).add(vrf)
            return
        leaves = self._leaves.get(tree, set())
        leaves.discard(vrf)
        if not leaves:
            self._leaves.pop(tree, None)

    def _stop_bringing(self, tree: SourceGroup, flow: Flow) -> None:
        self._trees_of[flow].discard(tree)
        if not self._trees_of[flow]:
            del self._trees_of[flow]
            of_group = flow[0], flow[1].group
            self._brought[of_group].discard(flow)
            if not self._brought[of_group]:
                del self._brought[of_group]

    def _forget(self, tree: SourceGroup, flow: Flow) -> None:
        self._flows[tree].discard(flow)
        if not self._flows[tree]:
            del self._flows[tree]

    def _pmsi(self, vrf: str) -> str:
        return self._tunnels(vrf).pmsi

    def _tunnels(self, vrf: str) -> VpnTunnels:
        tunnels = self._vrfs[vrf].tunnels
        assert tunnels is not None, f"VRF {vrf} has no tunnels"
        return tunnels
