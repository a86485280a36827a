"""One group on one network: its record with running timers (RFC 3376 6.2, 6.4, 6.5, 7.3.2).

A source whose timer is zero is one without a running timer: those of Y. The group timer runs in
EXCLUDE mode alone. When it ends, the record turns into INCLUDE (X). Hosts of older versions put the
group into a compatibility mode as long as their Host Present timers run, and in that mode the
router does not listen to what such hosts could not have said.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.igmp.filter import (
    Filter,
    FilterMode,
    Reaction,
    exclude,
    include,
    react,
)
from controlplane.protocols.igmp.timers import IgmpTimers, TimerKind, TimerName
from controlplane.wire.igmp import GroupRecord, RecordType


@dataclass(frozen=True, slots=True)
class Edge:
    """A source whose packets are wanted, or refused; None for those of any source."""

    source: IPv4Address | None
    refused: bool = False


class Membership:
    def __init__(
        self, interface: str, group: IPv4Address, timers: IgmpTimers, now: Instant
    ) -> None:
        self.interface = interface
        self.group = group
        self.since = now
        self.state = Filter()
        self.last_reporter: IPv4Address | None = None
        self.published: Set[Edge] = frozenset()
        """The edges that were told to PIM."""
        self._timers = timers

    @property
    def desired(self) -> Set[Edge]:
        """Whose packets are wanted: named sources, and in EXCLUDE mode any but the refused ones."""
        edges = {Edge(source) for source in self.state.wanted}
        if self.state.mode is FilterMode.EXCLUDE:
            edges |= {Edge(None), *(Edge(source, refused=True) for source in self.state.refused)}
        return edges

    @property
    def version(self) -> int:
        """Group Compatibility Mode (RFC 3376 7.3.2)."""
        if self._timers.deadline(self._name(TimerKind.V1_HOST_PRESENT)) is not None:
            return 1
        if self._timers.deadline(self._name(TimerKind.V2_HOST_PRESENT)) is not None:
            return 2
        return 3

    def deadline(self, source: IPv4Address | None = None) -> Instant | None:
        """When the timer of a source, or the group timer, expires; None when it is zero."""
        return self._timers.deadline(self._timer(source))

    def heard_older_host(self, version: int, until: Instant) -> None:
        """Start the timer that keeps the group in a compatibility mode."""
        kind = TimerKind.V1_HOST_PRESENT if version == 1 else TimerKind.V2_HOST_PRESENT
        self._timers.set(self._name(kind), until)

    def apply(self, record: GroupRecord, variables: IgmpSettings, now: Instant) -> Reaction:
        """Take a record in; what it asks to be queried is the caller's to send."""
        audible = _audible(record, self.version)
        if audible is None:
            return Reaction(state=self.state)
        reaction = react(self.state, audible)
        expiry = now + variables.group_membership_interval
        if (group_deadline := self.deadline()) is not None:
            self._set_sources(reaction.inherit, group_deadline)
        self._set_sources(reaction.refresh, expiry)
        if reaction.restart_group_timer:
            self._timers.set(self._timer(), expiry)
        self._become(reaction.state)
        return reaction

    def lower_group(self, at: Instant) -> None:
        """Let the group timer end at an instant, unless it ends before."""
        if self.runs_beyond(at):
            self._timers.set(self._timer(), at)

    def lower_sources(self, sources: Iterable[IPv4Address], at: Instant) -> None:
        """Let source timers end at an instant, those that do not end before."""
        self._set_sources((s for s in sources if self.runs_beyond(at, s)), at)

    def runs_beyond(self, at: Instant, source: IPv4Address | None = None) -> bool:
        """Whether the timer of a source, or the group timer, runs longer than to an instant."""
        deadline = self.deadline(source)
        return deadline is not None and deadline > at

    def group_timer_expired(self) -> None:
        """RFC 3376 6.5: EXCLUDE (X,Y) becomes INCLUDE (X)."""
        self._become(include(self.state.wanted))

    def source_timer_expired(self, source: IPv4Address) -> None:
        """RFC 3376 6.3: in INCLUDE mode the source goes, in EXCLUDE mode it is refused from now."""
        wanted = self.state.wanted - {source}
        if self.state.mode is FilterMode.INCLUDE:
            self._become(include(wanted))
        else:
            self._become(exclude(wanted, self.state.refused | {source}))

    def clear(self) -> None:
        """Stop every timer and want nothing."""
        self._become(Filter())
        for kind in (TimerKind.GROUP, TimerKind.V1_HOST_PRESENT, TimerKind.V2_HOST_PRESENT):
            self._timers.cancel(self._name(kind))

    def _become(self, state: Filter) -> None:
        """Change the state; sources that are no longer wanted lose their timers."""
        for source in self.state.wanted - state.wanted:
            self._timers.cancel(self._timer(source))
        self.state = state

    def _set_sources(self, sources: Iterable[IPv4Address], at: Instant) -> None:
        for source in sorted(sources):  # timers of one instant expire in this order
            self._timers.set(self._timer(source), at)

    def _timer(self, source: IPv4Address | None = None) -> TimerName:
        kind = TimerKind.GROUP if source is None else TimerKind.SOURCE
        return TimerName(kind, self.interface, self.group, source)

    def _name(self, kind: TimerKind) -> TimerName:
        return TimerName(kind, self.interface, self.group)


def _audible(record: GroupRecord, version: int) -> GroupRecord | None:
    """RFC 3376 7.3.2: what a compatibility mode leaves of a record."""
    match record.kind:
        case RecordType.BLOCK_OLD_SOURCES if version < 3:
            return None
        case RecordType.CHANGE_TO_INCLUDE_MODE if version == 1:
            return None
        case RecordType.CHANGE_TO_EXCLUDE_MODE if version < 3:
            return replace(record, sources=())
        case _:
            return record
