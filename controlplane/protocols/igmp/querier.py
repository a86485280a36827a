"""The querier of a network: election, General Queries, variables (RFC 3376 6.6.2, 8).

A router starts as querier. A query from a lower address makes it a non-querier until Other Querier
Present ends; every query from a lower address restarts that timer. A non-querier takes the
robustness and the query interval from what the querier says, and sends nothing.

    state        event                          new state     action
    querier      query from a lower address     non-querier   start Other Querier Present
    non-querier  query from a lower address     non-querier   restart Other Querier Present
    non-querier  Other Querier Present expires  querier       General Query at once, own variables
    querier      General Query timer expires    querier       General Query, restart the timer
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.net.interface import Interface
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.igmp.notices import QuerierChanged, QuerierVersionDiffers
from controlplane.protocols.igmp.timers import IgmpTimers, TimerKind, TimerName
from controlplane.wire.igmp import QueryV3, ShortMessage, code_value


class Querier:
    def __init__(self, interface: Interface, settings: IgmpSettings, timers: IgmpTimers) -> None:
        self._name = interface.name
        self._own = interface.address.ip
        self._settings = settings
        self._timers = timers
        self._startup_queries = settings.robustness
        self.address = self._own
        """Of the elected querier."""
        self.variables = settings
        """The settings, with what a non-querier took over from the querier."""

    @property
    def is_me(self) -> bool:
        return self.address == self._own

    def schedule_general_query(self, now: Instant) -> None:
        """One was sent: time the next one, sooner while starting up (RFC 3376 8.6, 8.7)."""
        self._startup_queries = max(0, self._startup_queries - 1)
        interval = (
            self._settings.startup_query_interval
            if self._startup_queries
            else self._settings.query_interval
        )
        self._timers.set(self._timer(TimerKind.GENERAL_QUERY), now + interval)

    def heard(
        self, query: ShortMessage | QueryV3, source: IPv4Address, now: Instant
    ) -> list[Notice]:
        """A query of another router."""
        notices = self._compare_version(query, source, now)
        # RFC 4541 2.1.1: 0.0.0.0 is a proxy of a snooping switch, and wins no election.
        if source.is_unspecified or source > self._own:
            return notices
        self._adopt(query)
        expiry = now + self.variables.other_querier_present_interval
        self._timers.set(self._timer(TimerKind.OTHER_QUERIER_PRESENT), expiry)
        self._timers.cancel(self._timer(TimerKind.GENERAL_QUERY))
        return notices + self._elect(source)

    def resume(self) -> list[Notice]:
        """Other Querier Present expired."""
        self._startup_queries = 0
        self.variables = self._settings
        return self._elect(self._own)

    def stop(self) -> None:
        for kind in (
            TimerKind.GENERAL_QUERY,
            TimerKind.OTHER_QUERIER_PRESENT,
            TimerKind.VERSION_WARNING,
        ):
            self._timers.cancel(self._timer(kind))

    def _elect(self, address: IPv4Address) -> list[Notice]:
        if address == self.address:
            return []
        self.address = address
        return [QuerierChanged(interface=self._name, querier=address, is_me=self.is_me)]

    def _adopt(self, query: ShortMessage | QueryV3) -> None:
        """RFC 3376 4.1.6, 4.1.7: what the query says, and where it says 0 or nothing, our own."""
        robustness, interval = 0, 0
        if isinstance(query, QueryV3):
            robustness, interval = query.robustness, code_value(query.interval_code)
        self.variables = replace(
            self._settings,
            robustness=robustness or self._settings.robustness,
            query_interval=interval or self._settings.query_interval,
        )

    def _compare_version(
        self, query: ShortMessage | QueryV3, source: IPv4Address, now: Instant
    ) -> list[Notice]:
        """RFC 3376 7.3.1: warn of another version, but not more than once a query interval."""
        version = query_version(query)
        warning = self._timer(TimerKind.VERSION_WARNING)
        if version == self._settings.version or self._timers.deadline(warning) is not None:
            return []
        self._timers.set(warning, now + self._settings.query_interval)
        return [
            QuerierVersionDiffers(
                interface=self._name,
                querier=source,
                heard=version,
                configured=self._settings.version,
            )
        ]

    def _timer(self, kind: TimerKind) -> TimerName:
        return TimerName(kind, self._name)


def query_version(query: ShortMessage | QueryV3) -> int:
    """RFC 3376 7.1."""
    if isinstance(query, QueryV3):
        return 3
    return 2 if query.max_response_code else 1
