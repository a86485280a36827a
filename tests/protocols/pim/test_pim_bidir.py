"""RFC 5015 3.1.4, 3.3, 3.4: bidirectional trees of one router."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import DataArrived, PimOutput, Rpf, TreeRemoved, TreeUpdate
from controlplane.protocols.pim.rp_set import RpSet
from controlplane.wire.pim.address import EncodedGroup, EncodedSource
from controlplane.wire.pim.bootstrap import Bootstrap, BootstrapRange, BootstrapRp
from controlplane.wire.pim.df_election import DfMetric, Winner
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import encode_message
from tests.protocols.pim.router import Router, hello, ip, join_prunes, trees

RPA, G, S = ip("10.9.0.1"), ip("239.1.1.1"), ip("10.0.2.50")
RANGE = AnySource(IPv4Network("239.0.0.0/8"))
TREE = AnySource.of(G)
UP, LAN, HOSTS = "up", "lan", "hosts"
DF_UP = "10.0.1.2"


def config(groups: str = "239.0.0.0/8") -> PimConfig:
    rp = StaticRp(address=RPA, groups=IPv4Network(groups), bidirectional=True)
    return PimConfig(rps=(rp,))


def started(route: Rpf | None = None, *, df_up: str | None = DF_UP) -> Router:
    """`up` leads to the RPA, its DF is a neighbour there; of `lan` and `hosts` we are the DF."""
    made = Router({RPA: route or Rpf(UP, ip(DF_UP), preference=110, metric=20)}, config=config())
    for index, name in enumerate((UP, LAN, HOSTS), start=1):
        made.up(name, index)
        made.enable(name)
    made.hears(UP, DF_UP, hello())
    made.hears(LAN, "10.0.2.9", hello())
    if df_up is not None:
        made.hears_bytes(UP, df_up, encode_message(winner(1)))
    return made


def router() -> Router:
    """Elections and the first Hellos are over."""
    made = started()
    made.run(until=10.0)
    return made


def winner(metric: int) -> Winner:
    return Winner(rp_address=RPA, sender=DfMetric(110, metric))


def shared(rp: str = "10.9.0.1", *, join: bool = True, to: str = "10.0.2.1") -> JoinPrune:
    """A Join or Prune of (*,G)."""
    entry = (EncodedSource(address=ip(rp), wildcard=True, rpt=True),)
    joined, pruned = (entry, ()) if join else ((), entry)
    group = GroupSet(group=EncodedGroup(address=G), joined=joined, pruned=pruned)
    return JoinPrune(upstream_neighbor=ip(to), holdtime=210, groups=(group,))


def member(
    of: Router, *, joined: bool = True, interface: str = HOSTS, source: IPv4Address | None = None
) -> list[PimOutput]:
    event = MembershipChanged(interface=interface, group=G, source=source, joined=joined)
    return of.handle(event)


def update(tree: AnySource, *outgoing: str, accepted: tuple[str, ...] = (UP, LAN, HOSTS)) -> object:
    return TreeUpdate(
        tree=tree,
        incoming=None,
        rpf_neighbor=ip(DF_UP),
        outgoing=frozenset(outgoing),
        accepted=frozenset(accepted),
    )


def last(outputs: list[PimOutput], tree: AnySource) -> TreeUpdate | TreeRemoved:
    return [o for o in trees(outputs) if o.tree == tree][-1]


def test_packets_of_a_range_go_up_before_anybody_joins() -> None:
    outputs = [output for _, output in started().run(until=10.0)]
    assert last(outputs, RANGE) == update(RANGE, UP)


def test_a_join_makes_a_tree_down_to_it_and_up_to_the_rp() -> None:
    made = router()
    outputs = made.hears(LAN, "10.0.2.9", shared())
    assert trees(outputs) == [update(TREE, UP, LAN)]
    ((interface, message),) = join_prunes(outputs)
    assert (interface, message.upstream_neighbor) == (UP, ip(DF_UP))
    (source,) = message.groups[0].joined
    assert (source.address, source.wildcard, source.rpt) == (RPA, True, True)


def test_a_local_member_makes_a_tree() -> None:
    made = router()
    assert trees(member(made)) == [update(TREE, UP, HOSTS)]
    assert trees(member(made, joined=False)) == [TreeRemoved(tree=TREE)]


def test_a_member_of_some_sources_gets_the_group_until_it_wants_none_of_them() -> None:
    made = router()
    assert trees(member(made, source=S)) == [update(TREE, UP, HOSTS)]
    assert trees(member(made, source=ip("10.0.2.51"))) == []
    assert trees(member(made, source=S, joined=False)) == []
    assert trees(member(made, source=ip("10.0.2.51"), joined=False)) == [TreeRemoved(tree=TREE)]


def test_members_of_a_link_that_went_are_forgotten() -> None:
    made = router()
    member(made, source=S)
    made.down(HOSTS)
    made.up(HOSTS, 3)
    made.enable(HOSTS)
    made.run(until=made.now + 5.0)
    assert trees(member(made)) == [update(TREE, UP, HOSTS)]
    assert trees(member(made, joined=False)) == [TreeRemoved(tree=TREE)]


def test_where_another_router_is_the_df_nothing_is_forwarded() -> None:
    made = router()
    made.hears(LAN, "10.0.2.9", shared())
    member(made, interface=LAN)
    outputs = made.hears_bytes(LAN, "10.0.2.9", encode_message(winner(1)))
    assert trees(outputs) == [update(RANGE, UP, accepted=(UP, HOSTS)), TreeRemoved(tree=TREE)]


def test_who_stops_being_the_df_forgets_the_joins_of_the_link() -> None:
    """RFC 5015 3.4.1, Stop Being DF on I."""
    made = router()
    made.hears(LAN, "10.0.2.9", shared())
    made.hears_bytes(LAN, "10.0.2.9", encode_message(winner(1)))
    assert made.engine.shared_trees(made.now) == ()


def test_a_join_that_comes_before_the_pass_counts_when_we_are_the_df() -> None:
    """RFC 5015 3.4.1: "a router will process a Join(*,G) ... even if it is not the DF"."""
    made = router()
    made.hears_bytes(LAN, "10.0.2.9", encode_message(winner(1)))
    assert trees(made.hears(LAN, "10.0.2.9", shared())) == []
    made.hears(LAN, "10.0.2.9", hello(holdtime=0))
    outputs = [output for _, output in made.run(until=made.now + 2.0)]
    assert last(outputs, TREE) == update(TREE, UP, LAN)


def test_another_df_on_the_way_up_is_joined_instead_of_the_old_one() -> None:
    made = router()
    made.hears(UP, "10.0.1.3", hello())
    member(made)
    outputs = made.hears_bytes(UP, "10.0.1.3", encode_message(winner(0)))
    asked = {
        str(m.upstream_neighbor): (len(m.groups[0].joined), len(m.groups[0].pruned))
        for _, m in join_prunes(outputs)
    }
    assert asked == {DF_UP: (0, 1), "10.0.1.3": (1, 0)}


def test_without_a_df_on_the_way_up_nobody_is_joined() -> None:
    made = started(df_up=None)
    made.run(until=10.0)
    assert join_prunes(member(made)) == []
    assert join_prunes(made.hears_bytes(UP, DF_UP, encode_message(winner(1)))) != []


def test_on_the_link_of_the_rp_address_joins_end() -> None:
    made = started(Rpf(UP, None), df_up=None)
    made.run(until=10.0)
    outputs = member(made)
    assert join_prunes(outputs) == []
    assert trees(outputs) == [
        TreeUpdate(
            tree=TREE,
            incoming=None,
            rpf_neighbor=None,
            outgoing=frozenset({UP, HOSTS}),
            accepted=frozenset({UP, LAN, HOSTS}),
        )
    ]


def test_at_a_router_that_has_the_rp_address_itself_packets_only_go_down() -> None:
    made = started(Rpf("lo", None, is_local=True), df_up=None)
    made.run(until=10.0)
    (tree,) = trees(made.hears(LAN, "10.0.2.9", shared()))
    assert isinstance(tree, TreeUpdate)
    assert (tree.outgoing, tree.accepted) == (frozenset({LAN}), frozenset({UP, LAN, HOSTS}))
    assert not tree.from_registers


def test_a_join_of_another_rp_is_ignored() -> None:
    made = router()
    assert trees(made.hears(LAN, "10.0.2.9", shared("10.9.0.99"))) == []
    assert made.engine.counters[Count.IGNORED_RP] == 1


@pytest.mark.parametrize("rpt", [False, True])
def test_there_are_no_trees_of_sources(rpt: bool) -> None:
    made = router()
    entry = (EncodedSource(address=S, rpt=rpt),)
    joined, pruned = ((), entry) if rpt else (entry, ())
    group = GroupSet(group=EncodedGroup(address=G), joined=joined, pruned=pruned)
    message = JoinPrune(upstream_neighbor=ip("10.0.2.1"), holdtime=210, groups=(group,))
    assert trees(made.hears(LAN, "10.0.2.9", message)) == []
    assert made.engine.counters[Count.IGNORED_BIDIRECTIONAL] == 1


def test_a_prune_ends_what_a_join_began() -> None:
    made = router()
    made.hears(LAN, "10.0.2.9", shared())
    made.hears(LAN, "10.0.2.9", shared(join=False))
    outputs = [output for _, output in made.run(until=made.now + 1.0)]
    assert last(outputs, TREE) == TreeRemoved(tree=TREE)


def test_a_link_that_goes_takes_its_part_of_range_and_tree_with_it() -> None:
    made = router()
    member(made)
    outputs = made.down(LAN)
    assert last(outputs, RANGE) == update(RANGE, UP, accepted=(UP, HOSTS))
    assert last(outputs, TREE) == update(TREE, UP, HOSTS, accepted=(UP, HOSTS))


def learnt(bidirectional: bool, tag: int) -> Bootstrap:
    """The RP-Set of a BSR on `up`, in which the mode of all groups is this one."""
    groups = EncodedGroup.of(IPv4Network("224.0.0.0/4"), bidirectional=bidirectional)
    rp = BootstrapRp(address=RPA, holdtime=150, priority=0)
    return Bootstrap(
        fragment_tag=tag,
        hash_mask_length=30,
        bsr_priority=64,
        bsr_address=ip(DF_UP),
        ranges=(BootstrapRange(group=groups, rp_count=1, rps=(rp,)),),
    )


def test_trees_of_sources_end_when_their_group_becomes_bidirectional_and_may_come_back() -> None:
    up, beside = Rpf(UP, ip(DF_UP), preference=110, metric=20), Rpf(LAN, None)
    made = Router({RPA: up, S: beside, ip(DF_UP): Rpf(UP, None)}, config=PimConfig())
    for index, name in enumerate((UP, LAN, HOSTS), start=1):
        made.up(name, index)
        made.enable(name)
    made.hears(UP, DF_UP, hello())
    made.hears_bytes(UP, DF_UP, encode_message(learnt(bidirectional=False, tag=1)))
    member(made)
    sg = SourceGroup(S, G)
    assert sg in [u.tree for u in trees(made.handle(DataArrived(interface=LAN, sg=sg)))]
    outputs = made.hears_bytes(UP, DF_UP, encode_message(learnt(bidirectional=True, tag=2)))
    assert TreeRemoved(tree=sg) in trees(outputs)
    outputs += made.hears_bytes(UP, DF_UP, encode_message(winner(1)))
    outputs += [output for _, output in made.run(until=10.0)]
    assert last(outputs, TREE) == update(TREE, UP, HOSTS)
    outputs = made.hears_bytes(UP, DF_UP, encode_message(learnt(bidirectional=False, tag=3)))
    tree = last(outputs, TREE)
    assert isinstance(tree, TreeUpdate)
    assert (tree.incoming, tree.accepted) == (UP, frozenset())
    assert made.engine.designated_forwarders(made.now) == ()


class TestRanges:
    """Which groups one route can serve."""

    @staticmethod
    def ranges(*rps: StaticRp) -> list[tuple[str, str]]:
        return [(str(groups), str(rpa)) for groups, rpa in RpSet(rps).bidirectional_ranges()]

    @staticmethod
    def rp(number: int, groups: str, *, bidirectional: bool = True) -> StaticRp:
        address = ip(f"10.9.0.{number}")
        network = IPv4Network(groups)
        return StaticRp(address=address, groups=network, bidirectional=bidirectional)

    def test_a_range_without_others_in_it(self) -> None:
        assert self.ranges(self.rp(1, "239.0.0.0/8")) == [("239.0.0.0/8", "10.9.0.1")]

    def test_a_longer_range_is_taken_out_of_a_shorter_one(self) -> None:
        longer = self.rp(2, "239.64.0.0/10", bidirectional=False)
        assert self.ranges(self.rp(1, "239.0.0.0/8"), longer) == [
            ("239.0.0.0/10", "10.9.0.1"),
            ("239.128.0.0/9", "10.9.0.1"),
        ]

    def test_so_are_the_ssm_range_and_link_local_groups(self) -> None:
        ranges = [IPv4Network(groups) for groups, _ in self.ranges(self.rp(1, "224.0.0.0/4"))]
        taken = sum(1 << (32 - length) for length in (8, 24))
        assert sum(groups.num_addresses for groups in ranges) == (1 << 28) - taken
        assert not any(ip("232.1.1.1") in groups or ip("224.0.0.5") in groups for groups in ranges)

    def test_a_range_whose_rps_are_chosen_by_hash_has_no_route(self) -> None:
        assert self.ranges(self.rp(1, "239.0.0.0/8"), self.rp(2, "239.0.0.0/8")) == []

    def test_a_group_alone_has_no_route_beside_its_tree(self) -> None:
        alone = self.rp(2, "239.0.0.0/32", bidirectional=False)
        ranges = self.ranges(self.rp(1, "239.0.0.0/30"), alone, self.rp(3, "225.1.1.1/32"))
        assert ranges == [("239.0.0.2/31", "10.9.0.1")]
