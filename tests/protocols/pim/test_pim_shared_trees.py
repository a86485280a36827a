"""RFC 7761 4.5.1, 4.5.4: (*,G) state, from Joins and members to the Join towards the RP.

10.0.1.2 and 10.0.1.3 are routers behind lan; 10.0.2.2, the way to the RP, and 10.0.2.3 are on up.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, SptPolicy, SsmMapping, StaticRp
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import PimOutput, Rpf, TreeRemoved, TreeUpdate
from controlplane.protocols.pim.show import SharedTreeView
from controlplane.wire.pim.address import EncodedSource
from tests.protocols.pim.router import (
    Router,
    hello,
    ip,
    join_prune_times,
    join_prunes,
    trees,
)
from tests.protocols.pim.sparse import (
    FOREVER,
    IMMEDIATE,
    NEVER,
    OTHER_STAR,
    RP,
    STAR,
    G,
    entries,
)

TO_RP = Rpf("up", ip("10.0.2.2"))
ANY = AnySource.of(G)
JOIN = entries("10.0.2.2", join=[STAR])
PRUNE = entries("10.0.2.2", prune=[STAR])


def started(config: PimConfig = NEVER) -> Router:
    router = Router({RP: TO_RP}, config=config)
    for index, name in enumerate(("lan", "up"), start=1):
        router.up(name, index)
        router.enable(name)
        for neighbor in (2, 3):
            router.hears(name, f"10.0.{index}.{neighbor}", hello(holdtime=FOREVER))
    router.run(until=100.0)
    return router


@pytest.fixture
def router() -> Router:
    return started()


def member(router: Router, interface: str = "hosts", *, joined: bool = True) -> list[PimOutput]:
    return router.handle(
        MembershipChanged(interface=interface, group=G, source=None, joined=joined)
    )


def shared(router: Router) -> SharedTreeView:
    (tree,) = router.engine.shared_trees(router.now)
    return tree


def update(*outgoing: str, watch: bool = False) -> TreeUpdate:
    return TreeUpdate(
        tree=ANY,
        incoming="up",
        rpf_neighbor=ip("10.0.2.2"),
        outgoing=frozenset(outgoing),
        watch_sources=watch,
    )


class TestReceiving:
    def test_a_join_makes_the_tree_and_goes_on_towards_the_rp(self, router: Router) -> None:
        outputs = router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR]))
        assert trees(outputs) == [update("lan")]
        assert join_prunes(outputs) == [("up", JOIN)]

    def test_a_join_of_another_rp_is_dropped(self, router: Router) -> None:
        outputs = router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[OTHER_STAR]))
        assert outputs == []
        assert router.engine.shared_trees(router.now) == ()
        assert router.engine.counters[Count.IGNORED_RP] == 1

    def test_a_join_where_no_rp_is_known_is_dropped(self) -> None:
        router = started(PimConfig())
        assert router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR])) == []

    def test_a_prune_counts_with_any_rp(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR]))
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", prune=[OTHER_STAR]))
        outputs = [output for _, output in router.run(until=103.0)]
        assert trees(outputs) == [TreeRemoved(tree=ANY)]

    def test_a_prune_that_took_effect_is_echoed_with_our_rp(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR]))
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", prune=[STAR]))
        assert join_prune_times(router.run(until=103.0)) == [
            (103.0, "lan", entries("10.0.1.1", prune=[STAR])),
            (103.0, "up", PRUNE),
        ]

    def test_a_prune_is_overridden_within_the_interval(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR]))
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", prune=[STAR]))
        router.run(until=102.0)
        router.hears("lan", "10.0.1.3", entries("10.0.1.1", join=[STAR]))
        assert join_prune_times(router.run(until=104.0)) == []

    def test_a_join_expires_with_its_holdtime(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR], holdtime=20))
        trace = router.run(until=120.0)
        assert [(at, output) for at, output in trace if trees([output])] == [
            (120.0, TreeRemoved(tree=ANY))
        ]

    def test_a_message_may_have_many_groups(self, router: Router) -> None:
        groups = [G + n for n in range(3)]
        sets = (entries("10.0.1.1", join=[STAR], group=group).groups[0] for group in groups)
        message = replace(entries("10.0.1.1"), groups=tuple(sets))
        router.hears("lan", "10.0.1.2", message)
        assert [tree.group for tree in router.engine.shared_trees(router.now)] == groups


class TestMembers:
    def test_local_members_make_the_tree(self, router: Router) -> None:
        outputs = member(router)
        assert trees(outputs) == [update("hosts")]
        assert join_prunes(outputs) == [("up", JOIN)]

    def test_the_last_one_that_leaves_prunes_it(self, router: Router) -> None:
        member(router)
        outputs = member(router, joined=False)
        assert trees(outputs) == [TreeRemoved(tree=ANY)]
        assert join_prunes(outputs) == [("up", PRUNE)]
        assert router.engine.next_deadline() is not None  # Hellos go on

    def test_another_router_that_is_the_dr_serves_them(self, router: Router) -> None:
        assert member(router, "lan") == []
        assert shared(router).upstream == "NJ"
        outputs = router.hears("lan", "10.0.1.3", hello(holdtime=0))
        outputs += router.hears("lan", "10.0.1.2", hello(holdtime=0))
        assert trees(outputs) == [update("lan")]

    def test_they_wait_for_an_rp(self) -> None:
        router = started(PimConfig())
        assert trees(member(router)) == [
            TreeUpdate(
                tree=ANY,
                incoming=None,
                rpf_neighbor=None,
                outgoing=frozenset({"hosts"}),
                watch_sources=True,
            )
        ]
        assert shared(router).rp is None

    def test_with_a_policy_to_switch_new_sources_are_watched(self) -> None:
        assert trees(member(started(IMMEDIATE))) == [update("hosts", watch=True)]

    def test_joins_of_others_need_no_watching(self) -> None:
        outputs = started(IMMEDIATE).hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR]))
        assert trees(outputs) == [update("lan")]


class TestSending:
    def test_joins_are_repeated_each_period(self, router: Router) -> None:
        member(router)
        assert join_prune_times(router.run(until=230.0)) == [
            (160.0, "up", JOIN),
            (220.0, "up", JOIN),
        ]

    def test_a_join_of_another_router_to_the_same_neighbor_suppresses_ours(
        self, router: Router
    ) -> None:
        member(router)
        router.run(until=150.0)
        router.hears("up", "10.0.2.3", JOIN)
        assert (shared(router).waiting, shared(router).join_timer) == ("suppressed", 75.0)

    def test_a_prune_of_another_router_is_overridden(self, router: Router) -> None:
        member(router)
        router.hears("up", "10.0.2.3", PRUNE)
        assert join_prune_times(router.run(until=110.0)) == [(101.25, "up", JOIN)]

    def test_messages_to_another_neighbor_mean_nothing(self, router: Router) -> None:
        member(router)
        router.hears("up", "10.0.2.3", entries("10.0.2.9", join=[STAR]))
        router.hears("up", "10.0.2.3", entries("10.0.2.9", prune=[STAR]))
        assert shared(router).join_timer == 60.0

    def test_a_restarted_neighbor_is_joined_again_soon(self, router: Router) -> None:
        member(router)
        router.hears("up", "10.0.2.2", hello(holdtime=FOREVER, genid=2))
        assert join_prune_times(router.run(until=110.0)) == [(101.25, "up", JOIN)]

    def test_another_way_to_the_rp_moves_the_tree(self, router: Router) -> None:
        member(router)
        outputs = router.routes_change(RP, Rpf("up", ip("10.0.2.3")))
        assert join_prunes(outputs) == [
            ("up", PRUNE),
            ("up", entries("10.0.2.3", join=[STAR])),
        ]

    def test_an_rp_on_a_link_of_ours_is_the_neighbor_itself(self, router: Router) -> None:
        """MRIB.next_hop(RP(G)) is the RP, where a route says that it is attached."""
        router.rpf[RP] = Rpf("up", None)
        router.hears("up", "10.0.2.2", hello(holdtime=FOREVER, secondary=[str(RP)]))
        assert join_prunes(member(router)) == [("up", JOIN)]

    def test_the_rp_itself_joins_nobody_and_takes_registers(self, router: Router) -> None:
        router.rpf[RP] = Rpf("lo0", None, is_local=True)
        outputs = router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR]))
        assert outputs == [
            TreeUpdate(
                tree=ANY,
                incoming=None,
                rpf_neighbor=None,
                outgoing=frozenset({"lan"}),
                from_registers=True,
                watch_sources=True,
            )
        ]
        assert (shared(router).i_am_rp, shared(router).join_timer) == (True, None)

    def test_an_rp_that_accepts_some_sources_alone_is_shown_each_register(self) -> None:
        """The route of the group would take those of all."""
        accepted = (IPv4Network("10.0.9.0/24"),)
        router = started(PimConfig(rps=(StaticRp(address=RP),), accepted_sources=accepted))
        router.rpf[RP] = Rpf("lo0", None, is_local=True)
        (update,) = router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR]))
        assert isinstance(update, TreeUpdate)
        assert not update.from_registers


def test_groups_may_have_rps_of_their_own() -> None:
    config = PimConfig(
        rps=(
            StaticRp(address=RP),
            StaticRp(address=ip("192.0.2.98"), groups=IPv4Network("239.2.0.0/16")),
        ),
        spt=SptPolicy.NEVER,
    )
    router = started(config)
    router.rpf[ip("192.0.2.98")] = Rpf("up", ip("10.0.2.3"))
    other = ip("239.2.1.1")
    message = MembershipChanged(interface="hosts", group=other, source=None, joined=True)
    assert join_prunes(member(router)) == [("up", JOIN)]
    assert join_prunes(router.handle(message)) == [
        ("up", entries("10.0.2.3", join=[OTHER_STAR], group=other))
    ]


def test_at_most_so_many_trees_are_kept() -> None:
    router = started(replace(NEVER, state_limit=2))
    for number in range(3):
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR], group=G + number))
    assert len(router.engine.shared_trees(router.now)) == 2
    assert router.engine.counters[Count.STATE_LIMIT] == 1


def test_hosts_that_cannot_name_sources_mean_those_that_the_group_is_mapped_to() -> None:
    group, sources = ip("232.1.1.1"), (ip("192.0.2.1"), ip("192.0.2.2"))
    mapping = SsmMapping(groups=IPv4Network("232.1.0.0/16"), sources=frozenset(sources))
    router = started(PimConfig(ssm_mappings=(mapping,)))
    for source in sources:
        router.rpf[source] = TO_RP
    event = MembershipChanged(interface="hosts", group=group, source=None, joined=True)
    outputs = router.handle(event)
    assert [update.tree for update in trees(outputs)] == [SourceGroup(s, group) for s in sources]
    joined = [EncodedSource(address=source) for source in sources]
    assert join_prunes(outputs) == [("up", entries("10.0.2.2", join=joined, group=group))]
    left = router.handle(replace(event, joined=False))
    assert trees(left) == [TreeRemoved(tree=SourceGroup(s, group)) for s in sources]
