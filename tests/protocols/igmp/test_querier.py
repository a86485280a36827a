"""General Queries and the election of who sends them: RFC 3376 6.6.2, 8."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.engine.engine import InterfaceUp, SendPacket
from controlplane.protocols.igmp.engine import IgmpEngine
from controlplane.protocols.igmp.events import IgmpEnabled, IgmpSettings
from controlplane.wire.igmp import QueryV3, decode
from controlplane.wire.reader import Reader
from tests.protocols.igmp.lan import (
    ALLOW,
    ETH0,
    GMI,
    HIGHER_ROUTER,
    LOWER_ROUTER,
    S1,
    Lan,
)

OTHER_QUERIER_PRESENT = 255.0
ELECTED = f"the IGMP querier on eth0 is now {LOWER_ROUTER}"
RESUMED = "the IGMP querier on eth0 is now this router (10.1.1.2)"


@pytest.fixture
def lan() -> Lan:
    return Lan()


class TestQuerier:
    def test_it_asks_at_once_again_soon_and_then_every_query_interval(self, lan: Lan) -> None:
        assert lan.started == ["Q()"]
        assert lan.run(until=300) == ["31.25 Q()", "156.25 Q()", "281.25 Q()"]

    def test_as_many_startup_queries_as_the_robustness_says(self) -> None:
        lan = Lan(IgmpSettings(robustness=3, query_interval=40))
        assert lan.run(until=100) == ["10 Q()", "20 Q()", "60 Q()", "100 Q()"]

    def test_igmp_may_be_enabled_before_the_interface_is_up(self) -> None:
        engine = IgmpEngine()
        assert engine.handle(IgmpEnabled(interface="eth0"), 0) == []
        assert len(engine.handle(InterfaceUp(interface=ETH0), 1)) == 1

    def test_other_settings_apply_at_once(self, lan: Lan) -> None:
        settings = IgmpSettings(query_interval=20)
        assert lan.handle(IgmpEnabled(interface="eth0", settings=settings)) == ["Q()"]
        assert lan.run(until=45) == ["5 Q()", "25 Q()", "45 Q()"]

    @pytest.mark.parametrize(
        ("settings", "query"),
        [
            (IgmpSettings(), QueryV3(max_response_code=100, robustness=2, interval_code=125)),
            (
                IgmpSettings(robustness=8, query_interval=131, query_response_interval=13.5),
                QueryV3(max_response_code=0x80, robustness=0, interval_code=0x80),
            ),
        ],
    )
    def test_a_general_query_carries_the_variables(
        self, settings: IgmpSettings, query: QueryV3
    ) -> None:
        engine = IgmpEngine()
        engine.handle(InterfaceUp(interface=ETH0), 0)
        (packet,) = engine.handle(IgmpEnabled(interface="eth0", settings=settings), 0)
        assert isinstance(packet, SendPacket)
        assert decode(Reader(packet.payload)) == query
        assert (packet.destination, packet.ttl) == (IPv4Address("224.0.0.1"), 1)
        assert packet.router_alert


class TestElection:
    def test_a_lower_address_takes_over_and_this_router_falls_silent(self, lan: Lan) -> None:
        assert lan.query(LOWER_ROUTER) == [ELECTED]
        assert lan.queries(until=OTHER_QUERIER_PRESENT - 1) == []

    def test_a_higher_address_changes_nothing(self, lan: Lan) -> None:
        assert lan.query(HIGHER_ROUTER) == []
        assert lan.run(until=40) == ["31.25 Q()"]

    def test_a_querier_that_is_heard_no_more_is_replaced(self, lan: Lan) -> None:
        lan.query(LOWER_ROUTER)
        lan.run(125)
        assert lan.query(LOWER_ROUTER) == []
        end = 125 + OTHER_QUERIER_PRESENT
        assert lan.run(until=600) == [
            f"{end:g} {RESUMED}",
            f"{end:g} Q()",
            f"{end + 125:g} Q()",
        ]

    def test_a_proxy_of_a_switch_without_address_wins_no_election(self, lan: Lan) -> None:
        assert lan.query(IPv4Address(0)) == []
        assert lan.run(until=40) == ["31.25 Q()"]

    def test_any_lower_query_counts_also_a_specific_one(self, lan: Lan) -> None:
        assert lan.query(LOWER_ROUTER, IPv4Address("239.9.9.9")) == [ELECTED]

    def test_who_is_querier_is_shown(self, lan: Lan) -> None:
        lan.query(LOWER_ROUTER)
        lan.run(10)
        (shown,) = lan.engine.interfaces(10)
        assert (shown.querier, shown.is_querier) == (LOWER_ROUTER, False)
        assert (shown.querier_expires, shown.next_query) == (OTHER_QUERIER_PRESENT - 10, None)
        lan.run(OTHER_QUERIER_PRESENT)
        (shown,) = lan.engine.interfaces(lan.now)
        assert (shown.querier, shown.is_querier) == (ETH0.address.ip, True)
        assert (shown.querier_expires, shown.next_query) == (None, 125)


class TestVariablesOfTheQuerier:
    """RFC 3376 4.1.6, 4.1.7."""

    def test_a_non_querier_adopts_robustness_and_query_interval(self, lan: Lan) -> None:
        lan.query(LOWER_ROUTER, robustness=3, interval=0x82)  # 144 seconds
        (shown,) = lan.engine.interfaces(0)
        assert (shown.robustness, shown.query_interval) == (3, 144)
        assert shown.querier_expires == 3 * 144 + 5
        lan.report(ALLOW, S1)
        assert lan.timers() == {"s1": 3 * 144 + 10}

    def test_zero_stands_for_the_own_settings(self, lan: Lan) -> None:
        lan.query(LOWER_ROUTER, robustness=3, interval=60)
        lan.query(LOWER_ROUTER, robustness=0, interval=0)
        lan.report(ALLOW, S1)
        assert lan.timers() == {"s1": GMI}

    def test_the_querier_adopts_nothing_from_others(self, lan: Lan) -> None:
        lan.query(HIGHER_ROUTER, robustness=7, interval=10)
        lan.report(ALLOW, S1)
        assert lan.timers() == {"s1": GMI}

    def test_who_becomes_querier_returns_to_the_own_settings(self, lan: Lan) -> None:
        lan.query(LOWER_ROUTER, robustness=7, interval=10)
        lan.run(100)
        (shown,) = lan.engine.interfaces(100)
        assert (shown.is_querier, shown.robustness, shown.query_interval) == (True, 2, 125)
