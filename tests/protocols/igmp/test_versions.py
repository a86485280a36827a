"""Older hosts and routers: RFC 3376 7.3, RFC 2236."""

from __future__ import annotations

import pytest

from controlplane.protocols.igmp.counters import IgmpCount
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.igmp.query import QueryWriter
from controlplane.wire.igmp import IgmpType, ShortMessage, decode
from controlplane.wire.reader import Reader
from tests.protocols.igmp.lan import (
    ALLOW,
    BLOCK,
    ETH0,
    GMI,
    HIGHER_ROUTER,
    IS_EX,
    IS_IN,
    LOWER_ROUTER,
    S1,
    S2,
    TO_EX,
    TO_IN,
    Lan,
)


@pytest.fixture
def lan() -> Lan:
    lan = Lan()
    lan.run(50)
    return lan


def version(lan: Lan) -> int:
    (group,) = lan.engine.groups(lan.now)
    return group.version


class TestVersion2Hosts:
    def test_report_and_leave_are_those_of_any_source(self, lan: Lan) -> None:
        assert lan.short(IgmpType.REPORT_V2) == ["+(*,G)"]
        assert lan.short(IgmpType.LEAVE_V2) == ["Q(G)"]
        assert lan.run(until=60) == ["51 Q(G)", "52 -(*,G)"]

    def test_the_group_is_in_version_2_mode_until_host_present_ends(self, lan: Lan) -> None:
        lan.short(IgmpType.REPORT_V2)
        lan.run(100)
        lan.report(IS_EX)
        assert version(lan) == 2
        lan.run(50 + GMI)
        assert version(lan) == 3

    def test_in_version_2_mode_blocks_and_excluded_sources_are_not_heard(self, lan: Lan) -> None:
        lan.short(IgmpType.REPORT_V2)
        assert lan.report(BLOCK, S1) == []
        assert lan.report(TO_EX, S1, S2) == []
        assert lan.state() == "EXCLUDE {},{}"

    def test_in_version_2_mode_what_adds_sources_is_heard(self, lan: Lan) -> None:
        lan.short(IgmpType.REPORT_V2)
        assert lan.report(IS_IN, S1) == ["+(s1,G)"]
        assert lan.report(ALLOW, S2) == ["+(s2,G)"]

    def test_a_leave_for_an_unknown_group_makes_no_state(self, lan: Lan) -> None:
        assert lan.short(IgmpType.LEAVE_V2) == []
        assert lan.state() == "-"


class TestVersion1Hosts:
    def test_while_one_may_listen_nobody_can_leave(self, lan: Lan) -> None:
        lan.short(IgmpType.REPORT_V1)
        assert version(lan) == 1
        assert lan.short(IgmpType.LEAVE_V2) == []
        assert lan.report(TO_IN) == []
        assert lan.edges(until=1000) == ["310 -(*,G)"]

    def test_version_1_mode_falls_back_to_version_2_while_such_hosts_are_there(
        self, lan: Lan
    ) -> None:
        lan.short(IgmpType.REPORT_V1)
        lan.run(150)
        lan.short(IgmpType.REPORT_V2)
        assert version(lan) == 1
        lan.run(50 + GMI)
        assert version(lan) == 2


class TestOlderRouters:
    """RFC 3376 7.3.1."""

    WARNING = "{} sends IGMPv{} queries on eth0, which is configured for version {}: {}"

    def warning(self, heard: int, configured: int) -> str:
        return self.WARNING.format(LOWER_ROUTER, heard, configured, "set both to the same")

    @pytest.mark.parametrize(("response", "heard"), [(0, 1), (100, 2)])
    def test_an_older_query_takes_part_in_the_election_and_is_warned_of(
        self, lan: Lan, response: int, heard: int
    ) -> None:
        elected = f"the IGMP querier on eth0 is now {LOWER_ROUTER}"
        assert lan.short_query(LOWER_ROUTER, response) == [self.warning(heard, 3), elected]

    def test_warnings_come_once_a_query_interval(self, lan: Lan) -> None:
        lan.short_query(LOWER_ROUTER, 100)
        lan.run(50 + 124)
        assert lan.short_query(LOWER_ROUTER, 100) == []
        lan.run(50 + 125)
        assert lan.short_query(LOWER_ROUTER, 100) == [self.warning(2, 3)]

    def test_a_router_set_to_version_2_warns_of_version_3(self) -> None:
        lan = Lan(IgmpSettings(version=2))
        lines = lan.query(LOWER_ROUTER)
        assert lines[0] == self.warning(3, 2)

    def test_what_an_older_query_does_not_say_is_as_configured(self, lan: Lan) -> None:
        lan.query(LOWER_ROUTER, robustness=5, interval=20)
        lan.short_query(LOWER_ROUTER, 100)
        (shown,) = lan.engine.interfaces(lan.now)
        assert (shown.robustness, shown.query_interval) == (2, 125)


class TestSetToAnOlderVersion:
    def test_version_2_sends_short_queries(self) -> None:
        lan = Lan(IgmpSettings(version=2))
        assert lan.started == ["v2 Q()"]
        lan.short(IgmpType.REPORT_V2)
        assert lan.short(IgmpType.LEAVE_V2) == ["v2 Q(G)"]

    def test_version_2_does_not_hear_version_3_reports(self) -> None:
        lan = Lan(IgmpSettings(version=2))
        assert lan.report(TO_EX) == []
        assert lan.engine.counters[IgmpCount.DROPPED_VERSION] == 1

    def test_version_1_sends_queries_without_a_time_and_hears_no_leave(self) -> None:
        lan = Lan(IgmpSettings(version=1))
        assert lan.started == ["v1 Q()"]
        assert lan.short(IgmpType.REPORT_V1) == ["+(*,G)"]
        assert lan.short(IgmpType.LEAVE_V2) == []
        assert lan.engine.counters[IgmpCount.DROPPED_VERSION] == 1

    @pytest.mark.parametrize(("interval", "code"), [(10.0, 100), (20.0, 200), (60.0, 255)])
    def test_the_response_time_of_version_2_is_linear_and_ends_at_its_maximum(
        self, interval: float, code: int
    ) -> None:
        writer = QueryWriter(ETH0, IgmpSettings(version=2, query_response_interval=interval))
        query = decode(Reader(writer.general().payload))
        assert isinstance(query, ShortMessage)
        assert query.max_response_code == code


def test_a_higher_router_of_an_older_version_is_warned_of_without_election(lan: Lan) -> None:
    (warning,) = lan.short_query(HIGHER_ROUTER, 100)
    assert str(HIGHER_ROUTER) in warning
