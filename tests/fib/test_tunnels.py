"""P-tunnels that appear, move and vanish. The PE and its names are those of test_multicast."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.fib.build import FibBuilder, VrfTables
from controlplane.fib.model import Decapsulate, Fib, InPlace, MulticastRoute, Tail
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import TreeUpdate
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.tunnels import RemoteTunnel, VpnTunnels
from tests.fib.test_multicast import (
    CUSTOMER,
    INTERFACES,
    OWN,
    PE2,
    PE3,
    RED,
    ROOT2,
    ROOT3,
    TREE2,
    TREE3,
    copy,
    on,
)

BLUE = 2
MOVED2 = SourceGroup(PE2, IPv4Address("232.0.0.2"))
INNER = frozenset({copy(3, Decapsulate())})


class Pe:
    """VRFs red and blue, both with a PMSI, and no other PE known at first."""

    def __init__(self) -> None:
        blue = SourceGroup(OWN.source, MOVED2.group)
        self.tables = {
            DEFAULT_VRF: VrfTables(id=0, rib=Rib(lambda _: True), mrib=Mrib()),
            "red": self._vrf(RED, VpnTunnels(pmsi="mdt-red", own=OWN)),
            "blue": self._vrf(BLUE, VpnTunnels(pmsi="mdt-blue", own=blue)),
        }
        self.builder = FibBuilder(INTERFACES, self.tables, {})

    @staticmethod
    def _vrf(number: int, tunnels: VpnTunnels) -> VrfTables:
        return VrfTables(id=number, rib=Rib(lambda _: True), mrib=Mrib(), tunnels=tunnels)

    def tunnel(self, pe: IPv4Address, tunnel: RemoteTunnel | None, vrf: str = "red") -> None:
        tunnels = self.tables[vrf].tunnels
        assert tunnels is not None
        if tunnel is None:
            tunnels.remote.pop(pe, None)
        else:
            tunnels.remote[pe] = tunnel
        self.builder.tunnels_changed(vrf, {pe})

    def tree(self, vrf: str, tree: TreeUpdate) -> None:
        self.tables[vrf].mrib.apply(tree)
        self.builder.tree_changed(vrf, tree.tree)

    def p_tree(self, sg: SourceGroup, *outgoing: str) -> None:
        whole = TreeUpdate(
            tree=sg, incoming="c1", rpf_neighbor=None, outgoing=frozenset({"mdt-red", *outgoing})
        )
        self.tree(DEFAULT_VRF, whole)

    def route(self, vrf: int, sg: SourceGroup) -> MulticastRoute | None:
        found = [r for r in self.builder.build().multicast if (r.vrf, r.tree) == (vrf, sg)]
        return found[0] if found else None

    def afresh(self) -> Fib:
        """What a builder makes of the tables at once."""
        builder = FibBuilder(INTERFACES, self.tables, {})
        for name, tables in self.tables.items():
            for sg in tables.mrib.trees:
                builder.tree_changed(name, sg)
        return builder.build()

    def tail(self, sg: SourceGroup) -> Tail | None:
        route = self.route(0, sg)
        assert route is not None
        return route.tail


C_TREE = TreeUpdate(tree=CUSTOMER, incoming="mdt-red", rpf_neighbor=PE2, outgoing=frozenset({"e1"}))


@pytest.fixture
def pe() -> Pe:
    return Pe()


def test_a_tunnel_that_appears_gets_a_tail_and_feeds_the_trees_that_wait_for_it(pe: Pe) -> None:
    pe.p_tree(TREE2)
    pe.tree("red", C_TREE)
    assert (pe.tail(TREE2), pe.route(RED, CUSTOMER)) == (None, None)
    pe.tunnel(PE2, RemoteTunnel(TREE2, ROOT2))
    assert pe.tail(TREE2) == Tail(RED, ROOT2)
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(ROOT2), INNER)


def test_a_tunnel_that_vanishes_leaves_neither_tail_nor_c_route(pe: Pe) -> None:
    before = pe.builder.build()
    pe.tunnel(PE2, RemoteTunnel(TREE2, ROOT2))
    pe.p_tree(TREE2)
    pe.tree("red", C_TREE)
    pe.builder.build()
    pe.tunnel(PE2, None)
    assert (pe.tail(TREE2), pe.route(RED, CUSTOMER)) == (None, None)
    assert {route.tree for route in pe.builder.build().multicast} == {TREE2}
    assert before.multicast == frozenset()


def test_a_tunnel_that_moves_takes_its_c_routes_along_on_the_same_index(pe: Pe) -> None:
    pe.tunnel(PE2, RemoteTunnel(TREE2, ROOT2))
    pe.p_tree(TREE2, "c2")
    pe.p_tree(MOVED2)
    pe.tree("red", C_TREE)
    onward = INNER | {copy(2, InPlace())}
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(ROOT2), onward)
    pe.tunnel(PE2, RemoteTunnel(MOVED2, ROOT2))
    assert (pe.tail(TREE2), pe.tail(MOVED2)) == (None, Tail(RED, ROOT2))
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(ROOT2), INNER)


def test_a_tree_that_a_tunnel_left_concerns_the_vrf_no_more(pe: Pe) -> None:
    pe.tunnel(PE2, RemoteTunnel(TREE2, ROOT2))
    pe.tunnel(PE2, RemoteTunnel(MOVED2, ROOT2))
    pe.tree("red", C_TREE)
    before = pe.route(RED, CUSTOMER)
    pe.p_tree(TREE2, "c2")
    assert pe.route(RED, CUSTOMER) == before


def test_a_c_tree_moves_with_its_upstream_pe(pe: Pe) -> None:
    for address, tree, index in ((PE2, TREE2, ROOT2), (PE3, TREE3, ROOT3)):
        pe.tunnel(address, RemoteTunnel(tree, index))
        pe.p_tree(tree)
    pe.tree("red", C_TREE)
    pe.tree("red", replace(C_TREE, rpf_neighbor=PE3))
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(ROOT3), INNER)


def test_an_unknown_pe_is_no_tunnel(pe: Pe) -> None:
    pe.builder.tunnels_changed("red", {PE2})
    pe.p_tree(TREE2)
    assert pe.tail(TREE2) is None


class TestATreeThatTwoVrfsJoin:
    """VRFs that import each other's routes; a leaf has one tail."""

    def test_the_vrf_with_its_group_has_it(self, pe: Pe) -> None:
        pe.p_tree(MOVED2, "mdt-blue")
        pe.tunnel(PE2, RemoteTunnel(MOVED2, ROOT2))
        assert pe.tail(MOVED2) == Tail(RED, ROOT2)
        pe.tunnel(PE2, RemoteTunnel(MOVED2, ROOT3), "blue")
        assert pe.tail(MOVED2) == Tail(BLUE, ROOT3)

    def test_else_the_lowest_number_has_it(self, pe: Pe) -> None:
        pe.p_tree(TREE3, "mdt-blue")
        other = SourceGroup(PE3, IPv4Address("232.0.0.9"))
        pe.p_tree(other, "mdt-blue")
        pe.tunnel(PE3, RemoteTunnel(other, ROOT3), "blue")
        pe.tunnel(PE3, RemoteTunnel(other, ROOT2))
        assert pe.tail(other) == Tail(RED, ROOT2)

    def test_when_one_leaves_it_the_other_has_it(self, pe: Pe) -> None:
        pe.p_tree(TREE2, "mdt-blue")
        pe.tunnel(PE2, RemoteTunnel(TREE2, ROOT2))
        pe.tunnel(PE2, RemoteTunnel(TREE2, ROOT3), "blue")
        pe.tunnel(PE2, None)
        assert pe.tail(TREE2) == Tail(BLUE, ROOT3)

    def test_its_changes_reach_the_c_routes_of_both(self, pe: Pe) -> None:
        for vrf, pmsi, index in (("red", "mdt-red", ROOT2), ("blue", "mdt-blue", ROOT3)):
            pe.tunnel(PE2, RemoteTunnel(TREE2, index), vrf)
            pe.tree(vrf, replace(C_TREE, incoming=pmsi))
        pe.builder.build()
        pe.p_tree(TREE2, "c2")
        routes = (pe.route(RED, CUSTOMER), pe.route(BLUE, CUSTOMER))
        assert [copy(2, InPlace()) in route.replicas for route in routes if route] == [True, True]


p_trees = st.tuples(
    st.just("p"),
    st.sampled_from([TREE2, TREE3, MOVED2]),
    st.sets(st.sampled_from(["c2", "mdt-blue"])),
)
tunnels = st.tuples(
    st.sampled_from(["red", "blue"]),
    st.just(PE2),
    st.sampled_from([None, RemoteTunnel(TREE2, ROOT2), RemoteTunnel(MOVED2, ROOT2)]),
) | st.tuples(
    st.sampled_from(["red", "blue"]),
    st.just(PE3),
    st.sampled_from([None, RemoteTunnel(TREE3, ROOT3)]),
)
c_trees = st.tuples(st.just("c"), st.sampled_from([PE2, PE3]), st.booleans())


@settings(deadline=None)
@given(st.lists(st.one_of(p_trees, tunnels, c_trees), max_size=20))
def test_the_way_to_a_set_of_tunnels_does_not_show_in_the_routes(
    steps: list[tuple[str, Any, Any]],
) -> None:
    pe = Pe()
    for what, name, value in steps:
        match what:
            case "p":
                pe.p_tree(name, *value)
            case "c":
                pmsi = ("red", "mdt-red") if value else ("blue", "mdt-blue")
                pe.tree(pmsi[0], replace(C_TREE, incoming=pmsi[1], rpf_neighbor=name))
            case vrf:
                pe.tunnel(name, value, vrf)
        assert pe.builder.build().multicast == pe.afresh().multicast
