"""RFC 5015 3.5: one router in the election of a Designated Forwarder, message by message."""

from __future__ import annotations

from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import NeighborsExpected, PimOutput, Rpf
from controlplane.protocols.pim.notices import DfChanged, NeighborNotBidirectional
from controlplane.protocols.pim.show_df import DfView
from controlplane.wire.pim.df_election import (
    INFINITE_METRIC,
    Backoff,
    DfMessage,
    DfMetric,
    Offer,
    Pass,
    Winner,
)
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.message import encode_message
from tests.protocols.pim.router import Router, Trace, hello, ip, sent

RPA = ip("10.9.0.1")
ME, BETTER, WORSE = "10.0.2.1", "10.0.2.9", "10.0.2.8"
OURS = DfMetric(110, 20)
GOOD, BAD = DfMetric(110, 10), DfMetric(110, 30)


def rpf(interface: str = "up", metric: int = 20) -> Rpf:
    return Rpf(interface, ip("10.0.1.2"), preference=110, metric=metric)


def router(route: Rpf | None = None) -> Router:
    """The RPA is behind `up`; on `lan` there are two neighbours. An OPlow is 75 ms."""
    config = PimConfig(rps=(StaticRp(address=RPA, bidirectional=True),))
    made = Router({RPA: route or rpf()}, config=config)
    for index, name in enumerate(("up", "lan"), start=1):
        made.up(name, index)
        made.enable(name)
    for neighbor in (BETTER, WORSE):
        made.hears("lan", neighbor, hello())
    made.hears("up", "10.0.1.2", hello())
    return made


def hears(of: Router, source: str, message: DfMessage) -> list[PimOutput]:
    return of.hears_bytes("lan", source, encode_message(message), destination=ALL_PIM_ROUTERS)


def said(outputs: list[PimOutput]) -> list[DfMessage]:
    """What was sent on the LAN."""
    messages = [m for name, m in sent(outputs) if name == "lan"]
    return [m for m in messages if isinstance(m, Offer | Winner | Backoff | Pass)]


def expected(*routers: str) -> NeighborsExpected:
    return NeighborsExpected(interface="lan", awaited=frozenset(map(ip, routers)))


def times(trace: Trace) -> list[tuple[float, DfMessage]]:
    return [(round(at, 4), m) for at, output in trace for m in said([output])]


def state(of: Router, interface: str = "lan") -> tuple[str, str | None]:
    views = {view.interface: view for view in of.engine.designated_forwarders(of.now)}
    df = views[interface].df
    return views[interface].state, str(df) if df else None


def winner() -> Router:
    """Nobody answered three offers."""
    made = router()
    made.run(until=0.5)
    assert state(made) == ("win", ME)
    return made


def loser() -> Router:
    """It heard of a better one."""
    made = router()
    hears(made, BETTER, Winner(rp_address=RPA, sender=GOOD))
    assert state(made) == ("lose", BETTER)
    return made


OFFER = Offer(rp_address=RPA, sender=OURS)
WINNER = Winner(rp_address=RPA, sender=OURS)


def test_who_wins_before_its_hello_says_so_again_right_after_it() -> None:
    """Neighbours listen to it only from its Hello on, which is sent after 2.5 s."""
    trace = router().run(until=4.0)
    won, *repeated = [at for at, message in times(trace) if isinstance(message, Winner)]
    (hello_at,) = {round(at, 4) for at, output in trace if _is_hello(output)}
    assert won < hello_at
    assert [round(at - hello_at, 4) for at in repeated] == [0.0, 0.075, 0.15]


def _is_hello(output: PimOutput) -> bool:
    return any(name == "lan" and isinstance(m, Hello) for name, m in sent([output]))


def test_a_df_that_is_told_to_expect_neighbors_tells_them_after_its_hello() -> None:
    made = winner()
    made.run(until=10.0)
    made.handle(expected())
    trace = made.run(until=13.0)
    assert [m for _, m in times(trace)] == [Winner(rp_address=RPA, sender=OURS)] * 3


def test_who_is_not_answered_three_times_is_the_df() -> None:
    trace = router().run(until=1.0)
    assert times(trace) == [(0.075, OFFER), (0.15, OFFER), (0.225, OFFER), (0.3, WINNER)]
    assert DfChanged("lan", RPA, ip(ME)) in [output for _, output in trace]


def test_a_better_offer_is_waited_for() -> None:
    made = router()
    assert hears(made, BETTER, Offer(rp_address=RPA, sender=GOOD)) == []
    assert times(made.run(until=0.31)) == [(0.3, OFFER)]


def test_a_worse_offer_starts_the_count_anew() -> None:
    made = router()
    made.run(until=0.2)
    hears(made, WORSE, Offer(rp_address=RPA, sender=BAD))
    assert times(made.run(until=0.6)) == [
        (0.225, OFFER),
        (0.3, OFFER),
        (0.375, OFFER),
        (0.45, WINNER),
    ]


def test_a_worse_offer_does_not_put_off_ours() -> None:
    made = router()
    made.run(until=0.07)
    hears(made, WORSE, Offer(rp_address=RPA, sender=BAD))
    assert times(made.run(until=0.1)) == [(0.075, OFFER)]


def test_a_backoff_holds_offers_off_for_its_interval() -> None:
    made = router()
    message = Backoff(
        rp_address=RPA,
        sender=BAD,
        offering_address=ip(BETTER),
        offering=GOOD,
        interval=500,
    )
    hears(made, WORSE, message)
    assert times(made.run(until=0.6)) == [(0.575, OFFER)]


def test_a_pass_for_us_makes_us_the_df() -> None:
    made = router()
    hears(
        made,
        WORSE,
        Pass(rp_address=RPA, sender=BAD, new_winner_address=ip(ME), new_winner=OURS),
    )
    assert state(made) == ("win", ME)
    assert times(made.run(until=1.0)) == []


def test_a_pass_to_a_router_that_has_lost_its_path_meanwhile_restarts_the_election() -> None:
    made = router()
    made.run(until=0.2)
    backoff = Backoff(
        rp_address=RPA, sender=BAD, offering_address=ip(ME), offering=OURS, interval=1000
    )
    hears(made, WORSE, backoff)
    made.routes_change(RPA, None)
    passed = Pass(rp_address=RPA, sender=BAD, new_winner_address=ip(ME), new_winner=OURS)
    hears(made, WORSE, passed)
    assert state(made) == ("offer", None)
    offers = [Offer(rp_address=RPA, sender=INFINITE_METRIC)] * 3
    assert [m for _, m in times(made.run(until=1.0))] == offers
    assert state(made) == ("lose", None)


def test_a_pass_for_another_tells_who_is_the_df() -> None:
    made = loser()
    message = Pass(
        rp_address=RPA, sender=GOOD, new_winner_address=ip(WORSE), new_winner=DfMetric(110, 5)
    )
    hears(made, BETTER, message)
    assert state(made) == ("lose", WORSE)


def test_the_df_answers_a_worse_offer() -> None:
    assert said(hears(winner(), WORSE, Offer(rp_address=RPA, sender=BAD))) == [WINNER]


def test_the_df_passes_its_duty_to_the_best_of_those_who_offer() -> None:
    made = winner()
    (backoff,) = said(hears(made, WORSE, Offer(rp_address=RPA, sender=DfMetric(110, 15))))
    assert backoff == Backoff(
        rp_address=RPA,
        sender=OURS,
        offering_address=ip(WORSE),
        offering=DfMetric(110, 15),
        interval=1000,
    )
    made.run(until=1.0)
    assert len(said(hears(made, BETTER, Offer(rp_address=RPA, sender=GOOD)))) == 1
    assert state(made) == ("backoff", ME)
    assert times(made.run(until=3.0)) == [
        (2.0, Pass(rp_address=RPA, sender=OURS, new_winner_address=ip(BETTER), new_winner=GOOD))
    ]
    assert state(made) == ("lose", BETTER)


def test_a_df_whose_metric_is_worse_tells_so_three_times() -> None:
    made = winner()
    made.routes_change(RPA, rpf(metric=25))
    worse = Winner(rp_address=RPA, sender=DfMetric(110, 25))
    assert [m for _, m in times(made.run(until=1.0))] == [worse] * 3


def test_a_df_that_loses_its_path_offers_an_infinite_metric_and_leaves_it_to_others() -> None:
    made = winner()
    made.routes_change(RPA, None)
    assert state(made) == ("offer", None)
    offers = [m for _, m in times(made.run(until=2.0))]
    assert offers == [Offer(rp_address=RPA, sender=INFINITE_METRIC)] * 3
    assert state(made) == ("lose", None)


def test_a_path_through_the_link_itself_is_none() -> None:
    made = winner()
    made.routes_change(RPA, Rpf("lan", ip(BETTER), preference=110, metric=5))
    assert state(made) == ("offer", None)


def test_a_loser_whose_metric_gets_better_than_the_dfs_makes_offers() -> None:
    made = loser()
    made.routes_change(RPA, rpf(metric=15))
    assert state(made) == ("lose", BETTER)
    made.routes_change(RPA, rpf(metric=5))
    assert state(made) == ("offer", BETTER)


def test_when_the_df_is_gone_there_is_an_election() -> None:
    made = loser()
    made.run(until=105.0)
    assert state(made) == ("offer", None)


def test_while_backing_off_a_metric_that_is_the_best_again_ends_it() -> None:
    made = winner()
    made.run(until=5.0)  # Its Hello and what it has said after that are over.
    hears(made, BETTER, Offer(rp_address=RPA, sender=GOOD))
    made.routes_change(RPA, rpf(metric=1))
    assert state(made) == ("win", ME)
    assert times(made.run(until=10.0)) == []


def test_on_the_way_to_the_rp_a_router_is_no_df() -> None:
    made = router()
    made.run(until=1.0)
    assert state(made, "up") == ("lose", None)


def test_on_the_link_of_the_rp_address_there_is_no_election() -> None:
    made = router(Rpf("up", None))
    made.run(until=1.0)
    assert [v.interface for v in made.engine.designated_forwarders(made.now)] == ["lan"]
    message = Offer(rp_address=RPA, sender=GOOD)
    made.hears_bytes("up", "10.0.1.2", encode_message(message), destination=ALL_PIM_ROUTERS)
    assert made.engine.counters[Count.IGNORED_DF_ELECTION] == 1


def test_who_knows_of_no_df_asks_a_new_neighbor_by_offers() -> None:
    """It may be the DF, and have said so when we did not listen to it yet."""
    made = router(rpf("lan"))
    made.run(until=10.0)
    assert state(made) == ("lose", None)
    made.hears("lan", "10.0.2.7", hello())
    offers = [Offer(rp_address=RPA, sender=INFINITE_METRIC)] * 3
    assert [m for _, m in times(made.run(until=13.0))] == offers
    hears(made, "10.0.2.7", Winner(rp_address=RPA, sender=GOOD))
    assert state(made) == ("lose", "10.0.2.7")


def test_no_offers_are_made_before_all_who_are_there_are_heard() -> None:
    made = router()
    made.handle(expected("10.0.2.7"))
    made.run(until=9.0)
    hears(made, WORSE, Offer(rp_address=RPA, sender=BAD))
    assert times(made.run(until=10.0)) == []
    made.hears("lan", "10.0.2.7", hello())
    offers = [(at, m) for at, m in times(made.run(until=10.5)) if isinstance(m, Offer)]
    assert offers == [(10.075, OFFER), (10.15, OFFER), (10.225, OFFER)]


def test_nor_for_longer_than_a_hello_of_theirs_takes() -> None:
    """Hello_Period is 30 s, Triggered_Hello_Delay 5 s."""
    made = router()
    made.handle(expected("10.0.2.7"))
    assert times(made.run(until=36.0))[0] == (35.0, OFFER)


def test_who_has_just_won_unheard_begins_anew() -> None:
    made = winner()
    made.handle(expected("10.0.2.7"))
    assert state(made) == ("offer", None)


def test_a_df_of_long_standing_stays_it_when_a_router_comes() -> None:
    made = winner()
    made.run(until=60.0)
    made.handle(expected("10.0.2.7"))
    assert state(made) == ("win", ME)


def test_who_is_heard_already_is_not_waited_for() -> None:
    made = winner()
    made.handle(expected(BETTER, WORSE))
    assert state(made) == ("win", ME)


ASKED = [Offer(rp_address=RPA, sender=INFINITE_METRIC)] * 3


def without_path() -> Router:
    """It was the DF. Its neighbours may have missed that it is no more."""
    made = winner()
    made.routes_change(RPA, None)
    made.run(until=10.0)
    assert state(made) == ("lose", None)
    return made


def test_who_knows_of_no_df_asks_when_the_way_to_the_rp_is_that_link() -> None:
    made = without_path()
    made.routes_change(RPA, rpf("lan"))
    assert [m for _, m in times(made.run(until=11.0))] == ASKED
    assert state(made) == ("lose", None)


def test_who_knows_of_no_df_asks_again_and_again() -> None:
    made = without_path()
    asked = times(made.run(until=125.0))
    assert [m for _, m in asked] == 2 * ASKED
    assert [at for at, _ in asked[::3]] == [60.0, 120.0]


def test_a_loser_holds_an_election_with_a_df_that_offers_worse() -> None:
    """What it does when the DF that it knows turns out to know of none."""
    made = loser()
    hears(made, BETTER, ASKED[0])
    assert [m for _, m in times(made.run(until=1.0))] == [OFFER, OFFER, OFFER, WINNER]


def test_an_election_ends_with_its_link() -> None:
    made = winner()
    made.down("lan")
    assert [v.interface for v in made.engine.designated_forwarders(made.now)] == ["up"]
    assert times(made.run(until=50.0)) == []


def test_a_stranger_is_not_heard() -> None:
    made = winner()
    assert hears(made, "10.0.2.77", Offer(rp_address=RPA, sender=GOOD)) == []
    assert made.engine.counters[Count.DROP_DF_NO_NEIGHBOR] == 1


def test_a_neighbor_that_takes_no_part_is_told() -> None:
    made = winner()
    (notice,) = [
        o for o in made.hears("lan", "10.0.2.7", hello()) if isinstance(o, NeighborNotBidirectional)
    ]
    assert notice.words() == (
        "neighbor 10.0.2.7 on lan takes no part in DF elections:"
        " its Hello does not offer bidirectional PIM"
    )


def test_without_bidirectional_rps_there_are_no_elections() -> None:
    made = Router({RPA: rpf()}, config=PimConfig(rps=(StaticRp(address=RPA),)))
    made.up("lan", 2)
    made.enable("lan")
    assert made.engine.designated_forwarders(0.0) == ()


def test_the_df_is_shown() -> None:
    made = loser()
    made.now = 10.0
    assert made.engine.designated_forwarders(made.now)[0] == DfView(
        rpa=RPA,
        interface="lan",
        state="lose",
        df=ip(BETTER),
        preference=110,
        metric=10,
        uptime=10.0,
    )
