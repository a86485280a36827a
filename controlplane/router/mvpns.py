"""The MVPNs of a PE beside BGP and PIM of the provider's table.

At the start BGP is told the routes that tell other PEs of this one, and PIM what static lists name.
Then, with the A-D routes that BGP learns, P-tunnels of other PEs come and go. What the S-PMSI
engines want of selective trees becomes memberships of the provider's PIM, and goes into the tables
that forwarding reads.
"""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.fib.build import FibBuilder
from controlplane.fib.model import TAIL_TABLES
from controlplane.mvpn.change import MvpnChange
from controlplane.mvpn.indices import IndexAllocator, IndicesExhausted
from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.s_pmsi.events import FlowMoved, LeafChanged, RootsChanged
from controlplane.mvpn.s_pmsi.notices import NoTableLeft
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.bgp.events import BestPathsChanged, RoutesOriginated
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.notices import NeighborDown, NeighborUp
from controlplane.rib.tunnels import SelectiveLeaf
from controlplane.router.engines import Engines


class Mvpns:
    """`mvpns` by VRF."""

    def __init__(self, mvpns: Mapping[str, Mvpn], engines: Engines, builder: FibBuilder) -> None:
        self._mvpns = mvpns
        self._engines = engines
        self._builder = builder
        self._tables = IndexAllocator[tuple[str, SourceGroup]](TAIL_TABLES)

    def start(self, now: Instant) -> None:
        """What this PE says of itself, and whom it knows without being told."""
        for mvpn in self._mvpns.values():
            for join in mvpn.joins():
                self._engines.pim(DEFAULT_VRF, join, now)
            for family, route in mvpn.originated():
                event = RoutesOriginated(family=family, changed=(route,))
                self._engines.bgp(DEFAULT_VRF, event, now)
        for vrf in self._mvpns:
            self._roots_changed(vrf, now)

    def learn(self, event: BestPathsChanged, now: Instant) -> list[tuple[str, Notice]]:
        """A-D routes changed; returns what each VRF has to tell of it."""
        return [
            told
            for vrf, mvpn in self._mvpns.items()
            for told in self._carry_out(vrf, mvpn.learn(event), now)
        ]

    def neighbor_changed(
        self, vrf: str, event: NeighborUp | NeighborDown, now: Instant
    ) -> list[tuple[str, Notice]]:
        """PIM of a VRF has other neighbours; those on the PMSI are PEs."""
        mvpn = self._mvpns.get(vrf)
        if mvpn is None or event.interface != mvpn.interface.name:
            return []
        up = isinstance(event, NeighborUp)
        return self._carry_out(vrf, mvpn.neighbor_changed(event.neighbor, up=up), now)

    def _carry_out(self, vrf: str, change: MvpnChange, now: Instant) -> list[tuple[str, Notice]]:
        if change.pes:
            self._builder.tunnels_changed(vrf, change.pes)
            self._roots_changed(vrf, now)
        for membership in change.provider:
            self._engines.pim(DEFAULT_VRF, membership, now)
        for customer in change.customer:
            self._engines.pim(vrf, customer, now)
        return [(vrf, notice) for notice in change.notices]

    def flow_moved(self, vrf: str, moved: FlowMoved) -> None:
        """An own flow goes into another tree."""
        selective = self._mvpns[vrf].tunnels.selective
        if moved.tree is None:
            del selective[moved.flow]
        else:
            selective[moved.flow] = moved.tree
        self._builder.flow_moved(vrf, moved.flow)

    def leaf_changed(self, vrf: str, change: LeafChanged, now: Instant) -> Notice | None:
        """Other flows are wanted out of a remote tree; returns what has to be told of it."""
        leaves, tree = self._mvpns[vrf].tunnels.leaves, change.tree
        was_joined = tree in leaves
        if change.flows:
            try:
                table = self._tables.index_of((vrf, tree))
            except IndicesExhausted:
                return NoTableLeft(tree)
            leaves[tree] = SelectiveLeaf(table, change.flows)
        elif was_joined:
            del leaves[tree]
            self._tables.release((vrf, tree))
        self._builder.leaf_changed(vrf, tree)
        if was_joined != (tree in leaves):
            self._engines.pim(DEFAULT_VRF, self._membership(vrf, tree), now)
        return None

    def _membership(self, vrf: str, tree: SourceGroup) -> MembershipChanged:
        """Just as IGMP would say of a LAN."""
        tunnels = self._mvpns[vrf].tunnels
        return MembershipChanged(
            interface=tunnels.pmsi,
            group=tree.group,
            source=tree.source,
            joined=tree in tunnels.leaves,
        )

    def _roots_changed(self, vrf: str, now: Instant) -> None:
        roots = frozenset(self._mvpns[vrf].tunnels.remote)
        self._engines.s_pmsi(vrf, RootsChanged(roots=roots), now)
