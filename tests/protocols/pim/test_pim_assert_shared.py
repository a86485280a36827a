"""RFC 7761 4.6.2: Asserts about shared trees, and how those about one source go beside them.

The router under test is 10.0.1.2 on lan; 10.0.1.1 and 10.0.1.3 are others there. Its way to the RP
is 10.0.3.1 on up (preference 110, metric 20), and to the source 10.0.4.1 on src (metric 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.protocols.pim.assert_metric import INFINITE_METRIC, INFINITE_PREFERENCE
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import DataArrived, PimOutput, Rpf, TreeUpdate
from controlplane.protocols.pim.show_assert import AssertView
from controlplane.wire.pim.address import EncodedGroup, EncodedSource
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.bootstrap import Bootstrap, BootstrapRange, BootstrapRp
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from tests.protocols.pim.router import Router, S, hello, ip, join_prunes, sent, trees

G, RP, S2 = ip("239.1.1.1"), ip("192.0.2.100"), ip("192.0.2.2")
SG, SG2, ANY = SourceGroup(S, G), SourceGroup(S2, G), AnySource.of(G)
NONE = IPv4Address(0)
TO_RP = Rpf("up", ip("10.0.3.1"), preference=110, metric=20)
TO_SOURCE = Rpf("src", ip("10.0.4.1"), preference=110, metric=5)


def group_set(
    *, join: Iterable[EncodedSource] = (), prune: Iterable[EncodedSource] = ()
) -> GroupSet:
    return GroupSet(group=EncodedGroup(address=G), joined=tuple(join), pruned=tuple(prune))


def asked(upstream: str, groups: GroupSet) -> JoinPrune:
    return JoinPrune(upstream_neighbor=ip(upstream), holdtime=210, groups=(groups,))


ANY_ENTRY = EncodedSource(address=RP, wildcard=True, rpt=True)
SOURCE_ENTRY = EncodedSource(address=S)
RPT_ENTRY = EncodedSource(address=S, rpt=True)
JOIN_ANY = asked("10.0.1.2", group_set(join=[ANY_ENTRY]))
PRUNE_ANY = asked("10.0.1.2", group_set(prune=[ANY_ENTRY]))
JOIN_ANY_BUT_S = asked("10.0.1.2", group_set(join=[ANY_ENTRY], prune=[RPT_ENTRY]))
JOIN_SOURCE = asked("10.0.1.2", group_set(join=[SOURCE_ENTRY]))


def message(
    metric: int, *, preference: int = 110, rpt: bool = True, source: IPv4Address = NONE
) -> Assert:
    group = EncodedGroup(address=G)
    return Assert(group=group, source=source, rpt=rpt, preference=preference, metric=metric)


def spt(metric: int) -> Assert:
    return message(metric, rpt=False, source=S)


def cancel(source: IPv4Address = NONE) -> Assert:
    return message(INFINITE_METRIC, preference=INFINITE_PREFERENCE, source=source)


@pytest.fixture
def router() -> Router:
    """A router that forwards nothing yet; 10 s after the start."""
    config = PimConfig(rps=(StaticRp(address=RP),))
    router = Router({RP: TO_RP, S: TO_SOURCE, S2: TO_SOURCE}, config=config)
    router.up("lan", 1, address="10.0.1.2/24")
    router.up("up", 3, address="10.0.3.9/24")
    router.up("src", 4, address="10.0.4.9/24")
    for name in ("lan", "up", "src"):
        router.enable(name)
    for name, neighbor in (
        ("lan", "10.0.1.1"),
        ("lan", "10.0.1.3"),
        ("up", "10.0.3.1"),
        ("src", "10.0.4.1"),
    ):
        router.hears(name, neighbor, hello(holdtime=0xFFFF))
    router.run(until=10.0)
    return router


def on_rpt(router: Router) -> Router:
    """Forwards (*,G) onto lan."""
    router.hears("lan", "10.0.1.1", JOIN_ANY)
    return router


def on_spt(router: Router) -> Router:
    """Forwards (S,G) onto lan, besides (*,G), by the tree of S."""
    on_rpt(router).hears("lan", "10.0.1.1", JOIN_SOURCE)
    data(router, "src")
    return router


def downstream(router: Router) -> Router:
    """A router whose members, on another link, get (*,G) from 10.0.1.1 on lan."""
    router.rpf[S] = router.rpf[RP] = Rpf("lan", ip("10.0.1.1"), preference=110, metric=30)
    router.routes_change(S2, Rpf("lan", ip("10.0.1.1"), preference=110, metric=30))
    router.up("members", 5)
    router.enable("members")
    router.hears("members", "10.0.5.9", hello(holdtime=0xFFFF))
    router.hears("members", "10.0.5.9", asked("10.0.5.1", group_set(join=[ANY_ENTRY])))
    router.run(until=20.0)
    return router


def data(router: Router, interface: str = "lan", sg: SourceGroup = SG) -> list[PimOutput]:
    return router.handle(DataArrived(interface=interface, sg=sg))


def views(router: Router) -> list[tuple[object, str]]:
    return [(view.tree, view.state) for view in router.engine.asserts(router.now)]


def view(router: Router) -> AssertView:
    """The only Assert state."""
    (view,) = router.engine.asserts(router.now)
    return view


def asserts(outputs: list[PimOutput]) -> list[Assert]:
    return [m for _, m in sent(outputs) if isinstance(m, Assert)]


def updates(outputs: list[PimOutput]) -> dict[object, frozenset[str]]:
    return {u.tree: u.outgoing for u in trees(outputs) if isinstance(u, TreeUpdate)}


class TestNoInfo:
    def test_data_of_a_source_is_answered_by_an_assert_for_the_group(self, router: Router) -> None:
        outputs = data(on_rpt(router))
        assert asserts(outputs) == [message(20, source=S)]
        assert views(router) == [(ANY, "W")]

    def test_data_of_a_source_on_its_own_tree_by_one_for_the_source(self, router: Router) -> None:
        outputs = data(on_spt(router))
        assert asserts(outputs) == [message(5, rpt=False, source=S)]
        assert views(router) == [(SG, "W")]

    def test_data_of_a_source_that_is_pruned_there_means_nothing(self, router: Router) -> None:
        on_rpt(router).hears("lan", "10.0.1.1", JOIN_ANY_BUT_S)
        router.run(until=20.0)
        assert data(router) == []
        assert asserts(data(router, sg=SG2)) == [message(20, source=S2)]

    @pytest.mark.parametrize("source", [NONE, S])
    def test_an_inferior_assert_is_answered(self, router: Router, source: IPv4Address) -> None:
        outputs = on_rpt(router).hears("lan", "10.0.1.3", message(30, source=source))
        assert asserts(outputs) == [message(20)]
        assert views(router) == [(ANY, "W")]

    def test_an_assert_for_a_group_that_is_not_there_means_nothing(self, router: Router) -> None:
        assert router.hears("lan", "10.0.1.3", message(10)) == []
        assert router.hears("lan", "10.0.1.3", spt(10)) == []
        assert views(router) == []

    def test_a_group_that_becomes_bidirectional_has_no_asserts_any_more(
        self, router: Router
    ) -> None:
        data(on_rpt(router))
        bidirectional = EncodedGroup.of(IPv4Network(G), bidirectional=True)
        rp = BootstrapRp(address=RP, holdtime=150, priority=0)
        router.hears(
            "up",
            "10.0.3.1",
            Bootstrap(
                fragment_tag=1,
                hash_mask_length=30,
                bsr_priority=1,
                bsr_address=RP,
                ranges=(BootstrapRange(group=bidirectional, rp_count=1, rps=(rp,)),),
            ),
        )
        assert views(router) == []

    def test_a_bidirectional_group_has_no_asserts(self) -> None:
        config = PimConfig(rps=(StaticRp(address=RP, bidirectional=True),))
        router = Router({RP: TO_RP}, config=config)
        router.up("lan", 1, address="10.0.1.2/24")
        router.enable("lan")
        router.hears("lan", "10.0.1.3", hello())
        router.hears("lan", "10.0.1.3", JOIN_ANY)
        assert asserts(data(router)) == []
        router.hears("lan", "10.0.1.3", message(10))
        assert router.engine.counters[Count.IGNORED_BIDIRECTIONAL_ASSERT] == 1
        assert views(router) == []


class TestWinner:
    def test_gives_way_to_a_preferred_one(self, router: Router) -> None:
        data(on_rpt(router))
        router.hears("lan", "10.0.1.3", message(10))
        assert views(router) == [(ANY, "L")]

    def test_gives_way_for_one_source_to_a_router_on_its_tree(self, router: Router) -> None:
        data(on_rpt(router))
        outputs = router.hears("lan", "10.0.1.3", spt(30))
        assert asserts(outputs) == []
        assert views(router) == [(ANY, "W"), (SG, "L")]
        assert updates(outputs) == {SG: frozenset()}

    def test_cancels_for_all_sources_when_nobody_wants_the_group_any_more(
        self, router: Router
    ) -> None:
        data(on_rpt(router))
        router.hears("lan", "10.0.1.1", PRUNE_ANY)
        trace = router.run(until=20.0)
        assert asserts([output for _, output in trace]) == [cancel()]

    def test_cancels_for_a_source_when_it_leaves_its_tree(self, router: Router) -> None:
        data(on_spt(router))
        router.hears("lan", "10.0.1.1", asked("10.0.1.2", group_set(prune=[SOURCE_ENTRY])))
        trace = router.run(until=221.0)
        assert asserts([output for _, output in trace])[-1] == cancel(S)


class TestLoser:
    def test_forwards_no_source_of_the_group(self, router: Router) -> None:
        outputs = on_rpt(router).hears("lan", "10.0.1.3", message(10))
        assert views(router) == [(ANY, "L")]
        prune = asked("10.0.3.1", group_set(prune=[ANY_ENTRY]))
        assert join_prunes(outputs) == [("up", prune)]

    def test_still_forwards_a_source_that_it_has_on_its_own_tree(self, router: Router) -> None:
        outputs = on_spt(router).hears("lan", "10.0.1.3", message(10, source=S2))
        assert views(router) == [(ANY, "L")]
        assert SG not in updates(outputs)
        (tree,) = router.engine.trees(router.now)
        assert [o.interface for o in tree.outgoing] == ["lan"]

    def test_forwards_again_when_the_winner_withdraws(self, router: Router) -> None:
        on_rpt(router).hears("lan", "10.0.1.3", message(10))
        outputs = router.hears("lan", "10.0.1.3", cancel())
        assert updates(outputs) == {ANY: frozenset({"lan"})}

    def test_forwards_again_when_the_way_to_the_rp_becomes_better(self, router: Router) -> None:
        on_rpt(router).hears("lan", "10.0.1.3", message(10))
        router.routes_change(RP, Rpf("up", ip("10.0.3.1"), preference=110, metric=9))
        assert views(router) == []

    def test_forwards_again_when_somebody_joins_the_group(self, router: Router) -> None:
        on_rpt(router).hears("lan", "10.0.1.3", message(10))
        router.hears("lan", "10.0.1.1", JOIN_ANY)
        assert views(router) == []

    def test_a_join_of_the_group_is_for_each_source_that_it_does_not_prune(
        self, router: Router
    ) -> None:
        on_rpt(router).hears("lan", "10.0.1.3", spt(30))
        router.hears("lan", "10.0.1.1", JOIN_ANY_BUT_S)
        assert views(router) == [(SG, "L")]
        router.hears("lan", "10.0.1.1", JOIN_ANY)
        assert views(router) == []


class TestOneMessageForOneMachine:
    """RFC 7761 4.6.2: "NO TRANSITION CAN OCCUR in the (*,G) state machine" but in NoInfo of (S,G)
    before and after."""

    def test_a_router_on_the_tree_of_s_answers_for_s(self, router: Router) -> None:
        outputs = on_spt(router).hears("lan", "10.0.1.3", message(10, source=S))
        assert asserts(outputs) == [message(5, rpt=False, source=S)]
        assert views(router) == [(SG, "W")]

    def test_what_ends_the_state_of_s_begins_none_of_the_group(self, router: Router) -> None:
        on_rpt(router).hears("lan", "10.0.1.3", spt(30))
        assert views(router) == [(SG, "L")]
        assert asserts(router.hears("lan", "10.0.1.3", message(30, source=S))) == []
        assert views(router) == []
        outputs = router.hears("lan", "10.0.1.3", message(30, source=S))
        assert asserts(outputs) == [message(20)]


class TestDownstream:
    def test_joins_the_winner_of_the_group(self, router: Router) -> None:
        downstream(router).hears("lan", "10.0.1.3", message(10))
        (tree,) = router.engine.shared_trees(router.now)
        assert tree.rpf_neighbor == ip("10.0.1.3")

    def test_takes_a_source_from_its_winner_and_prunes_it_off_the_group(
        self, router: Router
    ) -> None:
        outputs = downstream(router).hears("lan", "10.0.1.3", spt(10))
        (update,) = trees(outputs)
        assert isinstance(update, TreeUpdate)
        assert (update.tree, update.rpf_neighbor) == (SG, ip("10.0.1.3"))
        joins = [m for _, output in router.run(until=100.0) for _, m in join_prunes([output])]
        join = asked("10.0.1.1", group_set(join=[ANY_ENTRY], prune=[RPT_ENTRY]))
        assert join in joins

    def test_knows_by_the_winner_of_a_source_that_its_tree_is_there(self, router: Router) -> None:
        downstream(router).hears(
            "members", "10.0.5.9", asked("10.0.5.1", group_set(join=[SOURCE_ENTRY]))
        )
        (before,) = router.engine.trees(router.now)
        router.hears("lan", "10.0.1.3", spt(10))
        (after,) = router.engine.trees(router.now)
        assert (before.spt_bit, after.spt_bit) == (False, True)
