"""The root of S-PMSIs: RFC 6513 7.4.2.1, RFC 6037 6.2."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from controlplane.engine.engine import SendDatagram
from controlplane.mvpn.s_pmsi.config import FlowFilter, SPmsiConfig, Threshold
from controlplane.mvpn.s_pmsi.events import FlowMoved, FlowsCounted, RootsChanged
from controlplane.mvpn.s_pmsi.notices import FlowBound, FlowReturned
from controlplane.net.multicast import ALL_PIM_ROUTERS, SourceGroup
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate
from tests.mvpn.s_pmsi import (
    AT_ONCE,
    BY_RATE,
    FLOW,
    GROUPS,
    ME,
    OTHER,
    PE2,
    PE3,
    PMSI,
    POOL,
    TIMERS,
    Pe,
    flow,
    from_pe,
    gone,
    limited,
    only_ces,
    out,
    rates,
    tree,
)


def moved(to: int | None, of: SourceGroup = FLOW) -> FlowMoved:
    return FlowMoved(flow=of, tree=None if to is None else tree(GROUPS[to]))


class TestAFlowThatGoesAtOnce:
    def test_is_announced_at_once_and_moves_after_the_delay(self) -> None:
        pe = Pe()
        pe.tell(out())
        assert pe.announced() == [(0.0, [(FLOW, GROUPS[0])])]
        pe.run(until=59.0)
        assert pe.all_of(FlowMoved) == [(3.0, moved(0))]

    def test_is_spoken_of_each_interval(self) -> None:
        pe = Pe()
        pe.tell(out())
        pe.run(until=130.0)
        assert [at for at, _ in pe.announced()] == [0.0, 60.0, 120.0]

    def test_is_spoken_of_soon_when_a_pe_has_come(self) -> None:
        pe = Pe()
        pe.tell(out())
        pe.run(until=20.0)
        pe.tell(RootsChanged(roots=frozenset({PE2})))
        pe.run(until=30.0)
        pe.tell(RootsChanged(roots=frozenset({PE2, PE3})))
        pe.run(until=100.0)
        assert [at for at, _ in pe.announced()] == [0.0, 33.0, 93.0]

    def test_needs_no_counters(self) -> None:
        pe = Pe()
        pe.tell(out())
        assert pe.engine.wants_counters is None
        pe.tell(rates({FLOW: 5000}))
        assert pe.engine.sent(0.0)[0].rate is None

    @pytest.mark.parametrize("end", [gone(), only_ces(), from_pe(PE2)])
    @pytest.mark.parametrize(("at", "moves"), [(1.0, []), (10.0, [(3.0, moved(0))])])
    def test_that_no_other_pe_wants_is_spoken_of_no_more(
        self, end: TreeUpdate | TreeRemoved, at: float, moves: list[tuple[float, FlowMoved]]
    ) -> None:
        pe = Pe()
        pe.tell(out())
        pe.run(until=at)
        pe.tell(end)
        pe.run(until=200.0)
        back = [(at, moved(None))] if moves else []
        assert pe.all_of(FlowMoved) == moves + back
        assert len(pe.announced()) == 1
        assert pe.engine.sent(pe.now) == ()
        assert pe.engine.next_deadline() is None

    def test_goes_in_a_datagram_of_udp_over_the_pmsi(self) -> None:
        pe = Pe()
        pe.tell(out())
        ((_, sent),) = pe.all_of(SendDatagram)
        assert (sent.interface, sent.source, sent.destination) == (PMSI, ME, ALL_PIM_ROUTERS)
        assert (sent.source_port, sent.destination_port, sent.ttl) == (3232, 3232, 1)


@pytest.mark.parametrize("event", [only_ces(), from_pe(PE2), gone(), out(incoming=None)])
def test_what_does_not_come_from_a_ce_and_go_to_pes_is_left_alone(
    event: TreeUpdate | TreeRemoved,
) -> None:
    pe = Pe()
    pe.tell(event)
    assert pe.said == []


def test_a_pe_without_a_pool_sends_no_flow_of_its_own_elsewhere() -> None:
    pe = Pe(SPmsiConfig(threshold=Threshold(1, 1)))
    pe.tell(out())
    assert (pe.said, pe.engine.wants_counters) == ([], None)


@pytest.mark.parametrize(
    ("filters", "goes"),
    [
        ((), True),
        ((FlowFilter(IPv4Network("232.1.1.0/24")),), True),
        ((FlowFilter(IPv4Network("232.1.1.1/32"), IPv4Network("10.1.1.0/24")),), True),
        ((FlowFilter(IPv4Network("232.1.1.1/32"), IPv4Network("10.1.2.0/24")),), False),
        ((FlowFilter(IPv4Network("232.2.0.0/16")),), False),
        ((FlowFilter(IPv4Network("232.2.0.0/16")), FlowFilter(IPv4Network("232.0.0.0/8"))), True),
    ],
)
def test_a_filter_says_which_flows_may_go(filters: tuple[FlowFilter, ...], goes: bool) -> None:
    pe = Pe(replace(AT_ONCE, flows=filters))
    pe.tell(out())
    assert bool(pe.announced()) is goes


class TestAFlowByItsRate:
    def test_makes_the_engine_ask_for_counters_while_there_is_one(self) -> None:
        pe = Pe(limited(BY_RATE, "232.1.1.1/32"))
        pe.tell(out(OTHER))
        assert pe.engine.wants_counters is None
        pe.tell(out())
        assert pe.engine.wants_counters == TIMERS.sampling
        pe.tell(gone())
        assert pe.engine.wants_counters is None

    @pytest.mark.parametrize(("rate", "goes"), [(999, False), (1000, True), (5000, True)])
    def test_goes_when_it_reaches_the_threshold(self, rate: int, goes: bool) -> None:
        pe = Pe(BY_RATE)
        pe.tell(out(), rates({FLOW: rate}))
        pe.run(until=10.0)
        assert pe.all_of(FlowMoved) == ([(3.0, moved(0))] if goes else [])
        assert pe.engine.sent(pe.now)[0].rate == rate

    def test_has_a_rate_over_the_time_that_was_counted(self) -> None:
        pe = Pe(BY_RATE)
        pe.tell(out(), rates({FLOW: 999}, seconds=0.5))
        pe.tell(rates({FLOW: 1000}, seconds=0.25))
        assert [at for at, _ in pe.announced()] == [0.0]

    def test_stays_between_the_thresholds(self) -> None:
        pe = Pe(BY_RATE)
        pe.tell(out(), rates({FLOW: 1000}))
        for at in range(5, 300, 5):
            pe.run(until=float(at))
            pe.tell(rates({FLOW: 800}))
        assert pe.all_of(FlowMoved) == [(3.0, moved(0))]

    @pytest.mark.parametrize("low", [rates({FLOW: 799}), rates({})])
    def test_returns_when_it_was_low_for_the_holddown_time(self, low: FlowsCounted) -> None:
        pe = Pe(BY_RATE)
        pe.tell(out(), rates({FLOW: 1000}))
        for at in range(5, 100, 5):
            pe.run(until=float(at))
            pe.tell(low)
        assert pe.all_of(FlowMoved) == [(3.0, moved(0)), (65.0, moved(None))]
        assert [at for at, _ in pe.announced()] == [0.0, 60.0]

    def test_that_is_low_and_then_not_starts_the_holddown_time_anew(self) -> None:
        pe = Pe(BY_RATE)
        pe.tell(out(), rates({FLOW: 1000}))
        for at, rate in ((5.0, 100), (60.0, 800), (65.0, 100), (124.0, 100)):
            pe.run(until=at)
            pe.tell(rates({FLOW: rate}))
        assert pe.all_of(FlowMoved) == [(3.0, moved(0))]
        pe.run(until=130.0)
        assert pe.all_of(FlowMoved)[1:] == [(125.0, moved(None))]

    def test_that_falls_before_it_moved_moves_and_returns(self) -> None:
        pe = Pe(BY_RATE)
        pe.tell(out(), rates({FLOW: 1000}))
        pe.run(until=2.0)
        pe.tell(rates({FLOW: 1}))
        pe.run(until=100.0)
        assert pe.all_of(FlowMoved) == [(3.0, moved(0)), (63.0, moved(None))]

    def test_that_returned_can_go_again_into_another_group(self) -> None:
        pe = Pe(BY_RATE)
        pe.tell(out(), rates({FLOW: 1000}), rates({}))
        pe.run(until=100.0)
        pe.tell(rates({FLOW: 1000}))
        pe.run(until=110.0)
        assert [move for _, move in pe.all_of(FlowMoved)] == [moved(0), moved(None), moved(1)]


class TestManyFlows:
    def test_are_announced_in_as_few_datagrams_as_fit(self) -> None:
        pe = Pe(replace(BY_RATE, pool=IPv4Network("232.10.1.0/24")), mtu=28 + 10 * 16)
        flows = [flow(number) for number in range(25)]
        pe.tell(*map(out, flows), rates(dict.fromkeys(flows, 2000)))
        pe.run(until=60.0)
        at_once, later = pe.announced()[:3], pe.announced()[3:]
        assert [(at, len(found)) for at, found in at_once] == [(0.0, 10), (0.0, 10), (0.0, 5)]
        assert [(at, len(found)) for at, found in later] == [(60.0, 10), (60.0, 10), (60.0, 5)]
        assert [one for _, found in later for one in found] == [
            (of, IPv4Network("232.10.1.0/24")[number]) for number, of in enumerate(flows)
        ]

    def test_share_the_least_used_groups_when_the_pool_is_exhausted(self) -> None:
        pe = Pe()
        for number in range(1, 7):
            pe.tell(out(flow(number)))
        assert [view.group for view in pe.engine.sent(0.0)] == [*GROUPS, *GROUPS[:2]]
        assert [view.users for view in pe.engine.sent(0.0)] == [2, 2, 1, 1, 2, 2]
        pe.tell(gone(flow(3)), gone(flow(4)), gone(flow(2)), out(flow(9)))
        assert {v.flow: v.group for v in pe.engine.sent(0.0)}[flow(9)] == GROUPS[2]

    def test_that_share_say_so(self) -> None:
        pe = Pe(replace(AT_ONCE, pool=IPv4Network("232.10.1.7/32")))
        pe.tell(out(), out(OTHER))
        first, second = (notice.words() for _, notice in pe.all_of(FlowBound))
        assert "no group is free, 2 flows share it" in second
        assert "share" not in first

    def test_that_share_leave_the_group_to_the_last(self) -> None:
        pe = Pe(replace(AT_ONCE, pool=IPv4Network("232.10.1.7/32")))
        pe.tell(out(), out(OTHER))
        pe.run(until=5.0)
        pe.tell(gone())
        assert pe.all_of(FlowMoved)[-1] == (5.0, moved(None))
        assert [view.users for view in pe.engine.sent(5.0)] == [1]

    def test_get_the_group_that_is_out_of_use_for_longest(self) -> None:
        pe = Pe()
        for number in range(4):
            pe.tell(out(flow(number)))
        for number in (2, 0, 3, 1):
            pe.tell(gone(flow(number)))
        for number in range(4, 8):
            pe.tell(out(flow(number)))
        assert [view.group for view in pe.engine.sent(0.0)] == [GROUPS[n] for n in (2, 0, 3, 1)]


def test_why_a_flow_went_and_returned_is_told() -> None:
    pe = Pe(BY_RATE)
    pe.tell(out(), rates({FLOW: 1500}), rates({}))
    pe.run(until=100.0)
    ((_, bound),) = pe.all_of(FlowBound)
    ((_, returned),) = pe.all_of(FlowReturned)
    assert bound.words() == (
        "(10.1.1.10, 232.1.1.1) is announced in data MDT 232.10.1.0: "
        "1,500 kbit/s, the threshold is 1,000"
    )
    assert returned.words() == (
        "(10.1.1.10, 232.1.1.1) has lost data MDT 232.10.1.0 for the default MDT: "
        "less than 800 kbit/s for 60 s"
    )


def test_what_is_sent_can_be_looked_at() -> None:
    pe = Pe(BY_RATE)
    pe.tell(out(), rates({FLOW: 1000}))
    pe.run(until=1.0)
    (view,) = pe.engine.sent(1.0)
    assert (view.state.value, view.uptime, view.expires, view.next_join) == (
        "announced",
        1.0,
        2.0,
        59.0,
    )
    pe.run(until=4.0)
    pe.tell(rates({}))
    pe.run(until=14.0)
    (view,) = pe.engine.sent(14.0)
    assert (view.state.value, view.uptime, view.expires) == ("holding", 10.0, 50.0)


def test_a_pool_is_every_address_of_a_range() -> None:
    assert POOL.num_addresses == len(GROUPS) == 4
