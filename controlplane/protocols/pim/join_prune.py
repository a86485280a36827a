"""Hearing Join/Prunes (RFC 7761 4.5): each source list entry is for one state machine or more.

Where the Upstream Neighbor Address is our primary address on the interface, an entry drives the
downstream machine of its tree there; a Join(*,G) those of all (S,G,rpt) of its group too, until the
end of the message. Messages to other routers are overheard (`overheard.py`).

In the SSM range (*,G) and (S,G,rpt) entries have no effect (4.8.1). A Join(*,G) counts where its
RP is ours; a Prune(*,G) of any RP does (4.5.1).

Of a group set the Join(*,G) comes first, as Prunes(S,G,rpt) qualify it, and then the Prunes: should
a source be in both lists, which 4.9.5.1 forbids, its packets rather flow than not.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.asserts import Asserts
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.downstream import Downstream, DownstreamEvent, ReceiveJoin
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.overheard import Overhearing
from controlplane.protocols.pim.rp_set import GroupMode
from controlplane.protocols.pim.rpt_downstream import (
    ReceivePrune,
    RptDownstream,
    RptDownstreamEvent,
)
from controlplane.protocols.pim.tib import SharedTree, Tree
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune


@dataclass(frozen=True, slots=True)
class _Heard:
    """What all entries of a message share."""

    interface: PimInterface
    holdtime: int
    now: Instant


class JoinPrunes:
    def __init__(
        self,
        instance: PimInstance,
        downstream: Downstream,
        rpt_downstream: RptDownstream,
        asserts: Asserts,
        overhearing: Overhearing,
    ) -> None:
        self._instance = instance
        self._downstream = downstream
        self._rpt_downstream = rpt_downstream
        self._asserts = asserts
        self._overhearing = overhearing

    def receive(
        self, interface: PimInterface, source: IPv4Address, message: JoinPrune, now: Instant
    ) -> None:
        """Take a message of a neighbour; of a stranger, "discard without further processing"."""
        if source not in interface.neighbors:
            self._instance.counters[Count.DROP_NO_NEIGHBOR] += 1
        elif message.upstream_neighbor == interface.address:
            self._take(_Heard(interface, message.holdtime, now), message)
        else:
            self._overhearing.take(interface, message, now)

    def _take(self, heard: _Heard, message: JoinPrune) -> None:
        joined: list[SharedTree] = []
        for group in message.groups:
            mode = self._instance.mode_of(group.group)
            if mode not in (None, GroupMode.SSM):
                shared = self._join_shared(heard, group)
                joined += [shared] if shared is not None else []
            if mode is not None:
                self._prune(heard, group, mode)
                self._join(heard, group, mode)
        end = RptDownstreamEvent.END_OF_MESSAGE
        for shared in joined:
            self._rpt_downstream.handle_all(shared, heard.interface, end, heard.now)

    def _join_shared(self, heard: _Heard, group: GroupSet) -> SharedTree | None:
        """Receive Join(*,G): the tree that it joined."""
        address = group.group.address
        rps = [source.address for source in group.joined if source.wildcard]
        if not rps:
            return None
        if self._instance.rp_set.rp(address) not in rps:
            self._instance.counters[Count.IGNORED_RP] += 1
            return None
        shared = self._instance.make_shared(address, heard.now)
        if shared is not None:
            event = ReceiveJoin(heard.holdtime)
            self._downstream.handle(shared, heard.interface, event, heard.now)
            again = RptDownstreamEvent.RECEIVE_JOIN_ANY_SOURCE
            self._rpt_downstream.handle_all(shared, heard.interface, again, heard.now)
            pruned = frozenset(s.address for s in group.pruned if s.rpt and not s.wildcard)
            self._asserts.group_joined(shared, heard.interface, pruned)
        return shared

    def _prune(self, heard: _Heard, group: GroupSet, mode: GroupMode) -> None:
        tib = self._instance.tib
        for source in group.pruned:
            sg = SourceGroup(source.address, group.group.address)
            if not source.rpt:
                self._receive_prune(heard, tib.sources.get(sg))
            elif mode is GroupMode.SSM:
                self._instance.counters[Count.IGNORED_SHARED_TREE] += 1
            elif source.wildcard:
                self._receive_prune(heard, tib.shared.get(sg.group))
            else:
                self._receive_prune_rpt(heard, sg)

    def _join(self, heard: _Heard, group: GroupSet, mode: GroupMode) -> None:
        for source in group.joined:
            sg = SourceGroup(source.address, group.group.address)
            if not source.rpt:
                self._receive_join(heard, sg)
            elif mode is GroupMode.SSM:
                self._instance.counters[Count.IGNORED_SHARED_TREE] += 1
            elif not source.wildcard:
                self._receive_join_rpt(heard, sg)

    def _receive_join(self, heard: _Heard, sg: SourceGroup) -> None:
        if (tree := self._instance.make_source(sg, heard.now)) is not None:
            event = ReceiveJoin(heard.holdtime)
            self._downstream.handle(tree, heard.interface, event, heard.now)
            if tree.asserts:
                self._asserts.joined(tree, heard.interface)

    def _receive_prune(self, heard: _Heard, tree: Tree | None) -> None:
        if tree is not None:
            event = DownstreamEvent.RECEIVE_PRUNE
            self._downstream.handle(tree, heard.interface, event, heard.now)

    def _receive_join_rpt(self, heard: _Heard, sg: SourceGroup) -> None:
        if (tree := self._instance.tib.sources.get(sg)) is not None:
            event = RptDownstreamEvent.RECEIVE_JOIN
            self._rpt_downstream.handle(tree, heard.interface, event, heard.now)

    def _receive_prune_rpt(self, heard: _Heard, sg: SourceGroup) -> None:
        if (tree := self._instance.make_source(sg, heard.now)) is not None:
            event = ReceivePrune(heard.holdtime)
            self._rpt_downstream.handle(tree, heard.interface, event, heard.now)
