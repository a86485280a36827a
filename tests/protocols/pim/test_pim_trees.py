"""RFC 7761 4.1.5, 4.8.2: what an (S,G) tree is made of, and how its forwarding state is told."""

from __future__ import annotations

import pytest

from controlplane.net.interface import InterfaceKind
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import RoutesChanged, Rpf, TreeRemoved, TreeUpdate
from tests.protocols.pim.router import (
    SG,
    Router,
    S,
    hello,
    ip,
    join_prune,
    join_prunes,
    trees,
)

UPSTREAM = ip("10.0.1.2")
FOREVER = 0xFFFF


def update(*outgoing: str, incoming: str | None = "up", via: str | None = "10.0.1.2") -> TreeUpdate:
    return TreeUpdate(
        tree=SG,
        incoming=incoming,
        rpf_neighbor=ip(via) if via else None,
        outgoing=frozenset(outgoing),
    )


@pytest.fixture
def router() -> Router:
    """The source is behind 10.0.1.2 on up; on each of a and b is a router that can join."""
    router = Router({S: Rpf("up", UPSTREAM)})
    for index, name in enumerate(("up", "a", "b"), start=1):
        router.up(name, index)
        router.enable(name)
        router.hears(name, f"10.0.{index}.2", hello(holdtime=FOREVER, priority=0))
    router.run(until=10.0)
    return router


def test_joins_and_members_make_the_outgoing_list(router: Router) -> None:
    first = router.hears("a", "10.0.2.2", join_prune("10.0.2.1", join=[SG]))
    second = router.member("b", joined=True)
    third = router.hears("a", "10.0.2.2", join_prune("10.0.2.1", prune=[SG]))
    third += [output for _, output in router.run(until=router.now)]
    fourth = router.member("b", joined=False)
    assert [trees(outputs) for outputs in (first, second, third, fourth)] == [
        [update("a")],
        [update("a", "b")],
        [update("b")],
        [TreeRemoved(tree=SG)],
    ]


def test_a_join_and_a_member_on_one_interface_are_one_outgoing_interface(router: Router) -> None:
    router.hears("a", "10.0.2.2", join_prune("10.0.2.1", join=[SG]))
    assert router.member("a", joined=True) == []
    assert router.member("a", joined=False) == []


def test_the_incoming_interface_is_never_outgoing(router: Router) -> None:
    router.member("a", joined=True)
    assert trees(router.member("up", joined=True)) == []
    outputs = router.routes_change(S, Rpf("b", ip("10.0.3.2")))
    assert trees(outputs) == [update("a", "up", incoming="b", via="10.0.3.2")]


def test_the_router_of_the_source_is_the_root_and_joins_nobody(router: Router) -> None:
    router.rpf[S] = Rpf("lo0", None)
    outputs = router.hears("a", "10.0.2.2", join_prune("10.0.2.1", join=[SG]))
    assert outputs == [update("a", incoming="lo0", via=None)]
    assert router.tree.join_timer is None


def test_a_source_without_a_route_has_no_incoming_interface(router: Router) -> None:
    router.rpf.clear()
    outputs = router.member("a", joined=True)
    assert outputs == [update("a", incoming=None, via=None)]
    assert trees(router.routes_change(S, Rpf("up", UPSTREAM))) == [update("a")]


def test_a_next_hop_that_is_no_pim_neighbor_is_not_told(router: Router) -> None:
    router.rpf[S] = Rpf("up", ip("10.0.1.77"))
    assert router.member("a", joined=True) == [update("a", via=None)]


def test_routes_that_stay_the_same_tell_nothing(router: Router) -> None:
    router.member("a", joined=True)
    assert router.handle(RoutesChanged()) == []


def test_forwarding_state_is_told_before_the_join_that_brings_packets(router: Router) -> None:
    outputs = router.member("a", joined=True)
    assert [type(output).__name__ for output in outputs] == ["TreeUpdate", "SendPacket"]


def test_an_interface_that_goes_down_leaves_every_tree(router: Router) -> None:
    other = SourceGroup(S, ip("232.1.1.2"))
    router.hears("a", "10.0.2.2", join_prune("10.0.2.1", join=[SG, other]))
    router.member("b", joined=True)
    outputs = router.down("a")
    assert trees(outputs) == [update("b"), TreeRemoved(tree=other)]
    assert join_prunes(outputs) == [("up", join_prune("10.0.1.2", prune=[other]))]


def test_a_local_member_goes_with_an_interface_where_pim_does_not_run(router: Router) -> None:
    router.member("hosts", joined=True)
    assert trees(router.down("hosts")) == [TreeRemoved(tree=SG)]


def test_leaving_what_was_not_joined_leaves_no_state(router: Router) -> None:
    assert router.member("a", joined=False) == []
    assert router.engine.trees(router.now) == ()


class TestPmsi:
    """RFC 6513 5.2: over the MI-PMSI PIM runs as over a LAN. PE1 is the router under test."""

    @pytest.fixture
    def pe1(self) -> Router:
        router = Router()
        router.up("mdt-red", 9, kind=InterfaceKind.PMSI, address="10.255.0.1/32")
        router.enable("mdt-red")
        router.up("ce", 1)
        router.enable("ce")
        for number in (2, 3):
            router.hears("mdt-red", f"10.255.0.{number}", hello(holdtime=FOREVER))
        router.hears("ce", "10.0.1.2", hello(holdtime=FOREVER))
        router.run(until=10.0)
        return router

    def test_joins_of_other_pes_make_the_pmsi_outgoing(self, pe1: Router) -> None:
        pe1.rpf[S] = Rpf("ce", ip("10.0.1.2"))
        outputs = pe1.hears("mdt-red", "10.255.0.2", join_prune("10.255.0.1", join=[SG]))
        assert trees(outputs) == [update("mdt-red", incoming="ce")]
        assert join_prunes(outputs) == [("ce", join_prune("10.0.1.2", join=[SG]))]

    def test_a_source_behind_another_pe_is_joined_there(self, pe1: Router) -> None:
        pe1.rpf[S] = Rpf("mdt-red", ip("10.255.0.2"))
        outputs = pe1.hears("ce", "10.0.1.2", join_prune("10.0.1.1", join=[SG]))
        assert trees(outputs) == [update("ce", incoming="mdt-red", via="10.255.0.2")]
        assert join_prunes(outputs) == [("mdt-red", join_prune("10.255.0.2", join=[SG]))]

    def test_joins_of_a_third_pe_suppress_ours_and_prunes_are_overridden(self, pe1: Router) -> None:
        pe1.rpf[S] = Rpf("mdt-red", ip("10.255.0.2"))
        pe1.hears("ce", "10.0.1.2", join_prune("10.0.1.1", join=[SG], holdtime=FOREVER))
        pe1.hears("mdt-red", "10.255.0.3", join_prune("10.255.0.2", join=[SG]))
        assert (pe1.tree.waiting, pe1.tree.join_timer) == ("suppressed", 75.0)
        pe1.hears("mdt-red", "10.255.0.3", join_prune("10.255.0.2", prune=[SG]))
        assert (pe1.tree.waiting, pe1.tree.join_timer) == ("override", 1.25)

    def test_a_tree_moves_to_another_pe_when_that_is_the_upstream_hop_now(
        self, pe1: Router
    ) -> None:
        """RFC 6513 5.1.3: another selected PE is another RPF', on the same interface."""
        pe1.rpf[S] = Rpf("mdt-red", ip("10.255.0.2"))
        pe1.hears("ce", "10.0.1.2", join_prune("10.0.1.1", join=[SG]))
        outputs = pe1.routes_change(S, Rpf("mdt-red", ip("10.255.0.3")))
        assert trees(outputs) == [update("ce", incoming="mdt-red", via="10.255.0.3")]
        assert sorted(join_prunes(outputs), key=str) == [
            ("mdt-red", join_prune("10.255.0.2", prune=[SG])),
            ("mdt-red", join_prune("10.255.0.3", join=[SG])),
        ]

    def test_trees_of_one_source_may_come_from_two_pes(self, pe1: Router) -> None:
        """RFC 6513 5.1.3: the hash is over the C-group too."""
        other = SourceGroup(S, SG.group + 1)
        upstream = {SG: "10.255.0.2", other: "10.255.0.3"}
        pe1.rpf_of = lambda root, group: Rpf("mdt-red", ip(upstream[SourceGroup(root, group)]))
        outputs = pe1.hears("ce", "10.0.1.2", join_prune("10.0.1.1", join=[SG, other]))
        assert {
            (tree.tree, str(tree.rpf_neighbor))
            for tree in trees(outputs)
            if isinstance(tree, TreeUpdate)
        } == set(upstream.items())
