"""RFC 4271 9.1.2.2, RFC 4456 9: which path is best, and the words for why another is not."""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import permutations
from random import Random

import pytest

from controlplane.protocols.bgp.decision import Decision
from controlplane.protocols.bgp.events import PathSource
from controlplane.protocols.bgp.path import Path
from controlplane.wire.bgp.attributes import Origin
from tests.protocols.bgp.paths import as_path, imported, path

EBGP, LOCAL = PathSource.EBGP, PathSource.LOCAL
A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")

STEPS = [
    (path(local_pref=200, as_path=as_path(1, 2)), path(), "local preference 100 < 200"),
    (path(source=LOCAL), path(), "not originated by this router"),
    (path(source=LOCAL), path(local_pref=101), "not originated by this router"),
    (
        path(as_path=as_path(1), origin=Origin.INCOMPLETE),
        path(as_path=as_path(1, 2)),
        "AS path length 2 > 1",
    ),
    (path(origin=Origin.IGP, med=9), path(origin=Origin.EGP), "origin egp > igp"),
    (path(as_path=as_path(1), med=5), path(as_path=as_path(1), med=6), "MED 6 > 5"),
    (path(as_path=as_path(1)), path(as_path=as_path(1), med=1), "MED 1 > 0"),
    (path(source=EBGP, metric=50), path(), "not heard from another AS"),
    (path(source=EBGP, metric=50), imported(), "not heard from another AS"),
    (path(metric=1), path(metric=2, router_id="1.1.1.1"), "distance to the next hop 2 > 1"),
    (imported(metric=0, vrf="blue"), imported(metric=7), "distance to the next hop 7 > 0"),
    (path(router_id="10.0.0.1"), path(router_id="10.0.0.2"), "router id 10.0.0.2 > 10.0.0.1"),
    (
        path(originator_id=A, router_id="10.0.0.7"),
        path(originator_id=B, router_id="10.0.0.6"),
        "router id 10.0.0.2 > 10.0.0.1",
    ),
    (path(cluster_list=(A,)), path(cluster_list=(A, B)), "cluster list length 2 > 1"),
    (
        path(address="10.0.0.1"),
        path(address="10.0.0.10"),
        "address of the peer 10.0.0.10 > 10.0.0.1",
    ),
    (imported(rd=1), imported(rd=2), "route distinguisher 65000:2 > 65000:1"),
    (path(), path(metric=None, local_pref=300), "no route to its next hop"),
    (path(), path(excluded="denied by policy in: rule 1"), "denied by policy in: rule 1"),
]


@pytest.mark.parametrize(("winner", "loser", "why"), STEPS, ids=[step[2] for step in STEPS])
def test_each_step_decides_and_says_why(winner: Path, loser: Path, why: str) -> None:
    decision = Decision()
    assert decision.best([winner, loser]) is winner
    assert decision.best([loser, winner]) is winner
    assert list(decision.reasons([loser, winner])) == [(loser, why)]


def test_meds_of_different_neighbouring_ases_are_not_compared() -> None:
    nearer = path(as_path=as_path(1), med=9, metric=1)
    farther = path(as_path=as_path(2), med=0, metric=2)
    assert Decision().best([nearer, farther]) is nearer
    assert Decision(always_compare_med=True).best([nearer, farther]) is farther


def test_med_makes_no_difference_to_the_order_in_which_paths_came() -> None:
    """The example that breaks comparing in pairs: two paths of one AS, one of another between."""
    paths = [
        path(as_path=as_path(1), med=10, metric=5, router_id="10.0.0.1"),
        path(as_path=as_path(1), med=0, metric=20, router_id="10.0.0.2"),
        path(as_path=as_path(2), metric=10, router_id="10.0.0.3"),
    ]
    assert {id(Decision().best(order)) for order in permutations(paths)} == {id(paths[2])}
    words = dict(Decision().reasons(paths))
    assert words == {
        paths[0]: "MED 10 > 0",
        paths[1]: "distance to the next hop 20 > 10",
    }


HUB = as_path(65001, 65000, 65102)
"""The path of a spoke's route, 65102, that the hub's CE, 65001, tells AS 65000 anew."""

ECHO = "has been out of this AS, and a CE here tells the prefix itself"


class TestHubAndSpoke:
    """RFC 4364 4.3.5: a hub tells the routes of spokes anew, to the spokes too."""

    decision = Decision(asn=65000)

    def test_what_came_back_loses_against_a_ce_whatever_is_preferred(self) -> None:
        own = path(source=EBGP, local_pref=50, as_path=as_path(65102))
        echo = imported(local_pref=100, as_path=HUB)
        for paths in ([own, echo], [echo, own]):
            assert self.decision.best(paths) is own
            assert list(self.decision.reasons(paths)) == [(echo, ECHO)]

    def test_without_a_ce_that_tells_the_prefix_it_is_used(self) -> None:
        echo = imported(as_path=HUB)
        down = path(source=EBGP, metric=None, as_path=as_path(65102))
        assert self.decision.best([echo]) is echo
        assert self.decision.best([echo, down]) is echo

    def test_a_route_of_another_site_may_be_preferred_to_a_ce(self) -> None:
        own = path(source=EBGP, local_pref=50, as_path=as_path(65102))
        other = imported(local_pref=100, as_path=as_path(65001, 65102))
        assert self.decision.best([own, other]) is other

    def test_a_ce_may_tell_what_has_been_out_itself(self) -> None:
        """As the hub's does, where that is allowed (`allow_own_as`)."""
        anew = path(source=EBGP, as_path=HUB)
        assert self.decision.best([anew, imported(local_pref=50)]) is anew


def test_nothing_is_best_where_nothing_may_compete() -> None:
    assert Decision().best([]) is None
    assert Decision().best([path(metric=None), path(excluded="AS loop")]) is None


def test_the_backup_has_another_next_hop() -> None:
    best = path(local_pref=200)
    same = path(local_pref=150)
    other = path(local_pref=100, next_hop=A)
    farther = path(local_pref=90, next_hop=B)
    decision = Decision()
    assert decision.backup([farther, other, same, best], best) is other
    assert decision.backup([same, best], best) is None
    assert decision.backup([best], None) is None


def test_the_backup_of_an_imported_path_is_behind_another_pe() -> None:
    best, same, other = imported(rd=1), imported(rd=2), imported(pe="10.0.0.2", rd=1)
    assert Decision().backup([other, same, best], best) is other


def _random_path(rng: Random) -> Path:
    return path(
        source=rng.choice((EBGP, PathSource.IBGP)),
        router_id=f"10.0.0.{rng.randint(1, 3)}",
        address=f"10.0.0.{rng.randint(1, 250)}",
        metric=rng.choice((None, 1, 1, 2)),
        local_pref=rng.choice((100, 100, 100, 200)),
        as_path=as_path(*(rng.randint(1, 2) for _ in range(rng.choice((1, 1, 2))))),
        origin=rng.choice((Origin.IGP, Origin.IGP, Origin.EGP)),
        med=rng.choice((None, 0, 1, 2)),
        cluster_list=(A,) * rng.randint(0, 1),
    )


@pytest.mark.parametrize("seed", range(200))
def test_all_but_the_winner_have_a_reason_in_any_order(seed: int) -> None:
    rng = Random(seed)
    paths = [_random_path(rng) for _ in range(rng.randint(1, 6))]
    decision = Decision(always_compare_med=rng.random() < 0.3)
    best = decision.best(paths)
    shuffled = rng.sample(paths, len(paths))
    assert _worth(decision.best(shuffled)) == _worth(best)
    losers = [one for one, _ in decision.reasons(paths)]
    assert len(losers) == len(set(map(id, losers)))
    won = [one for one in paths if one not in losers]
    assert {_worth(one) for one in won} == ({_worth(best)} if best else set())


def _worth(one: Path | None) -> object:
    """What the decision knows of a path."""
    if one is None:
        return None
    said = one.announcement
    return (said.source, said.attributes, said.router_id, said.address, one.metric)


def test_an_own_route_of_a_vrf_competes_like_one_from_another_as() -> None:
    """VPN routes: which of the sites is better was said by the VRF, not by who exports it here."""
    own = path(source=PathSource.LOCAL, local_pref=100)
    better, equal = path(local_pref=200), path(local_pref=100)
    of_vrfs = Decision(own_first=False)
    assert of_vrfs.best([own, better]) is better
    assert list(of_vrfs.reasons([own, better])) == [(own, "local preference 100 < 200")]
    assert of_vrfs.best([own, equal]) is own
    assert Decision().best([own, better]) is own
