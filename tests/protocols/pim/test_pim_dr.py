"""RFC 7761 4.3.2: DR election, and what it decides (pim_include of 4.1.5)."""

from __future__ import annotations

import pytest

from controlplane.protocols.pim.dr import DrElection, Reason, elect
from controlplane.protocols.pim.events import PimSettings, TreeRemoved, TreeUpdate
from controlplane.protocols.pim.neighbor import Neighbor
from controlplane.protocols.pim.notices import DrChanged
from tests.protocols.pim.router import SG, Router, hello, ip, trees

OWN = "10.0.1.5"


@pytest.mark.parametrize(
    ("own_priority", "neighbors", "winner", "reason"),
    [
        (1, {}, OWN, Reason.ALONE),
        (1, {"10.0.1.9": 1}, "10.0.1.9", Reason.ADDRESS),
        (1, {"10.0.1.4": 1}, OWN, Reason.ADDRESS),
        (1, {"10.0.1.4": 2}, "10.0.1.4", Reason.PRIORITY),
        (2, {"10.0.1.9": 1}, OWN, Reason.PRIORITY),
        (1, {"10.0.1.4": 7, "10.0.1.9": 7}, "10.0.1.9", Reason.ADDRESS),
        (0, {"10.0.1.9": 0}, "10.0.1.9", Reason.ADDRESS),
        (1, {"10.0.1.4": 0xFFFFFFFF}, "10.0.1.4", Reason.PRIORITY),
        (9, {"10.0.1.9": None}, "10.0.1.9", Reason.ADDRESS_ALONE),
        (1, {"10.0.1.3": 9, "10.0.1.4": None}, OWN, Reason.ADDRESS_ALONE),
    ],
)
def test_the_winner_and_the_rule_that_made_it(
    own_priority: int, neighbors: dict[str, int | None], winner: str, reason: Reason
) -> None:
    known = [Neighbor(ip(a), hello(priority=p), 0.0) for a, p in neighbors.items()]
    assert elect(ip(OWN), own_priority, known) == DrElection(ip(winner), reason)


def test_addresses_compare_as_numbers() -> None:
    known = [Neighbor(ip("10.0.1.10"), hello(), 0.0)]
    assert elect(ip("10.0.1.9"), 1, known).winner == ip("10.0.1.10")


@pytest.fixture
def router() -> Router:
    """Alone on lan as 10.0.1.1, with a local member there; the source is this router."""
    router = Router()
    router.up("lan", 1)
    router.enable("lan")
    router.member("lan", joined=True)
    return router


JOINED = TreeUpdate(tree=SG, incoming=None, rpf_neighbor=None, outgoing=frozenset({"lan"}))


def test_local_members_count_while_this_router_is_the_dr(router: Router) -> None:
    assert (router.tree.upstream, router.outgoing.local_member) == ("J", True)
    outputs = router.hears("lan", "10.0.1.2", hello())
    assert trees(outputs) == [TreeRemoved(tree=SG)]
    assert (router.tree.upstream, router.tree.outgoing) == ("NJ", ())
    assert trees(router.hears("lan", "10.0.1.2", hello(holdtime=0))) == [JOINED]


def test_a_higher_priority_of_our_own_wins_the_members_back(router: Router) -> None:
    router.hears("lan", "10.0.1.2", hello())
    outputs = router.enable("lan", PimSettings(dr_priority=2))
    assert DrChanged("lan", ip("10.0.1.1"), Reason.PRIORITY) in outputs
    assert trees(outputs) == [JOINED]


def test_members_that_come_while_another_router_is_the_dr_wait(router: Router) -> None:
    router.hears("lan", "10.0.1.2", hello())
    router.member("lan", joined=False)
    assert router.engine.trees(router.now) == ()
    assert router.member("lan", joined=True) == []
    assert trees(router.hears("lan", "10.0.1.2", hello(priority=0))) == [JOINED]


def test_members_where_pim_does_not_run_need_no_dr() -> None:
    """A PMSI in the provider's instance: the local member is the VRF behind it."""
    assert trees(Router().member("mdt-red", joined=True)) == [
        TreeUpdate(tree=SG, incoming=None, rpf_neighbor=None, outgoing=frozenset({"mdt-red"}))
    ]


def test_show_names_the_dr_and_why(router: Router) -> None:
    router.hears("lan", "10.0.1.2", hello(priority=4))
    (interface,) = router.engine.interfaces(router.now)
    (neighbor,) = router.engine.neighbors(router.now)
    assert (interface.dr, interface.dr_reason) == (ip("10.0.1.2"), "highest DR priority")
    assert neighbor.is_dr
