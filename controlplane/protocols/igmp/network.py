"""IGMP on one network: the groups that are wanted there, and the router's part in asking.

What hosts report changes memberships (RFC 3376 6.4); what that changes of the desired sources goes
to PIM as edges, joins before leaves. Only the querier sends queries; every router lowers its timers
when one is sent without the S flag (6.6.1).
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.engine.engine import PacketReceived, SendPacket
from controlplane.engine.time import Instant
from controlplane.net.interface import Interface
from controlplane.protocols.igmp.counters import IgmpCount, IgmpCounters
from controlplane.protocols.igmp.events import IgmpOutput, IgmpSettings, MembershipChanged
from controlplane.protocols.igmp.inbox import Inbox, Query, Report
from controlplane.protocols.igmp.membership import Edge, Membership
from controlplane.protocols.igmp.querier import Querier
from controlplane.protocols.igmp.query import QueryWriter
from controlplane.protocols.igmp.specific import SpecificQueries
from controlplane.protocols.igmp.timers import IgmpTimers, TimerKind, TimerName
from controlplane.wire.igmp import ANY_GROUP, GroupRecord, QueryV3

Outputs: TypeAlias = list[IgmpOutput]


class Network:
    """One interface that IGMP runs on; `begin` and `change` give its first query."""

    def __init__(
        self,
        interface: Interface,
        settings: IgmpSettings,
        timers: IgmpTimers,
        counters: IgmpCounters,
        now: Instant,
    ) -> None:
        self.interface = interface
        self.settings = settings
        self.since = now
        self.querier = Querier(interface, settings, timers)
        self.memberships: dict[IPv4Address, Membership] = {}
        self._specific: dict[IPv4Address, SpecificQueries] = {}
        self._timers = timers
        self._counters = counters

    def begin(self, now: Instant) -> Outputs:
        return self._send_general_query(now)

    def change(self, interface: Interface, settings: IgmpSettings, now: Instant) -> Outputs:
        """Other values: elect anew, and keep what is known of groups."""
        self._stop_asking()
        self.interface, self.settings = interface, settings
        self.querier = Querier(interface, settings, self._timers)
        return self._send_general_query(now)

    def stop(self) -> Outputs:
        """IGMP ends here: no timer runs on, nobody wants anything."""
        self._stop_asking()
        outputs: Outputs = []
        for membership in list(self.memberships.values()):
            membership.clear()
            outputs += self._settle(membership)
        return outputs

    def receive(self, packet: PacketReceived, now: Instant) -> Outputs:
        match Inbox(self.interface, self.settings, self._counters).open(packet):
            case None:
                return []
            case Report() as report:
                outputs: Outputs = []
                for record in report.records:
                    outputs += self._on_record(record, report.older_host, packet.source, now)
                return outputs
            case query:
                return self._on_query(query, packet.source, now)

    def expire(self, name: TimerName, now: Instant) -> Outputs:
        match name:
            case TimerName(kind=TimerKind.GENERAL_QUERY):
                return self._send_general_query(now)
            case TimerName(kind=TimerKind.OTHER_QUERIER_PRESENT):
                return [*self.querier.resume(), *self._send_general_query(now)]
            case TimerName(kind=TimerKind.SPECIFIC_QUERY, group=IPv4Address() as group):
                return self._send_specific_queries(group, now)
            case TimerName(kind=TimerKind.GROUP, group=IPv4Address() as group):
                membership = self.memberships[group]
                membership.group_timer_expired()
                return self._settle(membership)
            case TimerName(group=IPv4Address() as group, source=IPv4Address() as source):
                membership = self.memberships[group]
                membership.source_timer_expired(source)
                return self._settle(membership)
            case _:
                return []  # the other timers say something as long as they run, and no more

    def _on_record(
        self, record: GroupRecord, older_host: int | None, reporter: IPv4Address, now: Instant
    ) -> Outputs:
        membership = self.memberships.setdefault(
            record.group, Membership(self.interface.name, record.group, self._timers, now)
        )
        variables = self.querier.variables
        membership.last_reporter = reporter
        if older_host is not None:
            # RFC 3376 8.13: the Older Host Present Interval equals the Group Membership Interval.
            membership.heard_older_host(older_host, now + variables.group_membership_interval)
        reaction = membership.apply(record, variables, now)
        outputs = self._settle(membership)
        if self.querier.is_me and (reaction.query_group or reaction.query_sources):
            queries = self._specific.setdefault(record.group, SpecificQueries(membership))
            if queries.ask(reaction, variables, now):
                outputs += self._send_specific_queries(record.group, now)
        return outputs

    def _on_query(self, query: Query, source: IPv4Address, now: Instant) -> Outputs:
        outputs: Outputs = list(self.querier.heard(query, source, now))
        if not self.querier.is_me:
            self._forget_specific_queries()
        suppressed = isinstance(query, QueryV3) and query.suppress
        if query.group != ANY_GROUP and not suppressed:
            self._lower_timers(query, now)
        return outputs

    def _lower_timers(self, query: Query, now: Instant) -> None:
        """RFC 3376 6.6.1: another router asks who still wants a group, or sources of it."""
        membership = self.memberships.get(query.group)
        if membership is None:
            return
        at = now + self.querier.variables.last_member_query_time
        if isinstance(query, QueryV3) and query.sources:
            membership.lower_sources(query.sources, at)
        else:
            membership.lower_group(at)

    def _settle(self, membership: Membership) -> Outputs:
        """Tell PIM what changed, and forget a group that nobody wants."""
        before, after = membership.published, membership.desired
        membership.published = after
        edges = [(edge, True) for edge in after - before]
        edges += [(edge, False) for edge in before - after]
        if membership.state.is_empty:
            self._forget(membership)
        return [
            MembershipChanged(
                interface=self.interface.name,
                group=membership.group,
                source=edge.source,
                joined=joined,
                refused=edge.refused,
            )
            for edge, joined in sorted(edges, key=_joins_first)
        ]

    def _forget(self, membership: Membership) -> None:
        membership.clear()
        self._forget_specific_query(membership.group)
        del self.memberships[membership.group]

    def _forget_specific_query(self, group: IPv4Address) -> None:
        if self._specific.pop(group, None):
            self._timers.cancel(self._specific_timer(group))

    def _forget_specific_queries(self) -> None:
        for group in list(self._specific):
            self._forget_specific_query(group)

    def _stop_asking(self) -> None:
        self.querier.stop()
        self._forget_specific_queries()

    def _send_general_query(self, now: Instant) -> Outputs:
        self.querier.schedule_general_query(now)
        return self._sent([self._writer().general()])

    def _send_specific_queries(self, group: IPv4Address, now: Instant) -> Outputs:
        queries, variables = self._specific[group], self.querier.variables
        packets = queries.send(self._writer(), variables, now)
        if queries.is_pending:
            interval = variables.last_member_query_interval
            self._timers.set(self._specific_timer(group), now + interval)
        else:
            self._forget_specific_query(group)
        return self._sent(packets)

    def _writer(self) -> QueryWriter:
        return QueryWriter(self.interface, self.querier.variables)

    def _sent(self, packets: list[SendPacket]) -> Outputs:
        self._counters[IgmpCount.SENT_QUERY] += len(packets)
        return [*packets]

    def _specific_timer(self, group: IPv4Address) -> TimerName:
        return TimerName(TimerKind.SPECIFIC_QUERY, self.interface.name, group)


def _joins_first(change: tuple[Edge, bool]) -> tuple[bool, bool, int]:
    """So that packets which are wanted before and after a change are wanted within it too, and
    those of a refused source are not for an instant when a group turns to EXCLUDE mode or back."""
    edge, joined = change
    return not joined, joined is not edge.refused, int(edge.source) if edge.source else -1
