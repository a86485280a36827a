"""The host side of IGMP: RFC 3376 5 and RFC 2236 3."""

from __future__ import annotations

import random
from ipaddress import IPv4Address

import pytest

from controlplane.net.multicast import ALL_IGMPV3_ROUTERS, ALL_ROUTERS
from controlplane.sim.membership import ROBUSTNESS, Membership
from controlplane.sim.scheduler import Scheduler
from controlplane.wire.igmp import (
    GroupRecord,
    IgmpMessage,
    IgmpType,
    QueryV3,
    RecordType,
    ReportV3,
    ShortMessage,
    decode,
)
from controlplane.wire.reader import Reader

GROUP = IPv4Address("232.1.1.1")
SOURCE = IPv4Address("10.1.1.10")
OTHER = IPv4Address("10.1.1.11")
GENERAL_QUERY = QueryV3(max_response_code=10, robustness=2, interval_code=10)


class Host:
    """A Membership, and what it sent with the times."""

    def __init__(self, version: int = 3) -> None:
        self.scheduler = Scheduler()
        self.sent: list[tuple[float, IPv4Address, IgmpMessage]] = []
        self.membership = Membership(version, self.scheduler, random.Random(1), self._note)

    def _note(self, destination: IPv4Address, message: bytes) -> None:
        self.sent.append((self.scheduler.now, destination, decode(Reader(message))))

    def quiet(self) -> None:
        """Let all that is pending be sent, and forget it."""
        self.scheduler.run(until=self.scheduler.now + 60)
        self.sent.clear()

    def messages(self) -> list[tuple[IPv4Address, IgmpMessage]]:
        self.scheduler.run(until=self.scheduler.now + 60)
        return [(destination, message) for _, destination, message in self.sent]


def record(kind: RecordType, *sources: IPv4Address) -> ReportV3:
    return ReportV3(records=(GroupRecord(kind=kind, group=GROUP, sources=sources),))


@pytest.mark.parametrize(
    ("source", "joined", "left"),
    [
        (
            SOURCE,
            record(RecordType.ALLOW_NEW_SOURCES, SOURCE),
            record(RecordType.BLOCK_OLD_SOURCES, SOURCE),
        ),
        (
            None,
            record(RecordType.CHANGE_TO_EXCLUDE_MODE),
            record(RecordType.CHANGE_TO_INCLUDE_MODE),
        ),
    ],
    ids=["one source", "any source"],
)
def test_a_change_is_reported_at_once_and_again(
    source: IPv4Address | None, joined: ReportV3, left: ReportV3
) -> None:
    host = Host()
    host.membership.join(GROUP, source)
    assert host.messages() == [(ALL_IGMPV3_ROUTERS, joined)] * ROBUSTNESS
    assert host.sent[0][0] == 0.0
    host.sent.clear()
    host.membership.leave(GROUP, source)
    assert host.messages() == [(ALL_IGMPV3_ROUTERS, left)] * ROBUSTNESS


def test_a_change_that_is_undone_is_not_reported_again() -> None:
    host = Host()
    host.membership.join(GROUP, SOURCE)
    host.membership.leave(GROUP, SOURCE)
    kinds = {
        message.records[0].kind for _, message in host.messages() if isinstance(message, ReportV3)
    }
    assert kinds == {RecordType.BLOCK_OLD_SOURCES}


def test_a_general_query_is_answered_within_its_response_time() -> None:
    host = Host()
    host.membership.join(GROUP, SOURCE)
    host.quiet()
    asked = host.scheduler.now
    host.membership.queried(GENERAL_QUERY)
    assert host.messages() == [(ALL_IGMPV3_ROUTERS, record(RecordType.MODE_IS_INCLUDE, SOURCE))]
    assert asked <= host.sent[0][0] <= asked + 1.0


@pytest.mark.parametrize(
    ("asked", "answer"),
    [((SOURCE, OTHER), (SOURCE,)), ((OTHER,), None)],
    ids=["asked for", "not asked for"],
)
def test_a_query_for_sources_is_answered_with_those_that_are_joined(
    asked: tuple[IPv4Address, ...], answer: tuple[IPv4Address, ...] | None
) -> None:
    host = Host()
    host.membership.join(GROUP, SOURCE)
    host.quiet()
    host.membership.queried(
        QueryV3(max_response_code=1, robustness=2, interval_code=10, group=GROUP, sources=asked)
    )
    wanted = record(RecordType.MODE_IS_INCLUDE, *answer) if answer else None
    assert host.messages() == ([(ALL_IGMPV3_ROUTERS, wanted)] if wanted else [])


def test_a_group_that_is_not_joined_is_not_answered_for() -> None:
    host = Host()
    host.membership.queried(GENERAL_QUERY)
    assert host.messages() == []


def test_version_2_reports_to_the_group_and_leaves_to_all_routers() -> None:
    host = Host(version=2)
    host.membership.join(GROUP, None)
    host.quiet()
    host.membership.leave(GROUP, None)
    leave = ShortMessage(kind=IgmpType.LEAVE_V2, group=GROUP)
    assert host.messages() == [(ALL_ROUTERS, leave)] * ROBUSTNESS
    host.membership.join(GROUP, None)
    host.sent.clear()
    report = ShortMessage(kind=IgmpType.REPORT_V2, group=GROUP)
    assert host.messages() == [(GROUP, report)] * ROBUSTNESS


def test_wants_follows_joins_and_leaves() -> None:
    host = Host()
    assert not host.membership.wants(GROUP, SOURCE)
    host.membership.join(GROUP, SOURCE)
    assert host.membership.wants(GROUP, SOURCE)
    assert not host.membership.wants(GROUP, OTHER)
    host.membership.leave(GROUP, SOURCE)
    assert not host.membership.wants(GROUP, SOURCE)
