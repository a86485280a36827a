"""Flows in selective P-trees. The PE and its names are those of test_multicast and test_tunnels."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.fib.build import FibBuilder
from controlplane.fib.model import (
    TAIL_TABLES,
    Encapsulate,
    Fib,
    InPlace,
    MulticastRoute,
    Tail,
    TailTable,
)
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate
from controlplane.rib.tunnels import RemoteTunnel, SelectiveLeaf, VpnTunnels
from tests.fib.test_multicast import (
    CE,
    CUSTOMER,
    INTERFACES,
    ME,
    OWN,
    PE2,
    PE3,
    RED,
    ROOT2,
    ROOT3,
    TREE2,
    TREE3,
    copy,
)
from tests.fib.test_tunnels import C_TREE, INNER, Pe

MINE, THEIRS = (SourceGroup(pe, IPv4Address("232.5.0.1")) for pe in (ME, PE2))
OTHER = SourceGroup(CUSTOMER.source, IPv4Address("232.1.1.2"))
TABLE = TAIL_TABLES[0]
FROM_ROOT2 = frozenset({ROOT2})
FROM_CE = TreeUpdate(
    tree=CUSTOMER, incoming="e1", rpf_neighbor=CE, outgoing=frozenset({"mdt-red", "e2"})
)
IN_VRF = copy(4, InPlace(), 7)


class SelectivePe(Pe):
    def red(self) -> VpnTunnels:
        tunnels = self.tables["red"].tunnels
        assert tunnels is not None
        return tunnels

    def own_tree(self, sg: SourceGroup, *outgoing: str) -> None:
        """A P-tree that this PE is the root of."""
        whole = TreeUpdate(tree=sg, incoming="lo0", rpf_neighbor=None, outgoing=frozenset(outgoing))
        self.tree("default", whole)

    def remove_tree(self, name: TreeName, vrf: str = "default") -> None:
        self.tables[vrf].mrib.apply(TreeRemoved(tree=name))
        self.builder.tree_changed(vrf, name)

    def move(self, tree: SourceGroup | None, flow: SourceGroup = CUSTOMER) -> None:
        if tree is None:
            self.red().selective.pop(flow, None)
        else:
            self.red().selective[flow] = tree
        self.builder.flow_moved("red", flow)

    def leaf(self, *flows: SourceGroup, tree: SourceGroup = THEIRS) -> None:
        if flows:
            self.red().leaves[tree] = SelectiveLeaf(TABLE, frozenset(flows))
        else:
            self.red().leaves.pop(tree, None)
        self.builder.leaf_changed("red", tree)

    def neighbor(self, pe: IPv4Address, *, up: bool) -> None:
        neighbors = self.red().neighbors
        (neighbors.add if up else neighbors.discard)(pe)
        self.builder.tunnels_changed("red", {pe})

    def afresh(self) -> Fib:
        builder = FibBuilder(INTERFACES, self.tables, {})
        for flow in self.red().selective:
            builder.flow_moved("red", flow)
        for tree in self.red().leaves:
            builder.leaf_changed("red", tree)
        for name, tables in self.tables.items():
            for sg in tables.mrib.trees:
                builder.tree_changed(name, sg)
        return builder.build()


@pytest.fixture
def pe() -> SelectivePe:
    made = SelectivePe()
    made.tunnel(PE2, RemoteTunnel(TREE2, ROOT2))
    made.tunnel(PE3, RemoteTunnel(TREE3, ROOT3))
    made.neighbor(PE2, up=True)
    return made


class TestAtTheRoot:
    @pytest.fixture(autouse=True)
    def trees(self, pe: SelectivePe) -> None:
        pe.own_tree(OWN, "c1", "c2")
        pe.own_tree(MINE, "c2")
        pe.tree("red", FROM_CE)

    def copies(self, pe: SelectivePe, flow: SourceGroup = CUSTOMER) -> frozenset[object]:
        route = pe.route(RED, flow)
        assert route is not None
        return route.replicas

    INCLUSIVE = frozenset({IN_VRF, *(copy(port, Encapsulate(ME, OWN.group)) for port in (1, 2))})
    SELECTIVE = frozenset({IN_VRF, copy(2, Encapsulate(ME, MINE.group))})

    def test_a_flow_goes_into_the_selective_tree_and_back_by_one_change_of_its_route(
        self, pe: SelectivePe
    ) -> None:
        before = pe.builder.build()
        pe.move(MINE)
        after = pe.builder.build()
        assert len(before.multicast ^ after.multicast) == 2
        assert self.copies(pe) == self.SELECTIVE
        pe.move(None)
        assert pe.builder.build() == before

    def test_other_flows_stay_in_the_inclusive_tree(self, pe: SelectivePe) -> None:
        pe.tree("red", replace(FROM_CE, tree=OTHER))
        pe.move(MINE)
        assert self.copies(pe, OTHER) == self.INCLUSIVE

    def test_a_change_of_the_selective_tree_reaches_its_flows(self, pe: SelectivePe) -> None:
        pe.move(MINE)
        pe.builder.build()
        pe.own_tree(MINE, "c1")
        assert self.copies(pe) == {IN_VRF, copy(1, Encapsulate(ME, MINE.group))}

    def test_a_tree_that_nobody_has_joined_carries_nothing(self, pe: SelectivePe) -> None:
        pe.move(MINE)
        pe.own_tree(MINE)
        assert self.copies(pe) == self.INCLUSIVE
        pe.remove_tree(MINE)
        assert self.copies(pe) == self.INCLUSIVE


class TestAtALeaf:
    @pytest.fixture(autouse=True)
    def trees(self, pe: SelectivePe) -> None:
        pe.p_tree(TREE2, "c2")
        pe.p_tree(THEIRS, "c1")
        pe.tree("red", C_TREE)

    def test_a_flow_has_an_entry_for_each_tree_that_may_bring_it(self, pe: SelectivePe) -> None:
        """Each with the onward copies of its own tree: this PE is a branching point of both."""
        pe.leaf(CUSTOMER)
        by_inclusive = MulticastRoute(RED, CUSTOMER, FROM_ROOT2, INNER | {copy(2, InPlace())})
        by_selective = MulticastRoute(TABLE, CUSTOMER, FROM_ROOT2, INNER | {copy(1, InPlace())})
        assert pe.route(RED, CUSTOMER) == by_inclusive
        assert pe.route(TABLE, CUSTOMER) == by_selective

    def test_the_trees_of_a_root_have_one_interface_and_two_look_ups(self, pe: SelectivePe) -> None:
        pe.leaf(CUSTOMER)
        assert (pe.tail(TREE2), pe.tail(THEIRS)) == (Tail(RED, ROOT2), Tail(TABLE, ROOT2))
        assert pe.builder.build().tail_tables == {TailTable(TABLE, RED)}

    def test_nothing_is_left_of_a_leaf_that_goes(self, pe: SelectivePe) -> None:
        before = pe.builder.build()
        pe.leaf(CUSTOMER)
        pe.builder.build()
        pe.leaf()
        assert pe.builder.build() == before

    def test_a_flow_that_is_not_taken_has_no_entry(self, pe: SelectivePe) -> None:
        pe.leaf(CUSTOMER, OTHER)
        assert pe.route(TABLE, OTHER) is None
        pe.tree("red", replace(C_TREE, tree=OTHER))
        assert pe.route(TABLE, OTHER) is not None
        pe.leaf(OTHER)
        assert pe.route(TABLE, CUSTOMER) is None

    @pytest.mark.parametrize("tree", [replace(C_TREE, rpf_neighbor=PE3), FROM_CE])
    def test_what_does_not_come_from_the_root_is_not_taken_out(
        self, pe: SelectivePe, tree: TreeUpdate
    ) -> None:
        pe.leaf(CUSTOMER)
        pe.builder.build()
        pe.tree("red", tree)
        assert pe.route(TABLE, CUSTOMER) is None
        assert pe.tail(THEIRS) == Tail(TABLE, ROOT2)

    def test_a_change_of_the_selective_tree_reaches_its_entries_alone(
        self, pe: SelectivePe
    ) -> None:
        pe.leaf(CUSTOMER)
        before = pe.builder.build()
        pe.p_tree(THEIRS)
        changed = pe.builder.build().multicast - before.multicast
        assert {(route.vrf, route.tree) for route in changed} == {(0, THEIRS), (TABLE, CUSTOMER)}
        assert pe.route(TABLE, CUSTOMER) == MulticastRoute(TABLE, CUSTOMER, FROM_ROOT2, INNER)

    def test_without_its_root_a_tree_ends_nowhere(self, pe: SelectivePe) -> None:
        pe.leaf(CUSTOMER)
        pe.builder.build()
        pe.tunnel(PE2, None)
        assert pe.tail(THEIRS) is None


class TestAtALeafThatHasTheSharedTree:
    """Of the flow itself it has no state, and takes packets of the group from any PE."""

    ANY = AnySource.of(CUSTOMER.group)
    SHARED = replace(C_TREE, tree=ANY, rpf_neighbor=PE3, accepted=frozenset({"mdt-red"}))

    @pytest.fixture(autouse=True)
    def trees(self, pe: SelectivePe) -> None:
        pe.p_tree(TREE2, "c2")
        pe.p_tree(THEIRS, "c1")
        pe.leaf(CUSTOMER)

    def brought(self, pe: SelectivePe) -> MulticastRoute | None:
        return pe.route(TABLE, CUSTOMER)

    def test_what_a_selective_tree_brings_goes_where_the_shared_tree_goes(
        self, pe: SelectivePe
    ) -> None:
        pe.tree("red", self.SHARED)
        onward = frozenset({copy(1, InPlace())})
        assert self.brought(pe) == MulticastRoute(TABLE, CUSTOMER, FROM_ROOT2, INNER | onward)
        assert pe.route(RED, CUSTOMER) is None

    def test_it_is_watched_for_new_sources_as_the_shared_tree_is(self, pe: SelectivePe) -> None:
        pe.tree("red", replace(self.SHARED, watch_sources=True))
        route = self.brought(pe)
        assert route is not None
        assert route.watch

    def test_a_change_of_the_shared_tree_reaches_it(self, pe: SelectivePe) -> None:
        pe.builder.build()
        pe.tree("red", self.SHARED)
        pe.builder.build()
        pe.tree("red", replace(self.SHARED, outgoing=frozenset[str]()))
        onward = frozenset({copy(1, InPlace())})
        assert self.brought(pe) == MulticastRoute(TABLE, CUSTOMER, FROM_ROOT2, onward)

    def test_state_of_the_flow_itself_comes_first(self, pe: SelectivePe) -> None:
        pe.tree("red", self.SHARED)
        pe.tree("red", replace(C_TREE, rpf_neighbor=PE3))
        assert self.brought(pe) is None

    def test_of_a_root_that_is_no_neighbour_nothing_is_taken_out(self, pe: SelectivePe) -> None:
        pe.tree("red", self.SHARED)
        pe.neighbor(PE2, up=False)
        assert self.brought(pe) is None

    def test_without_the_root_of_the_tree_nothing_is_taken_out(self, pe: SelectivePe) -> None:
        pe.tree("red", self.SHARED)
        pe.builder.build()
        pe.tunnel(PE2, None)
        assert self.brought(pe) is None

    def test_a_shared_tree_from_a_ce_takes_nothing_of_other_pes(self, pe: SelectivePe) -> None:
        pe.tree("red", replace(FROM_CE, tree=self.ANY))
        assert self.brought(pe) is None


flows = st.sampled_from([CUSTOMER, OTHER])
p_trees = st.tuples(
    st.just("p_tree"),
    st.sampled_from([TREE2, THEIRS, OWN, MINE]),
    st.sets(st.sampled_from(["c1", "c2"])),
)
SHARED = TestAtALeafThatHasTheSharedTree.SHARED
c_trees = st.tuples(
    st.just("c_tree"),
    st.one_of(flows, st.just(SHARED.tree)),
    st.sampled_from([C_TREE, FROM_CE, SHARED, None]),
)
moves = st.tuples(st.just("move"), flows, st.sampled_from([None, MINE]))
leaves = st.tuples(st.just("leaf"), st.sets(flows), st.just(None))
roots = st.tuples(st.just("root"), st.booleans(), st.just(None))
neighbors = st.tuples(st.just("neighbor"), st.booleans(), st.just(None))


@settings(deadline=None)
@given(st.lists(st.one_of(p_trees, c_trees, moves, leaves, roots, neighbors), max_size=20))
def test_the_way_to_a_set_of_selective_trees_does_not_show_in_the_routes(
    steps: list[tuple[str, object, object]],
) -> None:
    pe = SelectivePe()
    for step in steps:
        match step:
            case ("p_tree", SourceGroup() as sg, set() as outgoing):
                (pe.own_tree if sg.source == ME else pe.p_tree)(sg, *outgoing)
            case ("c_tree", SourceGroup() | AnySource() as name, TreeUpdate() as tree):
                pe.tree("red", replace(tree, tree=name))
            case ("c_tree", SourceGroup() | AnySource() as name, None):
                pe.remove_tree(name, "red")
            case ("move", SourceGroup() as flow, SourceGroup() | None as into):
                pe.move(into, flow)
            case ("leaf", set() as of, _):
                pe.leaf(*of)
            case ("root", is_known, _):
                pe.tunnel(PE2, RemoteTunnel(TREE2, ROOT2) if is_known else None)
            case ("neighbor", is_up, _):
                pe.neighbor(PE2, up=bool(is_up))
        built, afresh = pe.builder.build(), pe.afresh()
        assert (built.multicast, built.tail_tables) == (afresh.multicast, afresh.tail_tables)
