"""RFC 7761 4.5.5: the upstream (S,G) state machine, each pair of state and event.

The router under test is 10.0.1.1 on up, where 10.0.1.2 is the way to the source and 10.0.1.3
another router of the same LAN; a local member on lan makes it want the tree. Random delays are
halves of their ranges: t_override is 1.25 s, t_suppressed 75 s.
"""

from __future__ import annotations

import pytest

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import PimSettings, Rpf, TreeUpdate
from controlplane.wire.pim.hello import LanPruneDelay
from controlplane.wire.pim.join_prune import JoinPrune
from tests.protocols.pim.router import (
    DELAYS,
    SG,
    Router,
    S,
    hello,
    ip,
    join_prune,
    join_prune_times,
    join_prunes,
    trees,
)

T_PERIODIC = 60.0
T_OVERRIDE = 1.25
T_SUPPRESSED = 75.0
JOIN = join_prune("10.0.1.2", join=[SG])
PRUNE = join_prune("10.0.1.2", prune=[SG])
FOREVER = 0xFFFF


@pytest.fixture
def router() -> Router:
    """100 s after the start, Hellos exchanged, nothing joined."""
    return started()


def started(delays: LanPruneDelay | None = DELAYS) -> Router:
    router = Router({S: Rpf("up", ip("10.0.1.2"))})
    router.up("up", 1)
    router.enable("up")
    router.hears("up", "10.0.1.2", hello(holdtime=FOREVER, delays=delays))
    router.hears("up", "10.0.1.3", hello(holdtime=FOREVER, delays=delays))
    router.run(until=100.0)
    return router


def joined(router: Router, *sgs: SourceGroup) -> Router:
    for sg in sgs or (SG,):
        router.member("lan", sg, joined=True)
    return router


class TestNotJoined:
    def test_join_desired_sends_a_join_and_starts_the_join_timer(self, router: Router) -> None:
        outputs = router.member("lan", joined=True)
        assert join_prunes(outputs) == [("up", JOIN)]
        assert (router.tree.upstream, router.tree.join_timer) == ("J", T_PERIODIC)

    @pytest.mark.parametrize("message", [JOIN, PRUNE])
    def test_messages_of_others_mean_nothing(self, router: Router, message: JoinPrune) -> None:
        assert router.hears("up", "10.0.1.3", message) == []
        assert router.engine.trees(router.now) == ()

    def test_the_rpf_neighbor_changes_silently(self, router: Router) -> None:
        router.up("lan", 2)
        router.enable("lan")
        router.hears("lan", "10.0.2.9", hello(priority=9))
        joined(router)
        assert router.tree.upstream == "NJ"
        assert router.routes_change(S, Rpf("up", ip("10.0.1.3"))) == []
        assert router.tree.rpf_neighbor == ip("10.0.1.3")


class TestJoined:
    def test_no_join_desired_sends_a_prune_and_stops_the_join_timer(self, router: Router) -> None:
        outputs = joined(router).member("lan", joined=False)
        assert join_prunes(outputs) == [("up", PRUNE)]
        assert join_prune_times(router.run(until=300.0)) == []
        assert router.engine.trees(router.now) == ()

    def test_a_second_member_sends_nothing(self, router: Router) -> None:
        assert join_prunes(joined(router).member("lan2", joined=True)) == []

    def test_the_join_is_repeated_each_period(self, router: Router) -> None:
        trace = joined(router).run(until=300.0)
        assert join_prune_times(trace) == [
            (160.0, "up", JOIN),
            (220.0, "up", JOIN),
            (280.0, "up", JOIN),
        ]

    def test_a_join_of_another_router_suppresses_ours(self, router: Router) -> None:
        joined(router).run(until=130.0)
        assert router.hears("up", "10.0.1.3", JOIN) == []
        assert (router.tree.join_timer, router.tree.waiting) == (T_SUPPRESSED, "suppressed")
        assert join_prune_times(router.run(until=270.0)) == [
            (205.0, "up", JOIN),
            (265.0, "up", JOIN),
        ]

    def test_suppression_lasts_no_longer_than_the_holdtime_of_that_join(
        self, router: Router
    ) -> None:
        joined(router).run(until=155.0)
        router.hears("up", "10.0.1.3", join_prune("10.0.1.2", join=[SG], holdtime=20))
        assert router.tree.join_timer == 20.0

    def test_a_join_timer_that_runs_longer_is_left(self, router: Router) -> None:
        joined(router).hears("up", "10.0.1.3", join_prune("10.0.1.2", join=[SG], holdtime=20))
        assert (router.tree.join_timer, router.tree.waiting) == (T_PERIODIC, "period")

    def test_a_prune_of_another_router_is_overridden(self, router: Router) -> None:
        joined(router).run(until=110.0)
        assert router.hears("up", "10.0.1.3", PRUNE) == []
        assert (router.tree.join_timer, router.tree.waiting) == (T_OVERRIDE, "override")
        assert join_prune_times(router.run(until=180.0)) == [
            (111.25, "up", JOIN),
            (171.25, "up", JOIN),
        ]

    def test_a_prune_echo_of_the_rpf_neighbor_is_overridden(self, router: Router) -> None:
        joined(router).hears("up", "10.0.1.2", PRUNE)
        assert router.tree.join_timer == T_OVERRIDE

    def test_a_join_timer_that_ends_sooner_overrides_anyway(self, router: Router) -> None:
        joined(router).run(until=159.0)
        router.hears("up", "10.0.1.3", PRUNE)
        assert (router.tree.join_timer, router.tree.waiting) == (1.0, "period")

    def test_the_override_of_another_router_suppresses_ours(self, router: Router) -> None:
        joined(router).hears("up", "10.0.1.3", PRUNE)
        router.run(until=101.0)
        router.hears("up", "10.0.1.3", JOIN)
        assert (router.tree.join_timer, router.tree.waiting) == (T_SUPPRESSED, "suppressed")

    @pytest.mark.parametrize("upstream", ["10.0.1.3", "10.0.1.9"])
    def test_messages_to_another_upstream_neighbor_mean_nothing(
        self, router: Router, upstream: str
    ) -> None:
        joined(router).run(until=130.0)
        router.hears("up", "10.0.1.3", join_prune(upstream, join=[SG]))
        router.hears("up", "10.0.1.3", join_prune(upstream, prune=[SG]))
        assert (router.tree.join_timer, router.tree.waiting) == (30.0, "period")

    def test_a_new_genid_of_the_rpf_neighbor_repeats_the_join_soon(self, router: Router) -> None:
        joined(router).run(until=110.0)
        router.hears("up", "10.0.1.2", hello(holdtime=FOREVER, genid=2))
        assert router.tree.join_timer == T_OVERRIDE
        assert join_prune_times(router.run(until=120.0)) == [(111.25, "up", JOIN)]

    def test_a_new_genid_of_another_neighbor_does_not(self, router: Router) -> None:
        joined(router).hears("up", "10.0.1.3", hello(holdtime=FOREVER, genid=2))
        assert router.tree.join_timer == T_PERIODIC


class TestRpfChange:
    def test_another_neighbor_is_joined_and_the_old_one_pruned(self, router: Router) -> None:
        joined(router).run(until=110.0)
        outputs = router.routes_change(S, Rpf("up", ip("10.0.1.3")))
        assert join_prunes(outputs) == [
            ("up", join_prune("10.0.1.2", prune=[SG])),
            ("up", join_prune("10.0.1.3", join=[SG])),
        ]
        assert trees(outputs) == [
            TreeUpdate(
                tree=SG,
                incoming="up",
                rpf_neighbor=ip("10.0.1.3"),
                outgoing=frozenset({"lan"}),
            )
        ]
        assert router.tree.join_timer == T_PERIODIC

    def test_no_route_any_more_prunes_and_stops_the_join_timer(self, router: Router) -> None:
        outputs = joined(router).routes_change(S, None)
        assert join_prunes(outputs) == [("up", PRUNE)]
        assert (router.tree.upstream, router.tree.join_timer) == ("J", None)

    def test_the_source_becoming_our_own_prunes_and_joins_nobody(self, router: Router) -> None:
        outputs = joined(router).routes_change(S, Rpf("lo0", None))
        assert join_prunes(outputs) == [("up", PRUNE)]
        assert (router.tree.incoming, router.tree.rpf_neighbor) == ("lo0", None)

    def test_a_next_hop_without_pim_is_joined_when_its_hello_comes(self, router: Router) -> None:
        router.rpf[S] = Rpf("up", ip("10.0.1.4"))
        assert join_prune_times(joined(router).run(until=101.0)) == []
        outputs = router.hears("up", "10.0.1.4", hello())
        assert join_prunes(outputs) == [("up", join_prune("10.0.1.4", join=[SG]))]

    def test_a_secondary_address_as_next_hop_names_the_neighbor(self, router: Router) -> None:
        """RFC 7761 4.3.4: Joins go to the primary address."""
        router.rpf[S] = Rpf("up", ip("10.0.1.99"))
        joined(router)
        outputs = router.hears("up", "10.0.1.3", hello(holdtime=FOREVER, secondary=["10.0.1.99"]))
        assert join_prunes(outputs) == [("up", join_prune("10.0.1.3", join=[SG]))]

    def test_a_neighbor_that_goes_is_pruned_and_joined_when_it_is_back(
        self, router: Router
    ) -> None:
        outputs = joined(router).hears("up", "10.0.1.2", hello(holdtime=0))
        assert join_prunes(outputs) == [("up", PRUNE)]
        assert router.tree.rpf_neighbor is None
        outputs = router.hears("up", "10.0.1.2", hello())
        assert join_prunes(outputs) == [("up", JOIN)]

    def test_not_wanted_and_rerouted_at_once_prunes_the_old_neighbor_alone(
        self, router: Router
    ) -> None:
        joined(router).rpf[S] = Rpf("up", ip("10.0.1.3"))
        assert join_prunes(router.member("lan", joined=False)) == [("up", PRUNE)]


class TestSuppressionCapability:
    """RFC 7761 4.3.3: where every neighbour tracks each router, no Join is suppressed."""

    def test_with_every_t_bit_joins_of_others_do_not_matter(self) -> None:
        tracking = LanPruneDelay(
            propagation_delay=500, override_interval=2500, tracking_support=True
        )
        router = joined(started(tracking))
        router.run(until=130.0)
        router.hears("up", "10.0.1.3", JOIN)
        assert (router.tree.join_timer, router.tree.waiting) == (30.0, "period")


class TestAggregation:
    """RFC 7761 4.9.5.2."""

    OTHERS = tuple(SourceGroup(S, ip(f"232.1.1.{n}")) for n in range(2, 5))

    def test_periodic_joins_to_one_neighbor_come_to_share_messages(self, router: Router) -> None:
        joined(router).run(until=130.0)
        joined(router, *self.OTHERS)
        both = join_prune("10.0.1.2", join=[SG, *self.OTHERS])
        assert join_prune_times(router.run(until=230.0)) == [
            (160.0, "up", both),
            (220.0, "up", both),
        ]

    def test_trees_of_another_neighbor_keep_their_own_period(self, router: Router) -> None:
        other = SourceGroup(ip("192.0.2.2"), SG.group)
        router.rpf[other.source] = Rpf("up", ip("10.0.1.3"))
        joined(router).run(until=130.0)
        joined(router, other)
        assert join_prune_times(router.run(until=200.0)) == [
            (160.0, "up", JOIN),
            (190.0, "up", join_prune("10.0.1.3", join=[other])),
        ]

    def test_an_override_does_not_drag_other_trees_along(self, router: Router) -> None:
        joined(router, SG, *self.OTHERS).hears("up", "10.0.1.3", PRUNE)
        assert join_prune_times(router.run(until=110.0)) == [(101.25, "up", JOIN)]

    def test_suppressed_joins_stay_suppressed_when_others_are_refreshed(
        self, router: Router
    ) -> None:
        joined(router, SG, *self.OTHERS).run(until=120.0)
        router.hears("up", "10.0.1.3", JOIN)
        assert join_prune_times(router.run(until=194.0)) == [
            (160.0, "up", join_prune("10.0.1.2", join=self.OTHERS))
        ]

    def test_a_restarted_neighbor_gets_all_trees_in_one_message(self, router: Router) -> None:
        joined(router, SG, *self.OTHERS)
        router.hears("up", "10.0.1.2", hello(holdtime=FOREVER, genid=2))
        assert join_prune_times(router.run(until=110.0)) == [
            (101.25, "up", join_prune("10.0.1.2", join=[SG, *self.OTHERS]))
        ]

    def test_prunes_heard_in_one_message_are_overridden_in_one(self, router: Router) -> None:
        joined(router, SG, *self.OTHERS)
        router.hears("up", "10.0.1.3", join_prune("10.0.1.2", prune=[SG, *self.OTHERS]))
        assert join_prune_times(router.run(until=110.0)) == [
            (101.25, "up", join_prune("10.0.1.2", join=[SG, *self.OTHERS]))
        ]


def test_the_join_prune_period_and_holdtime_follow_the_settings(router: Router) -> None:
    router.enable("up", PimSettings(join_prune_period=10.0))
    outputs = router.member("lan", joined=True)
    short = join_prune("10.0.1.2", join=[SG], holdtime=35)
    assert join_prunes(outputs) == [("up", short)]
    assert join_prune_times(router.run(until=115.0)) == [(110.0, "up", short)]


def test_the_holdtime_is_larger_than_the_override_interval(router: Router) -> None:
    """RFC 7761 4.9.5."""
    router.enable("up", PimSettings(join_prune_period=0.5))
    outputs = router.member("lan", joined=True)
    assert [message.holdtime for _, message in join_prunes(outputs)] == [4]


def test_nothing_is_sent_on_an_interface_that_went_down(router: Router) -> None:
    outputs = joined(router).down("up")
    assert join_prunes(outputs) == []
    assert router.tree.join_timer is None
