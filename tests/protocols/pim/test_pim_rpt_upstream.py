"""RFC 7761 4.5.6, 4.5.7: (S,G,rpt) messages that this router sends, periodic and triggered.

10.0.1.2 is a router behind lan. The RP is behind 10.0.2.2 on up, where 10.0.2.3 is another router
that joins it, and the source behind 10.0.3.2 on side. t_override is 1.25 s.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig
from controlplane.protocols.pim.events import DataArrived, PimOutput, Rpf
from controlplane.protocols.pim.show import TreeView
from controlplane.wire.pim.address import EncodedGroup, EncodedSource
from controlplane.wire.pim.assert_message import Assert
from tests.protocols.pim.router import (
    Router,
    S,
    hello,
    ip,
    join_prune_times,
    join_prunes,
)
from tests.protocols.pim.sparse import (
    FOREVER,
    IMMEDIATE,
    NEVER,
    RP,
    RPT,
    SG,
    SPT,
    STAR,
    G,
    entries,
)

T_OVERRIDE = 1.25


def started(config: PimConfig = IMMEDIATE) -> Router:
    routes = {RP: Rpf("up", ip("10.0.2.2")), S: Rpf("side", ip("10.0.3.2"))}
    router = Router(routes, config=config)
    for index, name in enumerate(("lan", "up", "side"), start=1):
        router.up(name, index)
        router.enable(name)
        router.hears(name, f"10.0.{index}.2", hello(holdtime=FOREVER))
    router.hears("up", "10.0.2.3", hello(holdtime=FOREVER))
    router.run(until=100.0)
    return router


def member(router: Router, *, joined: bool = True) -> list[PimOutput]:
    return router.handle(MembershipChanged(interface="hosts", group=G, source=None, joined=joined))


def data(router: Router, interface: str) -> list[PimOutput]:
    return router.handle(DataArrived(interface=interface, sg=SG))


def downstream(
    router: Router, *, join: Sequence[EncodedSource] = (), prune: Sequence[EncodedSource] = ()
) -> list[PimOutput]:
    """What 10.0.1.2 asks for; it is alone, so a Prune takes effect at once."""
    outputs = router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=join, prune=prune))
    return [*outputs, *(output for _, output in router.run(until=router.now))]


def tree(router: Router) -> TreeView:
    (view,) = router.engine.trees(router.now)
    return view


@pytest.fixture
def on_spt() -> Router:
    """A last-hop router that has just left the shared tree for the source's own."""
    router = started()
    member(router)
    data(router, "up")
    data(router, "side")
    assert tree(router).spt_bit
    return router


@pytest.fixture
def passing() -> Router:
    """A router on the way, which joined for 10.0.1.2."""
    router = started(NEVER)
    downstream(router, join=[STAR])
    return router


class TestTriggered:
    """Figure 7."""

    def test_leaving_the_shared_tree_for_a_source_prunes_it_there(self) -> None:
        router = started()
        member(router)
        data(router, "up")
        assert tree(router).rpt_upstream == "NP"
        assert join_prunes(data(router, "side")) == [("up", entries("10.0.2.2", prune=[RPT]))]
        assert tree(router).rpt_upstream == "P"

    def test_nobody_who_wants_a_source_any_more_prunes_it(self, passing: Router) -> None:
        outputs = downstream(passing, prune=[RPT])
        assert join_prunes(outputs) == [("up", entries("10.0.2.2", prune=[RPT]))]

    def test_somebody_who_wants_it_again_joins_it(self, passing: Router) -> None:
        downstream(passing, prune=[RPT])
        outputs = downstream(passing, join=[RPT])
        assert join_prunes(outputs) == [("up", entries("10.0.2.2", join=[RPT]))]
        assert passing.engine.trees(passing.now) == ()

    def test_the_end_of_the_source_brings_it_back_to_the_shared_tree(self, on_spt: Router) -> None:
        times = [t for t in join_prune_times(on_spt.run(until=310.0)) if t[0] == 310.0]
        assert times == [
            (310.0, "side", entries("10.0.3.2", prune=[SPT])),
            (310.0, "up", entries("10.0.2.2", join=[RPT])),
        ]

    def test_leaving_the_group_prunes_the_shared_tree_alone(self, on_spt: Router) -> None:
        outputs = member(on_spt, joined=False)
        assert sorted(join_prunes(outputs), key=str) == [
            ("side", entries("10.0.3.2", prune=[SPT])),
            ("up", entries("10.0.2.2", prune=[STAR])),
        ]
        assert tree(on_spt).rpt_upstream == "NJ"

    def test_joining_a_group_says_in_the_same_set_what_is_not_wanted(self) -> None:
        """From RPTNotJoined to Pruned nothing is triggered: the Join(*,G) has it."""
        router = started()
        downstream(router, join=[SPT])
        data(router, "side")
        assert tree(router).rpt_upstream == "NJ"
        outputs = downstream(router, join=[STAR])
        assert join_prunes(outputs) == [("up", entries("10.0.2.2", join=[STAR], prune=[RPT]))]
        assert tree(router).rpt_upstream == "P"

    def test_joining_a_group_with_nothing_pruned_wants_all_sources(self) -> None:
        router = started(NEVER)
        downstream(router, join=[SPT])
        outputs = downstream(router, join=[STAR])
        assert join_prunes(outputs) == [("up", entries("10.0.2.2", join=[STAR]))]
        assert tree(router).rpt_upstream == "NP"


class TestOverride:
    """In NotPruned; 10.0.2.3 speaks to 10.0.2.2 too."""

    @pytest.mark.parametrize("entry", [RPT, SPT])
    def test_a_prune_of_another_router_is_overridden(
        self, passing: Router, entry: EncodedSource
    ) -> None:
        passing.hears("up", "10.0.2.3", entries("10.0.2.2", prune=[entry]))
        assert tree(passing).override_timer == T_OVERRIDE
        assert join_prune_times(passing.run(until=110.0)) == [
            (100.0 + T_OVERRIDE, "up", entries("10.0.2.2", join=[RPT]))
        ]
        assert passing.engine.trees(passing.now) == ()

    def test_a_second_prune_does_not_put_it_off(self, passing: Router) -> None:
        passing.hears("up", "10.0.2.3", entries("10.0.2.2", prune=[RPT]))
        passing.run(until=101.0)
        passing.hears("up", "10.0.2.3", entries("10.0.2.2", prune=[RPT]))
        assert tree(passing).override_timer == 0.25

    def test_somebody_else_who_overrides_spares_it(self, passing: Router) -> None:
        passing.hears("up", "10.0.2.3", entries("10.0.2.2", prune=[RPT]))
        passing.hears("up", "10.0.2.3", entries("10.0.2.2", join=[RPT]))
        assert join_prune_times(passing.run(until=110.0)) == []
        assert passing.engine.trees(passing.now) == ()

    def test_a_prune_to_another_neighbor_is_none_of_our_business(self, passing: Router) -> None:
        passing.hears("up", "10.0.2.3", entries("10.0.2.9", prune=[RPT]))
        assert passing.engine.trees(passing.now) == ()

    def test_what_we_prune_ourselves_is_not_overridden(self, passing: Router) -> None:
        downstream(passing, prune=[RPT])
        passing.hears("up", "10.0.2.3", entries("10.0.2.2", prune=[RPT]))
        assert tree(passing).override_timer is None

    def test_pruning_it_ourselves_ends_the_override(self, passing: Router) -> None:
        passing.hears("up", "10.0.2.3", entries("10.0.2.2", prune=[RPT]))
        downstream(passing, prune=[RPT])
        assert tree(passing).override_timer is None

    def test_leaving_the_group_ends_the_override(self, passing: Router) -> None:
        passing.hears("up", "10.0.2.3", entries("10.0.2.2", prune=[RPT]))
        downstream(passing, prune=[STAR])
        assert passing.engine.trees(passing.now) == ()
        assert join_prune_times(passing.run(until=110.0)) == []

    def test_without_a_joined_group_nothing_is_overridden(self) -> None:
        router = started(NEVER)
        router.hears("up", "10.0.2.3", entries("10.0.2.2", prune=[RPT]))
        assert router.engine.trees(router.now) == ()

    def test_a_prune_of_the_source_is_overridden_on_its_own_tree_too(self) -> None:
        """RFC 7761 4.5.5: a router of RFC 2362 takes a Prune(S,G,rpt) for one of (S,G)."""
        router = started(NEVER)
        router.hears("side", "10.0.3.3", hello(holdtime=FOREVER))
        downstream(router, join=[SPT])
        router.hears("side", "10.0.3.3", entries("10.0.3.2", prune=[RPT]))
        assert join_prune_times(router.run(until=110.0)) == [
            (100.0 + T_OVERRIDE, "side", entries("10.0.3.2", join=[SPT]))
        ]

    def test_a_prune_of_the_group_is_overridden_on_source_trees_too(self) -> None:
        router = started(NEVER)
        router.hears("side", "10.0.3.3", hello(holdtime=FOREVER))
        downstream(router, join=[SPT])
        router.hears("side", "10.0.3.3", entries("10.0.3.2", prune=[STAR]))
        assert tree(router).join_timer == T_OVERRIDE


class TestWithJoins:
    """RFC 7761 4.5.6: a Join(*,G) goes with the Prunes of what is not wanted with it."""

    def test_periodic_joins_repeat_the_prunes(self, on_spt: Router) -> None:
        sent = [t for t in join_prune_times(on_spt.run(until=230.0)) if t[1] == "up"]
        both = entries("10.0.2.2", join=[STAR], prune=[RPT])
        assert sent == [(160.0, "up", both), (220.0, "up", both)]

    def test_a_source_from_the_same_neighbor_is_not_pruned(self) -> None:
        """RFC 7761 4.2.2: "the router will never be able to tell if the SPT has been completed"."""
        router = started()
        router.rpf[S] = Rpf("up", ip("10.0.2.2"))
        member(router)
        outputs = data(router, "up")
        assert join_prunes(outputs) == [("up", entries("10.0.2.2", join=[SPT]))]
        assert tree(router).spt_bit
        assert (tree(router).rpt_upstream, tree(router).rpf_neighbor) == ("NP", ip("10.0.2.2"))

    def test_the_same_neighbor_is_asked_for_both_trees_in_one_set(self) -> None:
        router = started()
        router.rpf[S] = Rpf("up", ip("10.0.2.2"))
        member(router)
        data(router, "up")
        trace = join_prune_times(router.run(until=170.0))
        assert trace == [(160.0, "up", entries("10.0.2.2", join=[STAR, SPT]))]

    def test_a_tree_that_moves_says_it_to_the_new_neighbor(self, on_spt: Router) -> None:
        outputs = on_spt.routes_change(RP, Rpf("up", ip("10.0.2.3")))
        assert join_prunes(outputs) == [
            ("up", entries("10.0.2.2", prune=[STAR])),
            ("up", entries("10.0.2.3", join=[STAR], prune=[RPT])),
        ]


class TestAssertOnTheWayToTheRp:
    """RPF'(S,G,rpt) is another router than RPF'(*,G): it forwards the source on its own tree."""

    @pytest.fixture
    def diverted(self, passing: Router) -> Router:
        claim = Assert(group=EncodedGroup(address=G), source=S, rpt=False, preference=1, metric=1)
        passing.hears("up", "10.0.2.3", claim)
        return passing

    def test_packets_are_taken_from_the_winner(self, diverted: Router) -> None:
        assert tree(diverted).rpf_neighbor == ip("10.0.2.3")

    def test_periodic_joins_prune_the_source(self, diverted: Router) -> None:
        assert join_prune_times(diverted.run(until=161.0)) == [
            (160.0, "up", entries("10.0.2.2", join=[STAR], prune=[RPT]))
        ]

    def test_a_prune_to_the_winner_is_not_overridden(self, diverted: Router) -> None:
        """RFC 7761 4.6.5, rule 5."""
        diverted.hears("up", "10.0.2.4", hello(holdtime=FOREVER))
        diverted.hears("up", "10.0.2.4", entries("10.0.2.3", prune=[RPT]))
        assert join_prune_times(diverted.run(until=110.0)) == []

    def test_when_it_is_over_the_source_is_joined_on_the_shared_tree(
        self, diverted: Router
    ) -> None:
        """RFC 7761 4.6.5, rule 10."""
        diverted.hears("up", "10.0.2.3", hello(holdtime=0))
        assert join_prune_times(diverted.run(until=110.0)) == [
            (100.0 + T_OVERRIDE, "up", entries("10.0.2.2", join=[RPT]))
        ]
