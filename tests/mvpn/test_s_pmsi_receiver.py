"""The leaf of S-PMSIs: RFC 6513 7.1.2, RFC 6037 6.2."""

from __future__ import annotations

import random
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.engine.engine import DatagramReceived
from controlplane.mvpn.s_pmsi import receiver
from controlplane.mvpn.s_pmsi.counters import Count
from controlplane.mvpn.s_pmsi.events import LeafChanged, RootsChanged
from controlplane.mvpn.s_pmsi.notices import BindingExpired, TreeJoined, TreeLeft
from controlplane.net.multicast import ALL_SYSTEMS, AnySource, SourceGroup
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate
from controlplane.wire.s_pmsi import OtherJoin, SPmsiJoin
from tests.mvpn.s_pmsi import (
    FLOW,
    GROUPS,
    OTHER,
    PE2,
    PE3,
    PMSI,
    Pe,
    datagram,
    from_pe,
    gone,
    joins,
    out,
    tree,
)

JOIN = SPmsiJoin(FLOW, GROUPS[0])
TREE = tree(GROUPS[0], PE2)


def leaf(*flows: SourceGroup, of: SourceGroup = TREE) -> LeafChanged:
    return LeafChanged(tree=of, flows=frozenset(flows))


@pytest.fixture
def pe() -> Pe:
    return Pe()


def leaves(pe: Pe) -> list[LeafChanged]:
    return [change for _, change in pe.all_of(LeafChanged)]


class TestABinding:
    def test_makes_a_pe_with_receivers_join_its_tree(self, pe: Pe) -> None:
        pe.tell(from_pe(PE2), joins(JOIN))
        assert leaves(pe) == [leaf(FLOW)]

    def test_is_kept_in_mind_where_nobody_wants_the_flow(self, pe: Pe) -> None:
        pe.tell(joins(JOIN))
        assert leaves(pe) == []
        assert [view.joined for view in pe.engine.received(0.0)] == [False]

    def test_serves_a_receiver_that_comes_later_at_once(self, pe: Pe) -> None:
        pe.tell(joins(JOIN))
        pe.run(until=179.0)
        pe.tell(from_pe(PE2))
        assert pe.all_of(LeafChanged) == [(179.0, leaf(FLOW))]

    def test_lasts_as_long_as_it_is_repeated(self, pe: Pe) -> None:
        pe.tell(from_pe(PE2), joins(JOIN))
        for at in (60.0, 120.0, 180.0):
            pe.run(until=at)
            pe.tell(joins(JOIN))
        pe.run(until=1000.0)
        assert pe.all_of(LeafChanged) == [(0.0, leaf(FLOW)), (360.0, leaf())]
        assert pe.all_of(BindingExpired) == [(360.0, BindingExpired(FLOW, TREE))]
        assert pe.engine.received(1000.0) == ()

    def test_of_another_group_for_the_same_flow_stands_beside_the_first(self, pe: Pe) -> None:
        other = tree(GROUPS[1], PE2)
        pe.tell(from_pe(PE2), joins(JOIN))
        pe.run(until=100.0)
        pe.tell(joins(SPmsiJoin(FLOW, GROUPS[1])))
        pe.run(until=300.0)
        assert pe.all_of(LeafChanged) == [
            (0.0, leaf(FLOW)),
            (100.0, leaf(FLOW, of=other)),
            (180.0, leaf()),
            (280.0, leaf(of=other)),
        ]

    def test_of_several_flows_in_one_group_has_one_leaf(self, pe: Pe) -> None:
        both = joins(JOIN, SPmsiJoin(OTHER, GROUPS[0]))
        pe.tell(from_pe(PE2), from_pe(PE2, OTHER), both)
        pe.tell(gone(), gone(OTHER))
        assert leaves(pe) == [leaf(FLOW, OTHER), leaf(OTHER), leaf()]
        told = [type(notice) for _, notice in pe.said if isinstance(notice, TreeJoined | TreeLeft)]
        assert told == [TreeJoined, TreeLeft]

    def test_that_is_repeated_changes_nothing(self, pe: Pe) -> None:
        pe.tell(from_pe(PE2), joins(JOIN), joins(JOIN), from_pe(PE2))
        assert leaves(pe) == [leaf(FLOW)]

    def test_is_joined_for_a_flow_that_still_comes_by_a_shared_tree_of_a_ce(self, pe: Pe) -> None:
        """The RP of the customer is there, or this PE; the first packet of the root changes it."""
        flow = replace(from_pe(PE2), incoming="eth4", rpf_neighbor=None)
        pe.tell(joins(JOIN), flow)
        assert leaves(pe) == []
        pe.tell(replace(flow, awaited=PE3), replace(flow, awaited=PE2))
        assert leaves(pe) == [leaf(FLOW)]


class TestALeafThatHasTheSharedTree:
    """It takes its group's packets of every PE, unless the flow has state that says otherwise."""

    ANY = AnySource.of(FLOW.group)
    SHARED = replace(from_pe(PE3), tree=ANY, accepted=frozenset({PMSI}))

    def test_joins_whichever_tree_brings_a_flow_of_the_group(self, pe: Pe) -> None:
        other = SourceGroup(IPv4Address("10.1.2.10"), FLOW.group)
        pe.tell(self.SHARED, joins(JOIN), joins(SPmsiJoin(other, GROUPS[1]), source=PE3))
        assert leaves(pe) == [leaf(FLOW), leaf(other, of=tree(GROUPS[1], PE3))]

    def test_joins_those_that_are_known_when_it_comes(self, pe: Pe) -> None:
        pe.tell(joins(JOIN, SPmsiJoin(OTHER, GROUPS[1])))
        pe.tell(self.SHARED)
        assert leaves(pe) == [leaf(FLOW)]

    @pytest.mark.parametrize(
        "end", [TreeRemoved(tree=ANY), replace(SHARED, outgoing=frozenset[str]())]
    )
    def test_leaves_them_with_it(self, pe: Pe, end: TreeUpdate | TreeRemoved) -> None:
        pe.tell(joins(JOIN), self.SHARED, end)
        assert leaves(pe) == [leaf(FLOW), leaf()]

    @pytest.mark.parametrize("own", [from_pe(PE2, outgoing=frozenset()), from_pe(PE3)])
    def test_does_not_where_the_flow_is_pruned_or_has_another_upstream_pe(
        self, pe: Pe, own: TreeUpdate
    ) -> None:
        pe.tell(own, self.SHARED, joins(JOIN))
        assert leaves(pe) == []
        pe.tell(gone())
        assert leaves(pe) == [leaf(FLOW)]

    def test_stays_while_the_flow_gets_state_of_its_own_and_loses_it(self, pe: Pe) -> None:
        pe.tell(self.SHARED, joins(JOIN), from_pe(PE2), gone())
        assert leaves(pe) == [leaf(FLOW)]

    def test_remembers_nothing_of_bindings_that_have_ended(self, pe: Pe) -> None:
        pe.tell(joins(JOIN))
        pe.run(until=200.0)
        pe.tell(self.SHARED)
        assert leaves(pe) == []


class TestTheTreeIsLeft:
    @pytest.mark.parametrize(
        "event", [gone(), from_pe(PE2, outgoing=frozenset()), from_pe(PE3), from_pe(None)]
    )
    def test_when_the_flow_is_not_wanted_from_that_pe(
        self, pe: Pe, event: TreeUpdate | TreeRemoved
    ) -> None:
        pe.tell(from_pe(PE2), joins(JOIN), event)
        assert leaves(pe) == [leaf(FLOW), leaf()]
        assert [view.joined for view in pe.engine.received(0.0)] == [False]

    def test_when_its_root_is_gone(self, pe: Pe) -> None:
        pe.tell(from_pe(PE2), joins(JOIN), RootsChanged(roots=frozenset({PE3})))
        assert leaves(pe) == [leaf(FLOW), leaf()]
        assert (pe.engine.received(0.0), pe.engine.next_deadline()) == ((), None)


class TestTwoPesThatAnnounceOneFlow:
    def test_are_told_apart_by_the_upstream_pe(self, pe: Pe) -> None:
        other = tree(GROUPS[0], PE3)
        pe.tell(from_pe(PE2), joins(JOIN), joins(JOIN, source=PE3))
        assert leaves(pe) == [leaf(FLOW)]
        pe.tell(from_pe(PE3))
        assert leaves(pe)[1:] == [leaf(), leaf(FLOW, of=other)]

    def test_hear_each_other_for_the_sake_of_asserts(self, pe: Pe) -> None:
        """RFC 6513 7.1.2: "PE1 needs to receive the (C-S,C-G) traffic from PE2 in order to allow
        the PIM Assert mechanism to function properly"."""
        pe.tell(out(), joins(JOIN), joins(JOIN, source=PE3))
        assert leaves(pe) == [leaf(FLOW), leaf(FLOW, of=tree(GROUPS[0], PE3))]
        pe.tell(gone())
        assert leaves(pe)[2:] == [leaf(), leaf(of=tree(GROUPS[0], PE3))]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (datagram(JOIN.encode(), interface="ce1"), Count.DROP_NOT_ON_PMSI),
        (datagram(JOIN.encode(), destination=ALL_SYSTEMS), Count.DROP_DESTINATION),
        (joins(JOIN, source=IPv4Address("192.0.2.9")), Count.DROP_UNKNOWN_PE),
        (datagram(JOIN.encode()[:-1]), Count.DROP_MALFORMED),
        (datagram(JOIN.encode() + b"\1"), Count.DROP_MALFORMED),
        (datagram(b""), Count.DROP_MALFORMED),
        (joins(OtherJoin(4, bytes(37))), Count.SKIPPED_TYPE),
        (joins(SPmsiJoin(FLOW, IPv4Address("239.1.1.1"))), Count.REFUSED_GROUP),
        (joins(SPmsiJoin(FLOW, IPv4Address("10.1.1.1"))), Count.REFUSED_GROUP),
        (
            joins(SPmsiJoin(SourceGroup(FLOW.source, FLOW.source), GROUPS[0])),
            Count.REFUSED_FLOW,
        ),
        (joins(SPmsiJoin(SourceGroup(FLOW.group, FLOW.group), GROUPS[0])), Count.REFUSED_FLOW),
    ],
)
def test_what_is_no_join_of_ours_is_counted_and_no_more(
    event: DatagramReceived, why: Count
) -> None:
    pe = Pe()
    pe.tell(from_pe(PE2), event)
    assert pe.said == []
    assert (pe.engine.counters[why], pe.engine.received(0.0)) == (1, ())


def test_a_type_that_is_unknown_does_not_hide_the_joins_around_it(pe: Pe) -> None:
    pe.tell(from_pe(PE2), joins(OtherJoin(9, b"?"), JOIN, OtherJoin(4, bytes(37))))
    assert leaves(pe) == [leaf(FLOW)]
    assert pe.engine.counters[Count.SKIPPED_TYPE] == 2


def test_bindings_are_limited_in_number(pe: Pe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "MAXIMUM_BINDINGS", 2)
    pe.tell(joins(*(SPmsiJoin(FLOW, group) for group in GROUPS)), joins(JOIN))
    assert [view.group for view in pe.engine.received(0.0)] == GROUPS[:2]
    assert pe.engine.counters[Count.REFUSED_LIMIT] == 2


bindings = st.builds(
    lambda pe, of, group: joins(SPmsiJoin(of, GROUPS[group]), source=pe),
    st.sampled_from([PE2, PE3]),
    st.sampled_from([FLOW, OTHER]),
    st.integers(0, 1),
)
trees = st.sampled_from(
    [make(of) for of in (FLOW, OTHER) for make in (out, gone, lambda of: from_pe(PE2, of))]
)
roots = st.frozensets(st.sampled_from([PE2, PE3])).map(lambda pes: RootsChanged(roots=pes))


@given(st.lists(st.one_of(bindings, trees, roots), max_size=25), st.integers(0, 99))
def test_the_leaves_are_those_that_the_newest_state_needs_whatever_came_before(
    events: list[DatagramReceived | TreeUpdate | TreeRemoved | RootsChanged], seed: int
) -> None:
    """Told of its bindings and trees in another order, an engine has the same leaves."""
    pe, afresh = Pe(), Pe()
    pe.tell(*events)
    last_tree = {
        event.tree: event for event in events if isinstance(event, TreeUpdate | TreeRemoved)
    }
    news = [
        *last_tree.values(),
        *(
            joins(SPmsiJoin(view.flow, view.group), source=view.root)
            for view in pe.engine.received(0.0)
        ),
    ]
    random.Random(seed).shuffle(news)
    afresh.tell(*news)
    assert known(pe) == known(afresh)
    assert standing(pe) == standing(afresh)


def known(pe: Pe) -> set[tuple[SourceGroup, SourceGroup, bool]]:
    views = pe.engine.received(0.0)
    return {(view.flow, tree(view.group, view.root), view.joined) for view in views}


def standing(pe: Pe) -> dict[SourceGroup, frozenset[SourceGroup]]:
    """The trees that are joined when all that was said is carried out."""
    by_tree = {change.tree: change.flows for change in leaves(pe)}
    return {of: flows for of, flows in by_tree.items() if flows}
