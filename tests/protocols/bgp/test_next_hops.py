"""Next hops: tracked as long as a path needs them, and what their changes do to routes."""

from __future__ import annotations

from controlplane.protocols.bgp.events import BestPathsChanged, NextHopsTracked
from controlplane.wire.bgp.nlri import Family
from tests.protocols.bgp.speaker import ME, of
from tests.protocols.bgp.tabled import RED, VPNV4, Here, hop, member, peer, prefix, targets, vpn


def test_a_next_hop_is_tracked_from_the_first_path_to_the_last() -> None:
    config = peer(1)
    here = Here(config)
    far = here.far(config)
    far.announces(prefix(1), prefix(2))
    far.announces(prefix(3), via="b")
    assert here.tracked == {hop("a"), hop("b")}
    far.withdraws(prefix(1))
    far.withdraws(prefix(3))
    assert here.tracked == {hop("a")}
    far.wire.breaks()
    assert here.tracked == set()
    assert [len(one.removed) for one in of(NextHopsTracked, here.outputs)] == [0, 0, 1, 1]


def test_a_next_hop_that_came_and_went_in_one_message_is_not_asked_for() -> None:
    config = peer(1)
    here = Here(config)
    far = here.far(config)
    far.wire.says(far.encoded(prefix(1)) + far.encoded_withdrawal(prefix(1)))
    assert of(NextHopsTracked, here.outputs) == []


def test_a_path_waits_until_somebody_says_how_far_its_next_hop_is() -> None:
    config = peer(1)
    here = Here(config)
    here.metrics[hop("a")] = None
    far = here.far(config)
    far.announces(prefix(1))
    assert here.best == {}
    assert here.paths(prefix(1))[0].why_not == "no route to its next hop"
    here.resolve(a=5)
    here.run(1.0)
    assert here.best[prefix(1)].metric == 5


def test_changes_wait_for_those_that_come_with_them() -> None:
    """All routes are decided once, a second after the first change."""
    config = peer(1)
    here = Here(config)
    far = here.far(config)
    far.announces(prefix(1))
    far.announces(prefix(2), via="b")
    before = len(of(BestPathsChanged, here.outputs))
    here.resolve(a=None)
    here.run(0.5)
    here.resolve(b=None)
    here.run(0.4)
    assert len(here.best) == 2
    here.run(0.1)
    assert here.best == {}
    assert len(of(BestPathsChanged, here.outputs)) == before + 1


def test_a_next_hop_that_is_back_before_anybody_looked_changes_nothing() -> None:
    config = peer(1)
    here = Here(config)
    here.far(config).announces(prefix(1))
    before = len(here.outputs)
    here.resolve(a=None)
    here.resolve(a=1)
    here.run(10.0)
    assert of(BestPathsChanged, here.outputs[before:]) == []


def test_what_happened_to_a_next_hop_that_nobody_used_any_more_does_not_count() -> None:
    """A link that goes down and comes back at once, and its session with it."""
    config = peer(1)
    here = Here(config)
    far = here.far(config)
    far.announces(prefix(1))
    here.resolve(a=None)
    far.withdraws(prefix(1))
    here.metrics[hop("a")] = 1
    far.announces(prefix(1))
    here.run(10.0)
    assert prefix(1) in here.best


def test_without_a_delay_changes_count_at_once() -> None:
    config = peer(1)
    here = Here(config, next_hop_delay=0.0)
    here.far(config).announces(prefix(1))
    here.resolve(a=None)
    here.run(0.0)
    assert here.best == {}


def test_the_nearer_next_hop_wins_and_the_other_is_the_backup() -> None:
    configs = [peer(1), peer(2)]
    here = Here(*configs)
    for config, via in zip(configs, "ab", strict=True):
        here.far(config).announces(prefix(1), via=via)
    here.resolve(a=20, b=10)
    here.run(1.0)
    best = here.best[prefix(1)]
    assert (best.attributes.next_hop, best.metric) == (hop("b"), 10)
    assert best.backup is not None
    assert (best.backup.attributes.next_hop, best.backup.metric) == (hop("a"), 20)
    here.resolve(b=None)
    here.run(1.0)
    assert here.best[prefix(1)].attributes.next_hop == hop("a")
    assert here.best[prefix(1)].backup is None


def test_a_distance_that_changes_is_told_even_if_the_same_path_wins() -> None:
    config = peer(1)
    here = Here(config)
    here.far(config).announces(prefix(1))
    here.resolve(a=7)
    here.run(1.0)
    assert here.best[prefix(1)].metric == 7


def test_what_is_not_about_forwarding_needs_no_next_hop() -> None:
    """RFC 4684: memberships of route targets."""
    config = peer(1, families=frozenset({Family.ROUTE_TARGET}))
    here = Here(config)
    here.metrics[hop("a")] = None
    here.far(config).announces(member(RED), family=Family.ROUTE_TARGET)
    assert member(RED) in here.best
    assert here.tracked == set()


def test_a_path_through_this_router_itself_does_not_compete() -> None:
    """RFC 4271 6.3."""
    config = peer(1)
    here = Here(config)
    here.far(config).announces(prefix(1), next_hop=ME)
    assert here.best == {}
    assert here.paths(prefix(1))[0].why_not == "its next hop is this router"


def test_one_next_hop_serves_all_families() -> None:
    families = frozenset({Family.IPV4_UNICAST, VPNV4})
    config = peer(1, families=families, reflector_client=True)
    here = Here(config)
    far = here.far(config)
    far.announces(prefix(1))
    far.announces(vpn(1), family=VPNV4, extended_communities=targets(RED))
    far.withdraws(prefix(1))
    assert here.tracked == {hop("a")}
    far.withdraws(vpn(1), family=VPNV4)
    assert here.tracked == set()
