"""RFC 7761 4.2: what packets do to trees, and what the switch is told to do with packets.

10.0.1.2 is a router behind lan; the RP is behind 10.0.2.2 on up, the source behind 10.0.3.2 on
side, unless it is on the link `src` where this router is the DR.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlplane.net.interface import InterfaceKind
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, SptPolicy
from controlplane.protocols.pim.events import (
    DataArrived,
    PimOutput,
    Registering,
    Rpf,
    SourcesActive,
    TreeRates,
    TreeRemoved,
    TreeUpdate,
)
from controlplane.protocols.pim.show import TreeView
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.assert_message import Assert
from tests.protocols.pim.router import SG as SSM_SG
from tests.protocols.pim.router import Router, S, hello, ip, join_prune, join_prunes, trees
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

KEEPALIVE_PERIOD = 210.0
ANY = AnySource.of(G)
HERE = Rpf("src", None)
PE = ip("10.255.0.2")


def started(config: PimConfig = IMMEDIATE, source: Rpf | None = None) -> Router:
    way = source or Rpf("side", ip("10.0.3.2"))
    router = Router({RP: Rpf("up", ip("10.0.2.2")), S: way}, config=config)
    for index, name in enumerate(("lan", "up", "side"), start=1):
        router.up(name, index)
        router.enable(name)
        router.hears(name, f"10.0.{index}.2", hello(holdtime=FOREVER))
    router.up("src", 4, address="192.0.2.2/24")
    router.enable("src")
    router.run(until=100.0)
    return router


def member(router: Router, *, joined: bool = True) -> list[PimOutput]:
    return router.handle(MembershipChanged(interface="hosts", group=G, source=None, joined=joined))


def downstream(router: Router, *joined: object) -> list[PimOutput]:
    chosen = [entry for entry in (STAR, RPT, SPT) if entry in joined]
    return router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=chosen))


def data(router: Router, interface: str, sg: SourceGroup = SG) -> list[PimOutput]:
    return router.handle(DataArrived(interface=interface, sg=sg))


def active(router: Router) -> list[PimOutput]:
    return router.handle(SourcesActive(sgs=frozenset({SG})))


def rate(router: Router, kbit_s: float, of: TreeName = ANY) -> list[PimOutput]:
    return router.handle(TreeRates(rates={of: kbit_s}))


def tree(router: Router) -> TreeView:
    (view,) = router.engine.trees(router.now)
    return view


def on_spt(*outgoing: str, watch: bool = False) -> TreeUpdate:
    return TreeUpdate(
        tree=SG,
        incoming="side",
        rpf_neighbor=ip("10.0.3.2"),
        outgoing=frozenset(outgoing),
        watch_sources=watch,
    )


def on_rpt(*outgoing: str, watch: bool = False) -> TreeUpdate:
    return TreeUpdate(
        tree=SG,
        incoming="up",
        rpf_neighbor=ip("10.0.2.2"),
        outgoing=frozenset(outgoing),
        watch_sources=watch,
    )


class TestDirectlyConnected:
    def test_the_dr_sends_the_packets_of_a_source_to_the_rp(self) -> None:
        router = started(source=HERE)
        assert trees(data(router, "src")) == [
            TreeUpdate(
                tree=SG,
                incoming="src",
                rpf_neighbor=None,
                outgoing=frozenset(),
                registering=Registering(ip("192.0.2.2"), RP),
            )
        ]
        assert (tree(router).spt_bit, tree(router).keepalive) == (True, KEEPALIVE_PERIOD)
        assert tree(router).register == "J"

    def test_another_router_lets_them_die_in_the_switch(self) -> None:
        router = started(source=HERE)
        router.hears("src", "192.0.2.9", hello(holdtime=FOREVER))
        assert trees(data(router, "src")) == [
            TreeUpdate(tree=SG, incoming="src", rpf_neighbor=None, outgoing=frozenset())
        ]

    def test_a_router_that_becomes_the_dr_registers_what_it_knows(self) -> None:
        router = started(source=HERE)
        router.hears("src", "192.0.2.9", hello(holdtime=FOREVER))
        data(router, "src")
        (update,) = trees(router.hears("src", "192.0.2.9", hello(holdtime=0)))
        assert isinstance(update, TreeUpdate)
        assert update.registering == Registering(ip("192.0.2.2"), RP)

    def test_a_packet_with_such_a_source_from_elsewhere_is_nothing(self) -> None:
        router = started(source=HERE)
        assert data(router, "side") == []
        assert router.engine.trees(router.now) == ()

    def test_it_goes_to_who_joined_the_shared_tree_here_too(self) -> None:
        router = started(source=HERE)
        downstream(router, STAR)
        (update,) = trees(data(router, "src"))
        assert isinstance(update, TreeUpdate)
        assert (update.incoming, update.outgoing) == ("src", frozenset({"lan"}))
        assert update.registering is not None

    def test_it_is_pruned_off_the_shared_tree_that_comes_back(self) -> None:
        router = started(source=HERE)
        downstream(router, STAR)
        assert join_prunes(data(router, "src")) == [("up", entries("10.0.2.2", prune=[RPT]))]

    def test_a_known_source_without_packets_is_awaited(self) -> None:
        """Its first packet makes it known to the RP."""
        router = started(source=HERE)
        (before,) = trees(downstream(router, SPT))
        (after,) = trees(data(router, "src"))
        assert isinstance(before, TreeUpdate)
        assert isinstance(after, TreeUpdate)
        assert (before.watch_sources, after.watch_sources) == (True, False)

    def test_the_ssm_range_has_no_registers_and_no_state_of_packets(self) -> None:
        router = started(source=HERE)
        assert data(router, "src", SSM_SG) == []
        assert router.engine.trees(router.now) == ()


class TestSomewhereElse:
    def test_nobody_asked_for_it(self) -> None:
        router = started()
        assert data(router, "side") == []
        assert router.engine.trees(router.now) == ()

    def test_packets_that_come_by_the_shared_tree_begin_the_switch(self) -> None:
        router = started()
        member(router)
        outputs = data(router, "up")
        assert trees(outputs) == [on_rpt("hosts")]
        assert join_prunes(outputs) == [("side", entries("10.0.3.2", join=[SPT]))]

    def test_packets_on_the_source_s_own_tree_end_it(self) -> None:
        router = started()
        member(router)
        data(router, "up")
        assert trees(data(router, "side")) == [on_spt("hosts")]

    def test_packets_that_come_on_both_change_nothing_more(self) -> None:
        router = started()
        member(router)
        data(router, "up")
        data(router, "side")
        assert data(router, "up") == []
        assert data(router, "side") == []

    def test_a_policy_never_to_switch_makes_no_state(self) -> None:
        router = started(NEVER)
        member(router)
        assert data(router, "up") == []
        assert router.engine.trees(router.now) == ()

    def test_with_a_threshold_it_switches_when_the_group_is_busy(self) -> None:
        config = replace(IMMEDIATE, spt=SptPolicy.THRESHOLD, spt_threshold=64.0)
        router = started(config)
        member(router)
        assert rate(router, 63.9) == []
        assert data(router, "up") == []
        (watched,) = trees(rate(router, 64.0))
        assert isinstance(watched, TreeUpdate)
        assert (watched.tree, watched.watch_sources) == (ANY, True)
        outputs = data(router, "up")
        assert join_prunes(outputs) == [("side", entries("10.0.3.2", join=[SPT]))]
        data(router, "side")
        (unwatched,) = trees(rate(router, 0.0))
        assert isinstance(unwatched, TreeUpdate)
        assert (unwatched.tree, unwatched.watch_sources) == (ANY, False)
        assert tree(router).spt_bit

    def test_the_pe_is_told_whose_packet_across_the_pmsi_ends_the_shared_tree(self) -> None:
        """An S-PMSI may bring it, which the PE has to be a leaf of then."""
        router = started(source=Rpf("mdt", PE))
        router.up("mdt", 9, kind=InterfaceKind.PMSI, address="10.255.0.1/32")
        router.enable("mdt")
        router.hears("mdt", str(PE), hello(holdtime=FOREVER))
        member(router)
        waiting = replace(on_rpt("hosts"), awaited=PE)
        assert trees(data(router, "up"))[-1] == waiting
        changed = router.handle(DataArrived(interface="mdt", sg=SG, neighbor=PE))
        assert trees(changed)[-1] == replace(on_spt("hosts"), incoming="mdt", rpf_neighbor=PE)

    def test_a_source_counts_to_its_group_as_long_as_it_is_on_the_shared_tree(self) -> None:
        """The switch may have a route for it: where an S-PMSI brings it, say."""
        config = replace(IMMEDIATE, spt=SptPolicy.THRESHOLD, spt_threshold=64.0)
        router = started(config)
        member(router)
        (watched,) = trees(rate(router, 64.0, of=SG))
        assert isinstance(watched, TreeUpdate)
        assert watched.watch_sources
        data(router, "up")
        assert rate(router, 64.0, of=SG) == []
        data(router, "side")
        (unwatched,) = trees(rate(router, 64.0, of=SG))
        assert isinstance(unwatched, TreeUpdate)
        assert not unwatched.watch_sources

    def test_other_policies_do_not_look_at_rates(self) -> None:
        router = started(NEVER)
        member(router)
        assert rate(router, 1e6) == []

    def test_a_router_without_members_does_not_switch(self) -> None:
        router = started()
        downstream(router, STAR)
        assert data(router, "up") == []
        assert router.engine.trees(router.now) == ()

    def test_members_that_refuse_the_source_are_no_reason(self) -> None:
        router = started()
        event = MembershipChanged(interface="hosts", group=G, source=S, joined=True, refused=True)
        router.handle(event)
        member(router)
        assert data(router, "up") == []
        assert tree(router).keepalive is None


class TestOnTheWay:
    """A router that is joined by others."""

    def test_a_source_tree_alone_takes_packets_at_once_and_shows_the_first(self) -> None:
        router = started()
        assert trees(downstream(router, SPT)) == [on_spt("lan", watch=True)]
        assert trees(data(router, "side")) == [on_spt("lan")]

    def test_beside_a_shared_tree_it_waits_for_the_first_packet(self) -> None:
        router = started()
        downstream(router, STAR)
        assert trees(downstream(router, SPT)) == [on_rpt("lan")]
        assert trees(data(router, "side")) == [on_spt("lan")]

    def test_both_trees_from_one_neighbor_are_not_told_apart(self) -> None:
        router = started(source=Rpf("up", ip("10.0.2.2")))
        downstream(router, STAR)
        assert trees(downstream(router, SPT)) == [on_rpt("lan", watch=True)]
        assert trees(data(router, "up")) == [on_rpt("lan")]
        assert tree(router).spt_bit

    def test_trees_from_two_neighbors_of_a_lan_are_told_apart_by_an_assert(self) -> None:
        router = started(source=Rpf("up", ip("10.0.2.3")))
        router.hears("up", "10.0.2.3", hello(holdtime=FOREVER))
        downstream(router, STAR)
        downstream(router, SPT)
        data(router, "up")
        assert not tree(router).spt_bit
        claim = Assert(group=EncodedGroup(address=G), source=S, rpt=False, preference=1, metric=1)
        (update,) = trees(router.hears("up", "10.0.2.3", claim))
        assert isinstance(update, TreeUpdate)
        assert (update.incoming, update.rpf_neighbor) == ("up", ip("10.0.2.3"))
        assert tree(router).spt_bit

    def test_a_prune_off_the_shared_tree_makes_a_route_of_its_own(self) -> None:
        router = started(NEVER)
        downstream(router, STAR)
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", prune=[RPT]))
        assert [t for _, o in router.run(until=router.now) for t in trees([o])] == [on_rpt()]

    def test_no_join_any_more_clears_the_spt_bit(self) -> None:
        router = started()
        member(router)
        data(router, "up")
        data(router, "side")
        member(router, joined=False)
        assert not tree(router).spt_bit
        member(router)
        assert trees(data(router, "side")) == [on_spt("hosts")]


class TestKeepalive:
    @pytest.fixture
    def router(self) -> Router:
        """At 100 s, on the source's own tree."""
        router = started()
        member(router)
        data(router, "up")
        data(router, "side")
        return router

    def test_a_source_that_falls_silent_is_forgotten(self, router: Router) -> None:
        changes = [(at, t) for at, o in router.run(until=400.0) for t in trees([o])]
        assert changes == [(100.0 + KEEPALIVE_PERIOD, TreeRemoved(tree=SG))]

    def test_packets_keep_it(self, router: Router) -> None:
        router.run(until=200.0)
        active(router)
        assert tree(router).keepalive == KEEPALIVE_PERIOD
        router.run(until=200.0 + KEEPALIVE_PERIOD - 1.0)
        assert tree(router).keepalive == 1.0
        router.run(until=200.0 + KEEPALIVE_PERIOD)
        assert router.engine.trees(router.now) == ()

    def test_packets_that_nobody_wants_any_more_do_not(self, router: Router) -> None:
        member(router, joined=False)
        active(router)
        router.run(until=100.0 + KEEPALIVE_PERIOD)
        assert router.engine.trees(router.now) == ()

    def test_a_join_keeps_the_tree_without_packets(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[SPT], holdtime=FOREVER))
        router.run(until=100.0 + KEEPALIVE_PERIOD)
        assert (tree(router).upstream, tree(router).keepalive) == ("J", None)

    def test_a_directly_connected_source_is_kept_by_packets_alone(self) -> None:
        router = started(source=HERE)
        data(router, "src")
        router.run(until=200.0)
        active(router)
        assert tree(router).keepalive == KEEPALIVE_PERIOD

    def test_what_is_not_known_is_not_made(self) -> None:
        router = started()
        assert active(router) == []
        assert router.engine.trees(router.now) == ()

    def test_trees_of_the_ssm_range_need_none(self) -> None:
        router = started()
        router.hears("lan", "10.0.1.2", join_prune("10.0.1.1", join=[SSM_SG]))
        assert router.handle(SourcesActive(sgs=frozenset({SSM_SG}))) == []
        assert (tree(router).keepalive, tree(router).spt_bit) == (None, True)


class TestWatching:
    """New sources of a (*,G) are shown where they matter."""

    @pytest.mark.parametrize(("config", "watched"), [(IMMEDIATE, True), (NEVER, False)])
    def test_to_a_last_hop_router_that_may_switch(self, config: PimConfig, watched: bool) -> None:
        (update,) = trees(member(started(config)))
        assert isinstance(update, TreeUpdate)
        assert update.watch_sources is watched

    def test_to_the_dr_of_the_link_that_they_come_in_on(self) -> None:
        """A host there may send: its packets pass as those of the shared tree, and none would tell
        the RP."""
        router = started(NEVER)
        router.rpf[RP] = Rpf("src", ip("192.0.2.1"))
        (update,) = trees(downstream(router, STAR))
        assert isinstance(update, TreeUpdate)
        assert update.watch_sources

    def test_to_the_rp_whatever_its_policy(self) -> None:
        router = started(NEVER)
        router.rpf[RP] = Rpf("lo0", None, is_local=True)
        assert trees(downstream(router, STAR)) == [
            TreeUpdate(
                tree=ANY,
                incoming=None,
                rpf_neighbor=None,
                outgoing=frozenset({"lan"}),
                from_registers=True,
                watch_sources=True,
            )
        ]
