"""Overhearing Join/Prunes to other routers (RFC 7761 4.5.4, 4.5.5, 4.5.7).

On a LAN, or a PMSI, another router's Join to our RPF' suppresses ours, and its Prune is overridden
by a Join of ours. What an entry means to which machine:

    Join(*,G)       SeeJoin of (*,G)
    Prune(*,G)      SeePrune of (*,G), and of all (S,G) of the group
    Join(S,G)       SeeJoin of (S,G)
    Prune(S,G)      SeePrune of (S,G) and of (S,G,rpt)
    Join(S,G,rpt)   SeeJoin of (S,G,rpt)
    Prune(S,G,rpt)  SeePrune of (S,G,rpt) and of (S,G)

each where the message's upstream neighbour is RPF' of that machine. A (*,G) that is joined wants
all sources, also those that it has no (S,G,rpt) state of: a Prune of such a one makes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from controlplane.engine.time import Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.lan_delay import t_override, t_suppressed
from controlplane.protocols.pim.rp_set import GroupMode
from controlplane.protocols.pim.rpt_upstream import RptUpstream
from controlplane.protocols.pim.tib import RpfNeighbor, SourceTree, Tree, UpstreamState
from controlplane.protocols.pim.upstream import Event, SeeJoin, SeePrune, Upstream
from controlplane.wire.pim.address import EncodedSource
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune


@dataclass(frozen=True, slots=True)
class _Seen:
    """One message; its entries share the random delays, and so our answers share a message."""

    rpf: RpfNeighbor
    see_join: SeeJoin
    see_prune: SeePrune
    now: Instant


class Overhearing:
    def __init__(
        self, instance: PimInstance, upstream: Upstream, rpt_upstream: RptUpstream
    ) -> None:
        self._instance = instance
        self._upstream = upstream
        self._rpt_upstream = rpt_upstream

    def take(self, interface: PimInterface, message: JoinPrune, now: Instant) -> None:
        """Take a message of a neighbour to another one."""
        seen = self._seen(interface, message, now)
        for group in message.groups:
            mode = self._instance.mode_of(group.group)
            for source in group.joined if mode is not None else ():
                self._see_join(seen, group, source)
            for source in group.pruned if mode is not None else ():
                self._see_prune(seen, group, source, mode)

    def _seen(self, interface: PimInterface, message: JoinPrune, now: Instant) -> _Seen:
        rng = self._instance.rng
        suppress = min(t_suppressed(interface, rng), message.holdtime)
        return _Seen(
            rpf=RpfNeighbor(interface.name, message.upstream_neighbor),
            see_join=SeeJoin(suppress),
            see_prune=SeePrune(t_override(interface, rng)),
            now=now,
        )

    def _see_join(self, seen: _Seen, group: GroupSet, source: EncodedSource) -> None:
        sg = SourceGroup(source.address, group.group.address)
        if source.wildcard:
            self._tell(seen, self._instance.tib.shared.get(sg.group), seen.see_join)
        elif not source.rpt:
            self._tell(seen, self._instance.tib.sources.get(sg), seen.see_join)
        elif (tree := self._instance.tib.sources.get(sg)) is not None:
            if self._instance.macros.rpf_neighbor_rpt(tree) == seen.rpf:
                self._rpt_upstream.see_join(tree)

    def _see_prune(
        self, seen: _Seen, group: GroupSet, source: EncodedSource, mode: GroupMode | None
    ) -> None:
        sg = SourceGroup(source.address, group.group.address)
        if source.wildcard:
            self._see_prune_shared(seen, sg)
            return
        self._tell(seen, self._instance.tib.sources.get(sg), seen.see_prune)
        tree = self._wanted_on_rpt(seen, sg) if mode is GroupMode.SPARSE else None
        if tree is not None and self._instance.macros.rpf_neighbor_rpt(tree) == seen.rpf:
            self._rpt_upstream.see_prune(tree, seen.now + seen.see_prune.t_override)

    def _see_prune_shared(self, seen: _Seen, sg: SourceGroup) -> None:
        shared = self._instance.tib.shared.get(sg.group)
        self._tell(seen, shared, seen.see_prune)
        for tree in shared.sources.values() if shared is not None else ():
            self._tell(seen, tree, seen.see_prune)

    def _wanted_on_rpt(self, seen: _Seen, sg: SourceGroup) -> SourceTree | None:
        """The (S,G), made where a (*,G) is joined: from the neighbour that is to prune S."""
        if (known := self._instance.tib.sources.get(sg)) is not None:
            return known
        shared = self._instance.tib.shared.get(sg.group)
        if shared is None or shared.upstream is not UpstreamState.JOINED or shared.rpf != seen.rpf:
            return None
        return self._instance.make_source(sg, seen.now)

    def _tell(self, seen: _Seen, tree: Tree | None, event: Event) -> None:
        if tree is not None and tree.rpf == seen.rpf:
            self._upstream.handle(tree, event, seen.now)
