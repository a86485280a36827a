"""Auto-discovery of one MVPN at work: routes come and go, and roots with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.notice import Notice
from controlplane.mvpn.change import MvpnChange
from controlplane.mvpn.claims import Judgement, Refusal
from controlplane.mvpn.counters import Count
from controlplane.mvpn.discovery import Discovery
from controlplane.mvpn.members import Members
from controlplane.mvpn.notices import NoIndexLeft, PeFound, PeGone, PeMoved, PeRefused
from controlplane.mvpn.roots import Consequence, Roots
from controlplane.mvpn.show import DiscoveryView, discovered
from controlplane.protocols.bgp.events import BestPathsChanged, Originated
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.events import NeighborsExpected
from controlplane.wire.bgp.nlri import Family, NlriKey

_COUNTED: Final[Mapping[type[Notice], Count]] = {
    PeFound: Count.PE_FOUND,
    PeMoved: Count.PE_MOVED,
    PeGone: Count.PE_GONE,
    PeRefused: Count.ROUTE_REFUSED,
    NoIndexLeft: Count.NO_INDEX,
}


class AutoDiscovery:
    """`pmsi` is the interface on which new PEs have to hear of this one."""

    def __init__(self, options: Iterable[Discovery], roots: Roots, pmsi: str) -> None:
        self._options = tuple(options)
        self._by_family = {option.family: option for option in self._options}
        self._roots = roots
        self._pmsi = pmsi
        self._members = Members()
        self.counters: Counter[str] = Counter()
        self._change(self._configure())

    def originated(self) -> tuple[tuple[Family, Originated], ...]:
        """The routes that tell others of this PE."""
        routes = ((option.family, option.originated()) for option in self._options)
        return tuple((family, route) for family, route in routes if family and route)

    def learn(self, event: BestPathsChanged) -> MvpnChange:
        """What follows from other best paths of one family."""
        option = self._by_family.get(event.family)
        return self._change(self._hear(option, event)) if option else MvpnChange()

    def neighbor_changed(self, pe: IPv4Address, *, up: bool) -> MvpnChange:
        """What follows from a PE that has become a PIM neighbour on the PMSI, or is none now."""
        self._roots.neighbor_changed(pe, up=up)
        change = self._change(self._notice_neighbor(pe, up=up))
        return replace(change, pes=change.pes | {pe})

    def discovered(self) -> tuple[DiscoveryView, ...]:
        """All that speaks of other PEs, and what came of it."""
        return discovered(self._members, self._roots)

    def _configure(self) -> Iterator[Consequence]:
        for option in self._options:
            for claim in option.configured():
                yield from self._settle(self._members.put(claim.pe, claim))

    def _notice_neighbor(self, pe: IPv4Address, *, up: bool) -> Iterator[Consequence]:
        for option in self._options:
            if (claim := option.heard(pe)) is not None:
                yield from self._settle(self._members.put(claim.pe, claim if up else None))

    def _hear(self, option: Discovery, event: BestPathsChanged) -> Iterator[Consequence]:
        """Routes of one message may undo each other, so PEs settle when all are through."""
        judged: list[tuple[NlriKey, Judgement | None]] = [
            (path.key, option.judge(path)) for path in event.changed
        ]
        judged += ((key, None) for key in event.withdrawn)
        yield from self._new_refusals(judged)
        touched = [pe for key, one in judged for pe in self._members.put(key, one)]
        yield from self._settle(touched)

    def _new_refusals(
        self, judged: Iterable[tuple[NlriKey, Judgement | None]]
    ) -> Iterator[PeRefused]:
        for key, one in judged:
            if isinstance(one, Refusal) and one != self._members.judgements.get(key):
                yield PeRefused(one.pe, one.said_by, one.why)

    def _settle(self, pes: Iterable[IPv4Address]) -> Iterator[Consequence]:
        for pe in dict.fromkeys(pes):
            yield from self._roots.settle(pe, self._members.chosen(pe))

    def _change(self, consequences: Iterator[Consequence]) -> MvpnChange:
        all_of_them = tuple(consequences)
        memberships = tuple(one for one in all_of_them if isinstance(one, MembershipChanged))
        notices = tuple(one for one in all_of_them if isinstance(one, Notice))
        self.counters.update(_COUNTED[type(notice)] for notice in notices)
        joined = frozenset(one.pe for one in notices if isinstance(one, PeFound | PeMoved))
        expected = NeighborsExpected(interface=self._pmsi, awaited=joined)
        return MvpnChange(
            pes=joined | {one.pe for one in notices if isinstance(one, PeGone)},
            provider=memberships,
            customer=(expected,) if joined else (),
            notices=notices,
        )
