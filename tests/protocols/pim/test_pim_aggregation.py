"""RFC 7761 4.9.5.1, 4.9.5.2: how Joins and Prunes share messages."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.engine.engine import SendPacket
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.aggregation import (
    GroupRequests,
    JoinPruneQueue,
    Request,
    Requests,
    group_sets,
)
from controlplane.protocols.pim.events import Rpf
from controlplane.wire.pim.address import EncodedSource
from controlplane.wire.pim.join_prune import FIXED_OCTETS, GroupSet, JoinPrune
from tests.protocols.pim.router import Router, S, hello, ip, join_prunes

UPSTREAM = ip("10.0.1.2")


def sg(source: int, group: int) -> SourceGroup:
    return SourceGroup(ip(f"192.0.2.{source}"), ip("232.0.0.0") + group)


def asked(requests: Mapping[SourceGroup, Request]) -> Requests:
    """Requests for (S,G), as they wait in the queue."""
    queue = JoinPruneQueue()
    for tree, what in requests.items():
        queue.add("lan", UPSTREAM, tree, what)
    ((_, _, waiting),) = queue.drain()
    return waiting


def requests_in(messages: list[tuple[GroupSet, ...]]) -> dict[SourceGroup, Request]:
    return {
        SourceGroup(source.address, group.group.address): what
        for groups in messages
        for group in groups
        for what, sources in ((Request.JOIN, group.joined), (Request.PRUNE, group.pruned))
        for source in sources
    }


def test_sources_of_a_group_share_its_set() -> None:
    requests = {sg(2, 1): Request.JOIN, sg(1, 1): Request.PRUNE, sg(3, 1): Request.JOIN}
    ((group,),) = group_sets(asked(requests), room=1000)
    assert [s.address for s in group.joined] == [ip("192.0.2.2"), ip("192.0.2.3")]
    assert [s.address for s in group.pruned] == [ip("192.0.2.1")]


def test_groups_and_sources_are_in_order() -> None:
    requests = {sg(s, g): Request.JOIN for g in (3, 1, 2) for s in (2, 1)}
    (groups,) = group_sets(asked(requests), room=1000)
    assert [g.group.address for g in groups] == [ip(f"232.0.0.{n}") for n in (1, 2, 3)]
    assert all(g.joined[0].address < g.joined[1].address for g in groups)


@pytest.mark.parametrize(("room", "messages"), [(60, 1), (59, 2), (40, 2), (39, 3)])
def test_a_message_is_filled_before_the_next_begins(room: int, messages: int) -> None:
    """A group with one source takes 20 octets."""
    assert (
        len(list(group_sets(asked({sg(1, n): Request.JOIN for n in range(3)}), room))) == messages
    )


def test_a_group_may_go_on_in_the_next_message() -> None:
    first, second = group_sets(asked({sg(n, 1): Request.JOIN for n in range(1, 4)}), room=28)
    assert [len(g.joined) for g in (*first, *second)] == [2, 1]


def test_no_message_has_more_groups_than_its_field_can_count() -> None:
    messages = list(group_sets(asked({sg(1, n): Request.JOIN for n in range(300)}), room=10**6))
    assert [len(groups) for groups in messages] == [255, 45]


class TestSharedTree:
    """RFC 7761 4.9.5.2: a Join(*,G) and its Prunes(S,G,rpt) are in one group set."""

    GROUP, RP = ip("239.1.1.1"), ip("192.0.2.99")

    def requests(self, pruned: int, joined: int = 0) -> Requests:
        sources = [ip("192.0.2.0") + n for n in range(1, 1 + max(pruned, joined))]
        requests = GroupRequests(shared=Request.JOIN, rp=self.RP)
        requests.rpt = dict.fromkeys(reversed(sources[:pruned]), Request.PRUNE)
        requests.sources = dict.fromkeys(sources[:joined], Request.JOIN)
        return {self.GROUP: requests}

    def test_the_rp_is_its_source_with_both_bits(self) -> None:
        ((group,),) = group_sets(self.requests(pruned=1), room=1000)
        assert group.joined == (EncodedSource(address=self.RP, wildcard=True, rpt=True),)
        assert group.pruned == (EncodedSource(address=ip("192.0.2.1"), rpt=True),)

    def test_they_are_not_parted_when_the_message_before_is_almost_full(self) -> None:
        """Another group takes 20 octets; these entries 12 + 4 * 8."""
        other = GroupRequests(sources={ip("192.0.2.1"): Request.JOIN})
        requests = {ip("232.0.0.1"): other, **self.requests(pruned=3)}
        first, second = group_sets(requests, room=60)
        assert [g.group.address for g in first] == [ip("232.0.0.1")]
        assert [len(g.pruned) for g in second] == [3]

    def test_those_that_do_not_fit_into_any_message_are_left_out_from_the_highest(self) -> None:
        ((group,),) = group_sets(self.requests(pruned=5), room=12 + 4 * 8)
        assert [s.address for s in group.pruned] == [ip(f"192.0.2.{n}") for n in (1, 2, 3)]

    def test_source_trees_of_the_group_may_follow_in_other_messages(self) -> None:
        first, second = group_sets(self.requests(pruned=1, joined=3), room=12 + 4 * 8)
        assert [(len(g.joined), len(g.pruned)) for g in (*first, *second)] == [(3, 1), (1, 0)]


some_requests = st.dictionaries(
    st.builds(sg, st.integers(1, 5), st.integers(1, 9)), st.sampled_from(Request), min_size=1
)


@settings(deadline=None)
@given(some_requests, st.integers(20, 200))
def test_every_request_is_in_one_message_that_fits(
    requests: dict[SourceGroup, Request], room: int
) -> None:
    messages = list(group_sets(asked(requests), room))
    assert requests_in(messages) == requests
    assert sum(len(g.joined) + len(g.pruned) for m in messages for g in m) == len(requests)
    for groups in messages:
        message = JoinPrune(upstream_neighbor=UPSTREAM, holdtime=0, groups=groups)
        assert len(message.encode()) <= FIXED_OCTETS + room
        assert len({g.group for g in groups}) == len(groups)


def test_of_two_requests_for_one_source_the_later_counts() -> None:
    queue = JoinPruneQueue()
    queue.add("lan", UPSTREAM, sg(1, 1), Request.JOIN)
    queue.add("lan", UPSTREAM, sg(1, 1), Request.PRUNE)
    waiting = GroupRequests(sources={sg(1, 1).source: Request.PRUNE})
    assert list(queue.drain()) == [("lan", UPSTREAM, {sg(1, 1).group: waiting})]
    assert list(queue.drain()) == []


@pytest.mark.parametrize(("mtu", "counts"), [(1500, [73, 27]), (576, [27, 27, 27, 19])])
def test_a_new_neighbor_gets_a_hundred_trees_in_packets_of_the_mtu(
    mtu: int, counts: list[int]
) -> None:
    router = Router({S: Rpf("lan", UPSTREAM)})
    router.up("lan", 1, mtu=mtu)
    router.enable("lan")
    for number in range(100):
        router.member("hosts", sg(1, number), joined=True)
    outputs = router.hears("lan", "10.0.1.2", hello())
    assert [len(message.groups) for _, message in join_prunes(outputs)] == counts
    sizes = [20 + len(o.payload) for o in outputs if isinstance(o, SendPacket)]
    assert max(sizes) <= mtu


def test_an_mtu_that_changes_counts_from_the_next_message_on() -> None:
    router = Router({S: Rpf("lan", UPSTREAM)})
    router.up("lan", 1)
    router.enable("lan")
    for number in range(28):
        router.member("hosts", sg(1, number), joined=True)
    assert len(join_prunes(router.hears("lan", "10.0.1.2", hello(holdtime=0xFFFF)))) == 1
    assert router.up("lan", 1, mtu=576) == []
    trace = router.run(until=60.0)
    assert [len(m.groups) for _, m in join_prunes(o for _, o in trace)] == [27, 1]
