"""What the querier asks when somebody leaves: RFC 3376 6.4.2, 6.6.1, 6.6.3."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.engine.engine import PacketReceived, SendPacket
from controlplane.protocols.igmp.events import IgmpSettings, MembershipChanged
from controlplane.wire.igmp import GroupRecord, QueryV3, ReportV3, decode
from controlplane.wire.reader import Reader
from tests.protocols.igmp.lan import (
    ALLOW,
    BLOCK,
    ETH0,
    GMI,
    HIGHER_ROUTER,
    HOST,
    IS_EX,
    IS_IN,
    LOWER_ROUTER,
    S1,
    S2,
    SSM,
    TO_EX,
    TO_IN,
    G,
    Lan,
)


@pytest.fixture
def lan() -> Lan:
    """A network that is past its router's startup queries (the next General Query is at 156.25)."""
    lan = Lan()
    lan.run(50)
    return lan


class TestSources:
    def test_a_source_that_nobody_keeps_is_asked_for_twice_and_gone_after_two_seconds(
        self, lan: Lan
    ) -> None:
        lan.report(ALLOW, S1, S2, group=SSM)
        assert lan.report(BLOCK, S1, group=SSM) == ["Q(SSM,{s1})"]
        assert lan.timers(SSM) == {"s1": 2, "s2": GMI}
        assert lan.run(until=60) == ["51 Q(SSM,{s1})", "52 -(s1,SSM)"]
        assert lan.state(SSM) == "INCLUDE {s2}"

    def test_a_source_that_another_host_reports_again_stays(self, lan: Lan) -> None:
        lan.report(ALLOW, S1)
        lan.report(BLOCK, S1)
        lan.run(50.5)
        assert lan.report(IS_IN, S1) == []
        assert lan.run(until=60) == ["51 Q(G,{s1}) S"]
        assert lan.timers() == {"s1": GMI - 9.5}

    def test_a_report_that_is_repeated_asks_for_nothing_new(self, lan: Lan) -> None:
        lan.report(ALLOW, S1)
        lan.report(BLOCK, S1)
        lan.run(50.4)
        assert lan.report(BLOCK, S1) == []
        assert lan.run(until=60) == ["51 Q(G,{s1})", "52 -(s1,G)"]

    def test_a_later_leave_joins_the_pending_queries(self, lan: Lan) -> None:
        lan.report(ALLOW, S1, S2)
        lan.report(BLOCK, S1)
        lan.run(50.5)
        assert lan.report(BLOCK, S2) == ["Q(G,{s1,s2})"]
        assert lan.run(until=60) == ["51.5 Q(G,{s2})", "52 -(s1,G)", "52.5 -(s2,G)"]

    def test_queries_for_kept_and_for_doubtful_sources_are_two_messages(self, lan: Lan) -> None:
        lan.report(ALLOW, S1, S2)
        lan.report(BLOCK, S1, S2)
        lan.run(50.5)
        lan.report(IS_IN, S1)
        assert lan.run(until=60) == ["51 Q(G,{s1}) S", "51 Q(G,{s2})", "52 -(s2,G)"]

    def test_a_change_to_include_asks_for_the_sources_it_leaves_out(self, lan: Lan) -> None:
        lan.report(ALLOW, S1)
        assert lan.report(TO_IN, S2) == ["+(s2,G)", "Q(G,{s1})"]

    def test_a_source_whose_timer_ends_sooner_anyway_is_not_asked_for(self, lan: Lan) -> None:
        lan.report(ALLOW, S1)
        lan.run(50 + GMI - 1)
        assert lan.report(BLOCK, S1) == []

    def test_a_source_list_longer_than_the_mtu_takes_several_queries(self) -> None:
        lan = Lan(interface=replace(ETH0, mtu=24 + 12 + 3 * 4))
        sources = tuple(IPv4Address(f"10.9.9.{number}") for number in range(1, 8))
        lan.report(ALLOW, *sources)
        counts = [text.count("s") + text.count("10.9") for text in lan.report(BLOCK, *sources)]
        assert counts == [3, 3, 1]


class TestGroups:
    def test_a_group_that_nobody_keeps_is_asked_for_twice_and_gone_after_two_seconds(
        self, lan: Lan
    ) -> None:
        lan.report(TO_EX)
        assert lan.report(TO_IN) == ["Q(G)"]
        assert lan.run(until=60) == ["51 Q(G)", "52 -(*,G)"]
        assert lan.state() == "-"

    def test_a_group_that_another_host_reports_again_stays(self, lan: Lan) -> None:
        lan.report(TO_EX)
        lan.report(TO_IN)
        lan.run(50.5)
        lan.report(IS_EX)
        assert lan.run(until=60) == ["51 Q(G) S"]
        assert lan.timers() == {"G": GMI - 9.5}

    def test_a_leave_that_is_repeated_asks_for_nothing_new(self, lan: Lan) -> None:
        lan.report(TO_EX)
        lan.report(TO_IN)
        lan.run(50.4)
        assert lan.report(TO_IN) == []

    def test_the_change_from_any_source_to_one_keeps_that_one(self, lan: Lan) -> None:
        lan.report(TO_EX)
        assert lan.report(TO_IN, S1) == ["+(s1,G)", "Q(G)"]
        assert lan.run(until=60) == ["51 Q(G)", "52 -(*,G)"]
        assert lan.state() == "INCLUDE {s1}"

    def test_group_and_sources_are_asked_for_together(self, lan: Lan) -> None:
        lan.report(TO_EX)
        lan.report(IS_IN, S1)
        assert lan.report(TO_IN, S2) == ["+(s2,G)", "Q(G)", "Q(G,{s1})"]

    def test_a_late_leave_is_asked_about_though_the_group_ends_soon(self, lan: Lan) -> None:
        lan.report(TO_EX)
        lan.run(50 + GMI - 1)
        assert lan.report(TO_IN) == ["Q(G)"]
        assert lan.timers() == {"G": 1}

    def test_settings_say_how_often_and_how_long(self) -> None:
        lan = Lan(IgmpSettings(robustness=3, last_member_query_interval=0.5))
        lan.run(200)
        lan.report(TO_EX)
        assert lan.report(TO_IN) == ["Q(G)"]
        assert lan.run(until=202) == ["200.5 Q(G)", "201 Q(G)", "201.5 -(*,G)"]


class TestThePacket:
    def test_a_specific_query_goes_to_the_group_with_ttl_1_and_router_alert(self, lan: Lan) -> None:
        lan.report(ALLOW, S1)
        record = GroupRecord(kind=BLOCK, group=G, sources=(S1,))
        (packet,) = lan.engine.handle(
            PacketReceived(
                interface="eth0",
                source=HOST,
                destination=G,
                payload=ReportV3(records=(record,)).encode(),
            ),
            lan.now,
        )
        assert isinstance(packet, SendPacket)
        assert (packet.destination, packet.ttl, packet.router_alert) == (G, 1, True)
        assert (packet.source, packet.protocol, packet.tos) == (ETH0.address.ip, 2, 0xC0)
        assert decode(Reader(packet.payload)) == QueryV3(
            max_response_code=10, robustness=2, interval_code=125, group=G, sources=(S1,)
        )


class TestNonQuerier:
    """RFC 3376 6.6.1: it sends nothing, and lowers its timers when the querier asks."""

    @pytest.fixture
    def other(self, lan: Lan) -> Lan:
        lan.query(LOWER_ROUTER)
        return lan

    def test_a_leave_alone_changes_nothing(self, other: Lan) -> None:
        other.report(ALLOW, S1)
        assert other.report(BLOCK, S1) == []
        assert other.timers() == {"s1": GMI}

    def test_a_query_for_sources_lowers_their_timers(self, other: Lan) -> None:
        other.report(ALLOW, S1, S2)
        other.query(LOWER_ROUTER, G, (S1,))
        assert other.timers() == {"s1": 2, "s2": GMI}
        assert other.edges(until=60) == ["52 -(s1,G)"]

    def test_a_query_for_the_group_lowers_the_group_timer(self, other: Lan) -> None:
        other.report(TO_EX)
        other.query(LOWER_ROUTER, G)
        assert other.timers() == {"G": 2}

    def test_a_query_with_the_s_flag_lowers_nothing(self, other: Lan) -> None:
        other.report(TO_EX)
        other.report(IS_IN, S1)
        other.query(LOWER_ROUTER, G, suppress=True)
        other.query(LOWER_ROUTER, G, (S1,), suppress=True)
        assert other.timers() == {"s1": GMI, "G": GMI}

    def test_a_query_never_lengthens_a_timer(self, other: Lan) -> None:
        other.report(ALLOW, S1)
        other.run(50 + GMI - 1)
        other.query(LOWER_ROUTER, G, (S1,))
        assert other.timers() == {"s1": 1}

    def test_a_query_for_an_unknown_group_is_of_no_concern(self, other: Lan) -> None:
        assert other.query(LOWER_ROUTER, G, (S1,)) == []
        assert other.state() == "-"

    def test_who_loses_the_election_stops_asking(self, lan: Lan) -> None:
        lan.report(TO_EX)
        assert lan.report(TO_IN) == ["Q(G)"]
        lan.query(LOWER_ROUTER)
        assert lan.run(until=60) == ["52 -(*,G)"]

    def test_the_querier_lowers_its_timers_for_a_higher_router_too(self, lan: Lan) -> None:
        lan.report(TO_EX)
        lan.query(HIGHER_ROUTER, G)
        assert lan.timers() == {"G": 2}


def test_the_edge_of_a_leave_names_interface_group_and_source(lan: Lan) -> None:
    lan.report(ALLOW, S1)
    lan.report(BLOCK, S1)
    assert lan.engine.advance(51) != []
    assert lan.engine.advance(52) == [
        MembershipChanged(interface="eth0", group=G, source=S1, joined=False)
    ]
