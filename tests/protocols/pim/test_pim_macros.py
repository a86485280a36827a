"""RFC 7761 4.1.5, 4.6.5: the state summarization macros, over states made by hand.

PIM runs on a, b and c with addresses 10.0.1.1 to 10.0.3.1; this router is the DR on a and b. The RP
is behind rp, the source behind s.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface

import pytest

from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.pim.assert_metric import AssertMetric
from controlplane.protocols.pim.assert_state import AssertInfo, AssertState
from controlplane.protocols.pim.dr import DrElection, Reason
from controlplane.protocols.pim.events import PimSettings, Rpf
from controlplane.protocols.pim.forwarders import Forwarders
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.macros import (
    Macros,
    i_am_assert_loser,
    joins,
    next_hop,
    prunes,
    rpf_interface,
)
from controlplane.protocols.pim.neighbor import Neighbor
from controlplane.protocols.pim.tib import (
    REGISTER_TUNNEL,
    DownstreamState,
    RpfNeighbor,
    RptDownstreamState,
    SharedTree,
    SourceTree,
    set_assert,
    set_downstream,
)
from tests.protocols.pim.router import SG as SSM_SG
from tests.protocols.pim.router import Proportion, S, hello, ip
from tests.protocols.pim.sparse import IMMEDIATE, RP, SG

OTHER = ip("10.0.1.9")


def _interface(name: str, index: int, *, dr: str) -> PimInterface:
    address = f"10.0.{index}.1"
    neighbor = ip(f"10.0.{index}.9")
    return PimInterface(
        interface=Interface(
            name=name,
            index=index,
            kind=InterfaceKind.ETHERNET,
            address=IPv4Interface(f"{address}/24"),
        ),
        settings=PimSettings(),
        generation_id=1,
        dr=DrElection(ip(dr), Reason.ADDRESS),
        neighbors={neighbor: Neighbor(neighbor, hello(), 0.0)},
    )


@dataclass
class State:
    """(*,G) and (S,G) of a router, and the macros over them."""

    shared: SharedTree
    source: SourceTree
    macros: Macros


@pytest.fixture
def state() -> State:
    routes = {RP: Rpf("rp", ip("10.0.4.9"), preference=110, metric=30), S: Rpf("s", None)}
    instance = PimInstance(lambda root, _: routes[root], Proportion(0.5), IMMEDIATE)
    instance.interfaces |= {
        "a": _interface("a", 1, dr="10.0.1.1"),
        "b": _interface("b", 2, dr="10.0.2.1"),
        "c": _interface("c", 3, dr="10.0.3.9"),
        "rp": _interface("rp", 4, dr="10.0.4.1"),
        "s": _interface("s", 5, dr="10.0.5.1"),
    }
    source = instance.make_source(SG, 0.0)
    assert source is not None
    assert source.shared is not None
    source.route = Rpf("s", ip("10.0.5.9"), preference=110, metric=20)
    return State(source.shared, source, instance.macros)


def join(tree: SharedTree | SourceTree, *interfaces: str) -> None:
    for interface in interfaces:
        set_downstream(tree, interface, DownstreamState.JOIN)


def lose(tree: SharedTree | SourceTree, interface: str, metric: int = 1) -> None:
    info = AssertInfo(AssertState.LOSER, OTHER, AssertMetric(False, 110, metric, OTHER))
    set_assert(tree, interface, info)


def win(tree: SharedTree | SourceTree, interface: str) -> None:
    me = ip("10.0.3.1")
    set_assert(tree, interface, AssertInfo(AssertState.WINNER, me, AssertMetric(False, 1, 1, me)))


class TestImmediate:
    def test_joins_and_prune_pending_count_alike(self, state: State) -> None:
        state.shared.downstream = {"a": DownstreamState.JOIN, "b": DownstreamState.PRUNE_PENDING}
        assert joins(state.shared) == state.macros.immediate_olist(state.shared) == {"a", "b"}

    def test_members_count_where_this_router_is_the_dr(self, state: State) -> None:
        state.shared.members = frozenset({"a", "c"})
        assert state.macros.immediate_olist(state.shared) == {"a"}

    def test_members_count_where_pim_does_not_run(self, state: State) -> None:
        state.source.members = frozenset({"hosts"})
        assert state.macros.immediate_olist(state.source) == {"hosts"}

    def test_interfaces_with_a_lost_assert_do_not(self, state: State) -> None:
        join(state.shared, "a", "b")
        lose(state.shared, "a")
        assert state.macros.immediate_olist(state.shared) == {"b"}

    def test_a_register_tunnel_is_an_interface_of_the_source(self, state: State) -> None:
        join(state.source, REGISTER_TUNNEL)
        assert state.macros.immediate_olist(state.source) == {REGISTER_TUNNEL}
        assert state.macros.inherited_olist_rpt(state.source) == set()


class TestInherited:
    def test_a_source_inherits_the_shared_tree(self, state: State) -> None:
        join(state.shared, "a")
        join(state.source, "b")
        assert state.macros.inherited_olist_rpt(state.source) == {"a"}
        assert state.macros.inherited_olist(state.source) == {"a", "b"}

    @pytest.mark.parametrize(
        ("pruned", "left"),
        [
            (RptDownstreamState.PRUNE, {"b"}),
            (RptDownstreamState.PRUNE_TMP, {"b"}),
            (RptDownstreamState.PRUNE_PENDING, {"a", "b"}),
            (RptDownstreamState.PRUNE_PENDING_TMP, {"a", "b"}),
        ],
    )
    def test_what_is_pruned_off_the_shared_tree_is_not(
        self, state: State, pruned: RptDownstreamState, left: set[str]
    ) -> None:
        join(state.shared, "a", "b")
        state.source.set_rpt("a", pruned)
        assert state.macros.inherited_olist_rpt(state.source) == left

    def test_a_prune_does_not_touch_members_nor_joins_of_the_source(self, state: State) -> None:
        join(state.shared, "a")
        join(state.source, "a")
        state.shared.members = frozenset({"b"})
        for name in ("a", "b"):
            state.source.set_rpt(name, RptDownstreamState.PRUNE)
        assert prunes(state.source) == {"a", "b"}
        assert state.macros.inherited_olist_rpt(state.source) == {"b"}
        assert state.macros.inherited_olist(state.source) == {"a", "b"}

    def test_members_that_refuse_the_source_do_not_get_it(self, state: State) -> None:
        state.shared.members = frozenset({"a", "b"})
        state.source.refused = frozenset({"a"})
        assert state.macros.pim_exclude(state.source) == {"a"}
        assert state.macros.inherited_olist_rpt(state.source) == {"b"}

    def test_a_join_beats_a_refusal(self, state: State) -> None:
        state.shared.members = state.source.refused = frozenset({"a"})
        join(state.shared, "a")
        assert state.macros.inherited_olist_rpt(state.source) == {"a"}

    def test_a_lost_assert_of_the_group_takes_the_interface(self, state: State) -> None:
        join(state.shared, "a", "b")
        lose(state.shared, "a")
        assert state.macros.inherited_olist_rpt(state.source) == {"b"}
        join(state.source, "a")
        assert state.macros.inherited_olist(state.source) == {"a", "b"}

    def test_a_lost_assert_of_the_source_takes_it_from_both_lists(self, state: State) -> None:
        join(state.shared, "a", "b")
        join(state.source, "a")
        lose(state.source, "a")
        assert state.macros.inherited_olist_rpt(state.source) == {"b"}
        assert state.macros.inherited_olist(state.source) == {"b"}

    def test_in_the_ssm_range_nothing_is_inherited(self) -> None:
        tree = SourceTree(name=SSM_SG, since=0.0)
        tree.members = frozenset({"hosts"})
        macros = Macros({}, Forwarders())
        assert macros.inherited_olist_rpt(tree) == set()
        assert macros.inherited_olist(tree) == {"hosts"}


class TestLostAssert:
    """4.6.5."""

    def test_not_of_the_group_on_the_way_to_the_rp(self, state: State) -> None:
        lose(state.shared, "rp")
        assert state.macros.lost_assert(state.shared) == set()

    def test_not_of_the_source_on_the_way_to_it(self, state: State) -> None:
        lose(state.source, "s")
        assert state.macros.lost_assert(state.source) == set()

    @pytest.mark.parametrize(("metric", "lost"), [(19, {"a"}), (21, set())])
    def test_of_the_source_only_to_a_better_metric_than_we_would_have(
        self, state: State, metric: int, lost: set[str]
    ) -> None:
        lose(state.source, "a", metric)
        assert state.macros.lost_assert(state.source) == lost
        assert state.macros.lost_assert_rpt(state.source) == {"a"}

    @pytest.mark.parametrize(("spt_bit", "lost"), [(False, {"s"}), (True, set())])
    def test_on_the_shared_tree_where_the_source_comes_in_until_it_does(
        self, state: State, spt_bit: bool, lost: set[str]
    ) -> None:
        lose(state.source, "s")
        lose(state.source, "rp")
        state.source.spt_bit = spt_bit
        assert state.macros.lost_assert_rpt(state.source) == lost

    def test_a_winner_serves_members_where_it_is_not_the_dr(self, state: State) -> None:
        state.shared.members = frozenset({"c"})
        win(state.shared, "c")
        assert state.macros.pim_include(state.shared) == {"c"}

    def test_a_loser_does_not_although_it_is_the_dr(self, state: State) -> None:
        state.shared.members = state.source.refused = frozenset({"a"})
        lose(state.shared, "a")
        assert state.macros.pim_include(state.shared) == set()
        assert state.macros.pim_exclude(state.source) == set()

    def test_metrics_are_those_of_the_way_to_the_root(self, state: State) -> None:
        me = ip("10.0.1.1")
        assert state.macros.spt_assert_metric(state.source, "a") == AssertMetric(False, 110, 20, me)
        assert state.macros.rpt_assert_metric(state.shared, "a") == AssertMetric(True, 110, 30, me)


class TestReversePath:
    def test_the_next_hop_of_the_route_is_the_neighbor(self, state: State) -> None:
        assert state.macros.rpf_neighbor(state.shared) == RpfNeighbor("rp", ip("10.0.4.9"))
        assert state.macros.rpf_neighbor(state.source) == RpfNeighbor("s", ip("10.0.5.9"))
        assert state.macros.rpf_neighbor_rpt(state.source) == RpfNeighbor("rp", ip("10.0.4.9"))

    def test_a_next_hop_that_is_no_neighbor_is_none(self, state: State) -> None:
        state.source.route = Rpf("s", ip("10.0.5.77"))
        assert state.macros.rpf_neighbor(state.source) == RpfNeighbor("s", None)

    def test_without_a_route_there_is_none(self, state: State) -> None:
        state.source.route = state.shared.route = None
        assert state.macros.rpf_neighbor(state.source) is None
        assert state.macros.rpf_neighbor_rpt(state.source) is None
        assert next_hop(state.source) is None

    def test_the_winner_of_an_assert_is_the_neighbor(self, state: State) -> None:
        lose(state.source, "s")
        lose(state.shared, "rp")
        assert i_am_assert_loser(state.source, "s")
        assert state.macros.rpf_neighbor(state.source) == RpfNeighbor("s", OTHER)
        assert state.macros.rpf_neighbor(state.shared) == RpfNeighbor("rp", OTHER)
        assert state.macros.rpf_neighbor_rpt(state.source) == RpfNeighbor("rp", OTHER)

    def test_a_winner_of_the_source_on_the_way_to_the_rp_is_that_of_the_shared_tree(
        self, state: State
    ) -> None:
        lose(state.source, "rp")
        assert state.macros.rpf_neighbor_rpt(state.source) == RpfNeighbor("rp", OTHER)
        assert state.macros.rpf_neighbor(state.shared) == RpfNeighbor("rp", ip("10.0.4.9"))

    def test_a_source_on_a_link_has_no_next_hop_but_an_rp_there_is_one(self, state: State) -> None:
        state.source.route, state.shared.route = Rpf("s", None), Rpf("rp", None)
        assert next_hop(state.source) is None
        assert next_hop(state.shared) == RP

    def test_at_the_rp_registers_come_in_where_packets_should(self, state: State) -> None:
        state.shared.route = Rpf("lo0", None, is_local=True)
        assert rpf_interface(state.shared) == REGISTER_TUNNEL
        assert next_hop(state.shared) is None
