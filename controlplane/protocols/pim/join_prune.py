"""Hearing Join/Prunes (RFC 7761 4.5): each source is for one state machine.

Where the Upstream Neighbor Address is our primary address on the interface, a source drives the
downstream machine there. Where it is another router's, the entry is overheard: it drives the
upstream machine of a tree that has this router as RPF'(S,G). Any other one is nobody's here.

(*,G) and (S,G,rpt) entries are counted and do nothing: there is no RP, and in the SSM range they
have no effect (RFC 7761 4.8.1). For the same reason (S,G) entries outside the SSM range do nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.aggregation import Request
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.downstream import Downstream, DownstreamEvent, ReceiveJoin
from controlplane.protocols.pim.events import Rpf
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.lan_delay import t_override, t_suppressed
from controlplane.protocols.pim.tib import Tree, is_source_specific
from controlplane.protocols.pim.upstream import SeeJoin, SeePrune, Upstream
from controlplane.wire.pim.address import EncodedSource
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune


@dataclass(frozen=True, slots=True)
class Overheard:
    """One message for another router; its (S,G)s share the random delays, and so our answer."""

    rpf: Rpf
    see_join: SeeJoin
    see_prune: SeePrune


class JoinPrunes:
    def __init__(self, instance: PimInstance, downstream: Downstream, upstream: Upstream) -> None:
        self._instance = instance
        self._downstream = downstream
        self._upstream = upstream

    def receive(
        self, interface: PimInterface, source: IPv4Address, message: JoinPrune, now: Instant
    ) -> None:
        """Take a message of a neighbour; of a stranger, "discard without further processing"."""
        if source not in interface.neighbors:
            self._instance.counters[Count.DROP_NO_NEIGHBOR] += 1
        elif message.upstream_neighbor == interface.address:
            for sg, what in self._entries(message):
                self._to_me(interface, sg, what, message.holdtime, now)
        else:
            overheard = self._overheard(interface, message)
            for sg, what in self._entries(message):
                self._to_other(overheard, sg, what, now)

    def _to_me(
        self, interface: PimInterface, sg: SourceGroup, what: Request, holdtime: int, now: Instant
    ) -> None:
        if what is Request.JOIN:
            tree = self._instance.trees.setdefault(sg, Tree(sg, now))
            self._downstream.handle(tree, interface, ReceiveJoin(holdtime), now)
        elif (known := self._instance.trees.get(sg)) is not None:
            self._downstream.handle(known, interface, DownstreamEvent.RECEIVE_PRUNE, now)

    def _to_other(self, overheard: Overheard, sg: SourceGroup, what: Request, now: Instant) -> None:
        tree = self._instance.trees.get(sg)
        if tree is None or tree.rpf != overheard.rpf:
            return
        event = overheard.see_join if what is Request.JOIN else overheard.see_prune
        self._upstream.handle(tree, event, now)

    def _overheard(self, interface: PimInterface, message: JoinPrune) -> Overheard:
        rng = self._instance.rng
        suppress = min(t_suppressed(interface, rng), message.holdtime)
        return Overheard(
            rpf=Rpf(interface.name, message.upstream_neighbor),
            see_join=SeeJoin(suppress),
            see_prune=SeePrune(t_override(interface, rng)),
        )

    def _entries(self, message: JoinPrune) -> Iterator[tuple[SourceGroup, Request]]:
        """The (S,G) entries that count. Prunes come first: should a source be in both lists of a
        group, which 4.9.5.1 forbids, its packets rather flow than not."""
        for group in message.groups:
            for what, sources in ((Request.PRUNE, group.pruned), (Request.JOIN, group.joined)):
                for source in sources:
                    if (ignored := self._why_ignored(group, source)) is None:
                        yield SourceGroup(source.address, group.group.address), what
                    else:
                        self._instance.counters[ignored] += 1

    @staticmethod
    def _why_ignored(group: GroupSet, source: EncodedSource) -> Count | None:
        if source.wildcard or source.rpt:
            return Count.IGNORED_SHARED_TREE
        if not group.group.is_single:
            return Count.IGNORED_GROUP_RANGE
        if not is_source_specific(SourceGroup(source.address, group.group.address)):
            return Count.IGNORED_NOT_SSM
        return None
