"""The host side of IGMPv3 (RFC 3376 5) and IGMPv2 (RFC 2236 3), as much as lab hosts do.

A host's filter of a group is INCLUDE with its sources, or EXCLUDE with none (any source). A change
is reported at once and again Robustness - 1 times within Unsolicited Report Interval; a query is
answered after a random part of its Max Resp Time. Version 2 knows groups only.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Duration
from controlplane.net.multicast import ALL_IGMPV3_ROUTERS, ALL_ROUTERS
from controlplane.sim.scheduler import Scheduler
from controlplane.wire.igmp import (
    ANY_GROUP,
    GroupRecord,
    IgmpMessage,
    IgmpType,
    QueryV3,
    RecordType,
    ReportV3,
    ShortMessage,
    code_value,
)

ROBUSTNESS: Final = 2
UNSOLICITED_REPORT_INTERVAL: Final[Duration] = 1.0

Send = Callable[[IPv4Address, bytes], None]


class Membership:
    """What one host has joined; `send` takes a destination and an IGMP message."""

    def __init__(self, version: int, scheduler: Scheduler, rng: random.Random, send: Send) -> None:
        self._version = version
        self._scheduler = scheduler
        self._rng = rng
        self._send = send
        self._joined: dict[IPv4Address, set[IPv4Address | None]] = {}

    def wants(self, group: IPv4Address, source: IPv4Address) -> bool:
        """True when a socket of this host would get packets of the source to the group."""
        sources = self._joined.get(group, ())
        return source in sources or None in sources

    def join(self, group: IPv4Address, source: IPv4Address | None) -> None:
        """Listen to a source, or with None to any source."""
        self._joined.setdefault(group, set()).add(source)
        self._report_change(group, source, joined=True)

    def leave(self, group: IPv4Address, source: IPv4Address | None) -> None:
        """Undo a join."""
        sources = self._joined.get(group, set())
        sources.discard(source)
        if not sources:
            self._joined.pop(group, None)
        self._report_change(group, source, joined=False)

    def queried(self, query: IgmpMessage) -> None:
        """Answer a query with what of it this host has joined."""
        match query:
            case QueryV3():
                limit = code_value(query.max_response_code) / 10
                wanted: frozenset[IPv4Address] = frozenset(query.sources)
            case ShortMessage(kind=IgmpType.QUERY):
                limit, wanted = query.max_response_code / 10, frozenset()
            case _:
                return
        groups = list(self._joined) if query.group == ANY_GROUP else [query.group]
        for group in groups:
            at = self._scheduler.now + self._rng.uniform(0, limit)
            self._scheduler.at(at, self._answer, group, wanted)

    def _answer(self, group: IPv4Address, wanted: frozenset[IPv4Address]) -> None:
        sources = self._joined.get(group)
        if not sources:
            return
        if self._version == 2:
            self._send(group, ShortMessage(kind=IgmpType.REPORT_V2, group=group).encode())
        elif (record := _current_state(group, sources, wanted)) is not None:
            self._send(ALL_IGMPV3_ROUTERS, ReportV3(records=(record,)).encode())

    def _report_change(
        self, group: IPv4Address, source: IPv4Address | None, *, joined: bool
    ) -> None:
        at = self._scheduler.now
        for _ in range(ROBUSTNESS):
            self._scheduler.at(at, self._state_change, group, source, joined)
            at += self._rng.uniform(0, UNSOLICITED_REPORT_INTERVAL)

    def _state_change(self, group: IPv4Address, source: IPv4Address | None, joined: bool) -> None:
        """Report a change, unless it has been undone before its retransmission."""
        if (source in self._joined.get(group, ())) != joined:
            return
        if self._version == 2:
            kind, to = _change_v2(group, joined)
            self._send(to, ShortMessage(kind=kind, group=group).encode())
        else:
            record = _change_v3(group, source, joined)
            self._send(ALL_IGMPV3_ROUTERS, ReportV3(records=(record,)).encode())


def _change_v2(group: IPv4Address, joined: bool) -> tuple[IgmpType, IPv4Address]:
    """RFC 2236 9: reports go to the group itself, leaves to all routers."""
    return (IgmpType.REPORT_V2, group) if joined else (IgmpType.LEAVE_V2, ALL_ROUTERS)


def _change_v3(group: IPv4Address, source: IPv4Address | None, joined: bool) -> GroupRecord:
    """RFC 3376 5.1: the filter mode or the source list has changed."""
    if source is None:
        to_exclude, to_include = (
            RecordType.CHANGE_TO_EXCLUDE_MODE,
            RecordType.CHANGE_TO_INCLUDE_MODE,
        )
        return GroupRecord(kind=to_exclude if joined else to_include, group=group)
    kind = RecordType.ALLOW_NEW_SOURCES if joined else RecordType.BLOCK_OLD_SOURCES
    return GroupRecord(kind=kind, group=group, sources=(source,))


def _current_state(
    group: IPv4Address, sources: set[IPv4Address | None], wanted: frozenset[IPv4Address]
) -> GroupRecord | None:
    """RFC 3376 5.2: None when a query for certain sources asks for none of this host's."""
    if None in sources:
        if wanted:
            return GroupRecord(
                kind=RecordType.MODE_IS_INCLUDE, group=group, sources=tuple(sorted(wanted))
            )
        return GroupRecord(kind=RecordType.MODE_IS_EXCLUDE, group=group)
    included = tuple(sorted(s for s in sources if s is not None and (not wanted or s in wanted)))
    if not included:
        return None
    return GroupRecord(kind=RecordType.MODE_IS_INCLUDE, group=group, sources=included)
