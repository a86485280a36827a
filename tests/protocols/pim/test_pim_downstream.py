"""RFC 7761 4.5.2: the downstream (S,G) state machine, each pair of state and event.

The router under test is 10.0.1.1 on lan; 10.0.1.2 and 10.0.1.3 are routers behind it.
"""

from __future__ import annotations

import pytest

from controlplane.protocols.pim.counters import Count
from tests.protocols.pim.router import (
    SG,
    Router,
    hello,
    join_prune,
    join_prune_times,
    join_prunes,
    trees,
)

OVERRIDE_INTERVAL = 3.0
JOIN = join_prune("10.0.1.1", join=[SG])
PRUNE = join_prune("10.0.1.1", prune=[SG])


@pytest.fixture
def router() -> Router:
    """Two neighbours; 10 s after the start."""
    router = Router()
    router.up("lan", 1)
    router.enable("lan")
    router.hears("lan", "10.0.1.2", hello(holdtime=0xFFFF))
    router.hears("lan", "10.0.1.3", hello(holdtime=0xFFFF))
    router.run(until=10.0)
    return router


def lone_neighbor() -> Router:
    router = Router()
    router.up("lan", 1)
    router.enable("lan")
    router.hears("lan", "10.0.1.2", hello(holdtime=0xFFFF))
    router.run(until=10.0)
    return router


def in_join(router: Router) -> Router:
    router.hears("lan", "10.0.1.2", JOIN)
    assert router.outgoing.state == "J"
    return router


def in_prune_pending(router: Router) -> Router:
    in_join(router).hears("lan", "10.0.1.2", PRUNE)
    assert router.outgoing.state == "PP"
    return router


class TestNoInfo:
    def test_a_join_enters_join_and_starts_the_expiry_timer(self, router: Router) -> None:
        outputs = router.hears("lan", "10.0.1.2", JOIN)
        assert [u.tree for u in trees(outputs)] == [SG]
        assert (router.outgoing.state, router.outgoing.expires) == ("J", 210.0)

    def test_a_prune_leaves_no_state(self, router: Router) -> None:
        assert router.hears("lan", "10.0.1.2", PRUNE) == []
        assert router.engine.trees(router.now) == ()


class TestJoin:
    def test_a_join_restarts_the_expiry_timer(self, router: Router) -> None:
        in_join(router).run(until=70.0)
        assert router.outgoing.expires == 150.0
        assert router.hears("lan", "10.0.1.3", JOIN) == []
        assert (router.outgoing.state, router.outgoing.expires) == ("J", 210.0)

    def test_a_shorter_holdtime_does_not_shorten_it(self, router: Router) -> None:
        in_join(router).hears("lan", "10.0.1.3", join_prune("10.0.1.1", join=[SG], holdtime=30))
        assert router.outgoing.expires == 210.0

    def test_holdtime_0xffff_stops_it_for_good(self, router: Router) -> None:
        forever = join_prune("10.0.1.1", join=[SG], holdtime=0xFFFF)
        in_join(router).hears("lan", "10.0.1.3", forever)
        assert router.outgoing.expires is None
        router.hears("lan", "10.0.1.2", JOIN)
        router.run(until=100_000.0)
        assert (router.outgoing.state, router.outgoing.expires) == ("J", None)

    def test_a_prune_waits_for_an_override(self, router: Router) -> None:
        assert in_join(router).hears("lan", "10.0.1.2", PRUNE) == []
        assert router.outgoing.state == "PP"
        assert router.outgoing.prune_pending == OVERRIDE_INTERVAL
        assert router.outgoing.expires == 210.0

    def test_a_prune_of_the_only_neighbor_takes_effect_at_once(self) -> None:
        router = in_join(lone_neighbor())
        router.hears("lan", "10.0.1.2", PRUNE)
        trace = router.run(until=router.now)
        assert [type(output).__name__ for _, output in trace] == ["TreeRemoved"]
        assert router.engine.trees(router.now) == ()

    def test_the_expiry_timer_ends_it(self, router: Router) -> None:
        assert trees(output for _, output in in_join(router).run(until=219.9)) == []
        assert router.outgoing.state == "J"
        router.run(until=220.0)
        assert router.engine.trees(router.now) == ()


class TestPrunePending:
    def test_a_join_overrides_the_prune(self, router: Router) -> None:
        in_prune_pending(router).run(until=12.0)
        assert router.hears("lan", "10.0.1.3", JOIN) == []
        assert (router.outgoing.state, router.outgoing.prune_pending) == ("J", None)
        assert router.outgoing.expires == 210.0

    def test_another_prune_changes_nothing(self, router: Router) -> None:
        in_prune_pending(router).run(until=11.0)
        assert router.hears("lan", "10.0.1.3", PRUNE) == []
        assert (router.outgoing.state, router.outgoing.prune_pending) == ("PP", 2.0)

    def test_packets_flow_until_its_timer_ends_it_with_a_prune_echo(self, router: Router) -> None:
        trace = in_prune_pending(router).run(until=12.99)
        assert trees(output for _, output in trace) == []
        trace = router.run(until=13.0)
        echo = join_prune("10.0.1.1", prune=[SG])
        assert join_prune_times(trace) == [(13.0, "lan", echo)]
        assert router.engine.trees(router.now) == ()

    def test_no_prune_echo_where_a_single_neighbor_is_left(self, router: Router) -> None:
        in_prune_pending(router).hears("lan", "10.0.1.3", hello(holdtime=0))
        trace = router.run(until=13.0)
        assert join_prune_times(trace) == []
        assert router.engine.trees(router.now) == ()

    def test_the_expiry_timer_ends_it_without_an_echo(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", join_prune("10.0.1.1", join=[SG], holdtime=2))
        router.hears("lan", "10.0.1.2", PRUNE)
        trace = router.run(until=20.0)
        assert [at for at, output in trace if trees([output])] == [12.0]
        assert join_prune_times(trace) == []


class TestTarget:
    """ "If the upstream neighbor address field is not correct, these state transitions in this
    state machine MUST NOT occur" """

    @pytest.mark.parametrize("upstream", ["10.0.1.2", "10.0.1.3", "10.0.2.1", "0.0.0.0"])
    def test_joins_to_another_address_create_nothing(self, router: Router, upstream: str) -> None:
        assert router.hears("lan", "10.0.1.2", join_prune(upstream, join=[SG])) == []
        assert router.engine.trees(router.now) == ()

    def test_prunes_to_another_address_prune_nothing(self, router: Router) -> None:
        in_join(router).hears("lan", "10.0.1.2", join_prune("10.0.1.3", prune=[SG]))
        assert router.outgoing.state == "J"

    def test_joins_of_strangers_are_discarded(self, router: Router) -> None:
        assert router.hears("lan", "10.0.1.9", JOIN) == []
        assert router.engine.trees(router.now) == ()
        assert router.engine.counters[Count.DROP_NO_NEIGHBOR] == 1


def test_machines_of_two_interfaces_are_separate(router: Router) -> None:
    router.up("other", 2)
    router.enable("other")
    router.hears("other", "10.0.2.2", hello(holdtime=0xFFFF))
    in_join(router).hears("other", "10.0.2.2", join_prune("10.0.2.1", join=[SG]))
    router.hears("other", "10.0.2.2", join_prune("10.0.2.1", prune=[SG]))
    router.run(until=router.now)
    assert router.outgoing.interface == "lan"


def test_an_interface_that_goes_down_takes_its_state_along(router: Router) -> None:
    outputs = in_prune_pending(router).down("lan")
    assert [type(u).__name__ for u in trees(outputs)] == ["TreeRemoved"]
    assert join_prunes(outputs) == []
    assert router.engine.trees(router.now) == ()
    assert router.engine.next_deadline() is None
