"""RFC 7761 4.6: Asserts of one router, with the trees that they are about.

The router under test is 10.0.1.2 on lan; 10.0.1.1 and 10.0.1.3 are others there. Its way to the
source is 10.0.3.1 on up, by a route of preference 110 and metric 20.
"""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.engine.engine import InterfaceDown
from controlplane.net.interface import InterfaceKind
from controlplane.protocols.pim.assert_metric import INFINITE_METRIC, INFINITE_PREFERENCE
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import DataArrived, PimOutput, Rpf, TreeUpdate
from controlplane.protocols.pim.notices import AssertEnded, AssertLost, AssertWon
from controlplane.protocols.pim.show_assert import AssertView
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.hello import Hello
from tests.protocols.pim.router import (
    SG,
    G,
    Router,
    S,
    Trace,
    hello,
    ip,
    join_prune,
    join_prune_times,
    sent,
    trees,
)

UP = Rpf("up", ip("10.0.3.1"), preference=110, metric=20)
JOIN = join_prune("10.0.1.2", join=[SG])
PRUNE = join_prune("10.0.1.2", prune=[SG])


def message(
    metric: int, *, preference: int = 110, rpt: bool = False, source: IPv4Address = S
) -> Assert:
    group = EncodedGroup(address=G)
    return Assert(group=group, source=source, rpt=rpt, preference=preference, metric=metric)


OURS = message(20)
CANCEL = message(INFINITE_METRIC, preference=INFINITE_PREFERENCE, rpt=True)


def router_on(kind: InterfaceKind, address: str) -> Router:
    router = Router({S: UP})
    router.up("lan", 1, address=address, kind=kind)
    router.up("up", 3, address="10.0.3.9/24")
    for name in ("lan", "up"):
        router.enable(name)
    for neighbor in ("10.0.1.1", "10.0.1.3"):
        router.hears("lan", neighbor, hello(holdtime=0xFFFF))
    router.hears("up", "10.0.3.1", hello(holdtime=0xFFFF))
    router.run(until=10.0)
    return router


@pytest.fixture
def router() -> Router:
    """A router that forwards nothing yet; 10 s after the start."""
    return router_on(InterfaceKind.ETHERNET, "10.0.1.2/24")


def forwarding(router: Router) -> Router:
    """Forwards (S,G) onto lan."""
    router.hears("lan", "10.0.1.1", JOIN)
    return router


def winner(router: Router) -> Router:
    data(forwarding(router))
    assert view(router).state == "W"
    return router


def loser(router: Router) -> Router:
    forwarding(router).hears("lan", "10.0.1.3", message(10))
    assert view(router).state == "L"
    return router


def downstream(router: Router) -> Router:
    """A router that joined the tree on lan, by 10.0.1.1."""
    router.routes_change(S, Rpf("lan", ip("10.0.1.1"), preference=110, metric=30))
    router.member("hosts", joined=True)
    return router


def data(router: Router, interface: str = "lan") -> list[PimOutput]:
    return router.handle(DataArrived(interface=interface, sg=SG))


def view(router: Router) -> AssertView:
    """The only Assert state."""
    (view,) = router.engine.asserts(router.now)
    return view


def asserts(outputs: list[PimOutput]) -> list[tuple[str, Assert]]:
    return [(name, m) for name, m in sent(outputs) if isinstance(m, Assert)]


def assert_times(trace: Trace) -> list[tuple[float, Assert]]:
    return [(at, m) for at, output in trace for _, m in asserts([output])]


def outgoing(outputs: list[PimOutput]) -> list[frozenset[str]]:
    return [update.outgoing for update in trees(outputs) if isinstance(update, TreeUpdate)]


def forwards(router: Router) -> bool:
    """Whether (S,G) goes out on lan."""
    return [o.interface for t in router.engine.trees(router.now) for o in t.outgoing] == ["lan"]


class TestNoInfo:
    def test_data_where_it_should_go_out_is_answered_by_an_assert(self, router: Router) -> None:
        outputs = data(forwarding(router))
        assert asserts(outputs) == [("lan", OURS)]
        assert view(router).winner == ip("10.0.1.2")
        assert view(router).expires == 177.0

    def test_a_hello_goes_first_where_one_is_due(self, router: Router) -> None:
        forwarding(router).hears("lan", "10.0.1.4", hello())
        (_, first), (_, second) = sent(data(router))
        assert isinstance(first, Hello) and second == OURS

    def test_data_on_the_rpf_interface_is_what_is_wanted(self, router: Router) -> None:
        assert data(forwarding(router), "up") == []

    def test_data_of_a_tree_that_does_not_go_there_means_nothing(self, router: Router) -> None:
        assert data(router) == []
        assert router.engine.trees(router.now) == ()

    def test_an_inferior_assert_is_answered(self, router: Router) -> None:
        outputs = forwarding(router).hears("lan", "10.0.1.3", message(30))
        assert asserts(outputs) == [("lan", OURS)]
        assert view(router).state == "W"

    def test_of_equal_routes_the_higher_address_wins(self, router: Router) -> None:
        assert asserts(forwarding(router).hears("lan", "10.0.1.1", OURS)) == [("lan", OURS)]
        router.hears("lan", "10.0.1.3", OURS)
        assert view(router).winner == ip("10.0.1.3")

    def test_an_assert_for_a_tree_that_is_not_there_means_nothing(self, router: Router) -> None:
        assert router.hears("lan", "10.0.1.3", message(10)) == []
        assert router.engine.trees(router.now) == ()


class TestWinner:
    def test_repeats_the_assert_before_the_losers_forget_it(self, router: Router) -> None:
        trace = winner(router).run(until=200.0)
        assert assert_times(trace) == [(187.0, OURS)]
        assert view(router).expires == 164.0

    def test_answers_an_inferior_assert(self, router: Router) -> None:
        winner(router).run(until=20.0)
        assert asserts(router.hears("lan", "10.0.1.3", message(30))) == [("lan", OURS)]
        assert view(router).expires == 177.0

    def test_gives_way_to_a_preferred_one(self, router: Router) -> None:
        outputs = winner(router).hears("lan", "10.0.1.3", message(10))
        assert asserts(outputs) == []
        assert (view(router).state, view(router).winner) == ("L", ip("10.0.1.3"))
        assert view(router).expires == 180.0

    def test_says_again_at_most_once_a_second_that_it_won(self, router: Router) -> None:
        winner(router)
        router.now += 0.9
        assert data(router) == []
        router.now += 0.1
        assert asserts(data(router)) == [("lan", OURS)]

    def test_cancels_when_nobody_wants_the_tree_any_more(self, router: Router) -> None:
        winner(router).hears("lan", "10.0.1.1", PRUNE)
        trace = router.run(until=20.0)
        assert assert_times(trace) == [(13.0, CANCEL)]
        assert router.engine.asserts(router.now) == ()

    def test_cancels_when_the_link_becomes_its_way_to_the_source(self, router: Router) -> None:
        outputs = winner(router).routes_change(S, Rpf("lan", ip("10.0.1.1")))
        assert asserts(outputs) == [("lan", CANCEL)]

    def test_asserts_with_the_metric_of_its_route_now(self, router: Router) -> None:
        winner(router).routes_change(S, Rpf("up", ip("10.0.3.1"), preference=90, metric=5))
        outputs = router.hears("lan", "10.0.1.3", message(10))
        assert asserts(outputs) == [("lan", message(5, preference=90))]


class TestLoser:
    def test_does_not_forward(self, router: Router) -> None:
        outputs = forwarding(router).hears("lan", "10.0.1.3", message(10))
        assert outgoing(outputs) == [] and not forwards(router)
        assert [m for _, m in sent(outputs)] == [join_prune("10.0.3.1", prune=[SG])]

    def test_forwards_again_when_the_assert_timer_expires(self, router: Router) -> None:
        router.hears("lan", "10.0.1.1", join_prune("10.0.1.2", join=[SG], holdtime=0xFFFF))
        router.hears("lan", "10.0.1.3", message(10))
        router.run(until=189.9)
        assert not forwards(router)
        router.run(until=190.0)
        assert forwards(router) and router.engine.asserts(router.now) == ()

    def test_keeps_to_a_winner_that_repeats_itself(self, router: Router) -> None:
        loser(router).run(until=100.0)
        router.hears("lan", "10.0.1.3", message(15))
        assert (view(router).metric.metric, view(router).expires) == (15, 180.0)

    def test_takes_a_better_winner(self, router: Router) -> None:
        loser(router).hears("lan", "10.0.1.1", message(5))
        assert view(router).winner == ip("10.0.1.1")

    def test_does_not_answer_others(self, router: Router) -> None:
        assert loser(router).hears("lan", "10.0.1.1", message(15)) == []
        assert router.hears("lan", "10.0.1.1", message(50)) == []

    @pytest.mark.parametrize("withdrawal", [message(30), CANCEL])
    def test_forwards_again_when_the_winner_withdraws(
        self, router: Router, withdrawal: Assert
    ) -> None:
        loser(router).hears("lan", "10.0.1.3", withdrawal)
        assert forwards(router) and router.engine.asserts(router.now) == ()

    @pytest.mark.parametrize("last_words", [hello(holdtime=0), hello(genid=2)])
    def test_forwards_again_when_the_winner_is_gone_or_restarted(
        self, router: Router, last_words: Hello
    ) -> None:
        loser(router).hears("lan", "10.0.1.3", last_words)
        assert forwards(router)

    def test_stays_while_another_neighbor_goes(self, router: Router) -> None:
        loser(router).hears("lan", "10.0.1.1", hello(holdtime=0))
        assert not forwards(router)

    def test_forwards_again_when_somebody_joins_it(self, router: Router) -> None:
        loser(router).hears("lan", "10.0.1.1", JOIN)
        assert forwards(router)

    def test_forwards_again_when_its_route_becomes_better(self, router: Router) -> None:
        loser(router).routes_change(S, Rpf("up", ip("10.0.3.1"), preference=110, metric=9))
        assert forwards(router)

    def test_does_not_forward_when_its_route_becomes_better_but_not_good_enough(
        self, router: Router
    ) -> None:
        loser(router).routes_change(S, Rpf("up", ip("10.0.3.1"), preference=110, metric=11))
        assert not forwards(router)

    def test_forgets_when_nobody_wants_the_tree_any_more(self, router: Router) -> None:
        loser(router).hears("lan", "10.0.1.1", PRUNE)
        router.run(until=20.0)
        assert router.engine.asserts(router.now) == ()
        assert router.engine.trees(router.now) == ()

    def test_forgets_when_the_interface_goes_down(self, router: Router) -> None:
        loser(router).handle(InterfaceDown(name="lan"))
        assert router.engine.asserts(router.now) == ()


class TestDownstream:
    """I is the RPF interface: RPF'(S,G) is the winner."""

    def test_joins_the_winner_soon(self, router: Router) -> None:
        downstream(router).run(until=20.0)
        router.hears("lan", "10.0.1.3", message(10))
        assert router.tree.rpf_neighbor == ip("10.0.1.3")
        times = join_prune_times(router.run(until=30.0))
        assert times == [(21.25, "lan", join_prune("10.0.1.3", join=[SG]))]

    def test_does_not_mind_an_assert_of_its_upstream_neighbor(self, router: Router) -> None:
        downstream(router).run(until=20.0)
        router.hears("lan", "10.0.1.1", message(10))
        assert router.tree.rpf_neighbor == ip("10.0.1.1")

    def test_hears_the_best_of_several(self, router: Router) -> None:
        for metric, neighbor in ((30, "10.0.1.1"), (10, "10.0.1.3"), (20, "10.0.1.1")):
            downstream(router).hears("lan", neighbor, message(metric))
        assert router.tree.rpf_neighbor == ip("10.0.1.3")

    def test_returns_to_its_own_choice_when_the_winner_withdraws(self, router: Router) -> None:
        downstream(router).hears("lan", "10.0.1.3", message(10))
        router.hears("lan", "10.0.1.3", CANCEL)
        assert router.tree.rpf_neighbor == ip("10.0.1.1")

    def test_forgets_when_the_source_is_reached_elsewhere(self, router: Router) -> None:
        downstream(router).hears("lan", "10.0.1.3", message(10))
        router.routes_change(S, UP)
        assert router.engine.asserts(router.now) == ()
        assert router.tree.rpf_neighbor == ip("10.0.3.1")

    def test_forgets_when_it_does_not_want_the_tree_any_more(self, router: Router) -> None:
        downstream(router).hears("lan", "10.0.1.3", message(10))
        router.member("hosts", joined=False)
        assert router.engine.asserts(router.now) == ()

    def test_may_join_a_winner_where_its_route_leads_to_no_neighbor(self, router: Router) -> None:
        downstream(router).routes_change(S, Rpf("lan", ip("10.0.1.77")))
        assert router.tree.rpf_neighbor is None
        outputs = router.hears("lan", "10.0.1.3", message(10))
        assert sent(outputs) == [("lan", join_prune("10.0.1.3", join=[SG]))]


class TestMembers:
    """Local members on lan, where the DR is another router: the winner serves them."""

    @pytest.mark.parametrize(
        ("priority", "received", "serves"),
        [
            pytest.param(0, message(30), True, id="the DR, winner"),
            pytest.param(0, message(10), False, id="the DR, loser"),
            pytest.param(9, message(10), False, id="not the DR, loser"),
        ],
    )
    def test_are_served_by_the_winner(
        self, router: Router, priority: int, received: Assert, serves: bool
    ) -> None:
        router.hears("lan", "10.0.1.1", hello(holdtime=0xFFFF, priority=priority))
        router.hears("lan", "10.0.1.3", hello(holdtime=0xFFFF, priority=priority))
        router.member("lan", joined=True)
        router.hears("lan", "10.0.1.3", received)
        assert forwards(router) is serves

    def test_stay_with_a_winner_that_is_not_the_dr(self, router: Router) -> None:
        router.hears("lan", "10.0.1.3", hello(holdtime=0xFFFF, priority=9))
        router.member("lan", joined=True)
        winner(router).hears("lan", "10.0.1.1", PRUNE)
        router.run(until=20.0)
        assert view(router).state == "W" and forwards(router)


class TestReceiving:
    def test_an_assert_of_a_stranger_is_dropped_and_counted(self, router: Router) -> None:
        assert forwarding(router).hears("lan", "10.0.1.66", message(1)) == []
        assert forwards(router)
        assert router.engine.counters[Count.DROP_ASSERT_NO_NEIGHBOR] == 1

    def test_an_assert_for_a_range_of_groups_is_ignored_and_counted(self, router: Router) -> None:
        group = EncodedGroup(address=G, mask_length=24)
        ranged = Assert(group=group, source=S, rpt=False, preference=1, metric=1)
        forwarding(router).hears("lan", "10.0.1.3", ranged)
        assert forwards(router)
        assert router.engine.counters[Count.IGNORED_GROUP_RANGE] == 1

    def test_what_happened_is_told(self, router: Router) -> None:
        outputs = data(forwarding(router))
        outputs += router.hears("lan", "10.0.1.3", message(10))
        outputs += router.hears("lan", "10.0.1.3", CANCEL)
        told = [o.words() for o in outputs if isinstance(o, AssertWon | AssertLost | AssertEnded)]
        assert told == [
            f"{SG}: assert winner on lan with 110/20 on the shortest-path tree",
            f"{SG}: assert winner on lan is 10.0.1.3 with 110/10 on the shortest-path tree",
            f"{SG}: no assert winner on lan any more: the winner withdrew it",
        ]


class TestPmsi:
    """RFC 6513 5.1: a PMSI is a LAN of PEs, and the winner of an Assert is the upstream PE."""

    def test_a_pe_asserts_that_sees_another_send(self) -> None:
        pe = forwarding(router_on(InterfaceKind.PMSI, "10.0.1.2/32"))
        assert asserts(data(pe)) == [("lan", OURS)]

    def test_a_pe_joins_the_winner(self) -> None:
        pe = downstream(router_on(InterfaceKind.PMSI, "10.0.1.2/32"))
        outputs = pe.hears("lan", "10.0.1.3", message(10))
        (update,) = trees(outputs)
        assert isinstance(update, TreeUpdate)
        assert (update.incoming, update.rpf_neighbor) == ("lan", ip("10.0.1.3"))
