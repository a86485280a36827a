"""RFC 2328 9.4: electing the Designated Router and its Backup."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.protocols.ospf.dr import NOBODY, Candidate, Elected, elect
from controlplane.protocols.ospf.notices import DrElected
from tests.protocols.ospf.checks import (
    assert_databases_are_equal,
    assert_nothing_is_pending,
    states,
)
from tests.protocols.ospf.network import LAN, Network


def address(number: int) -> IPv4Address:
    return IPv4Address(f"10.0.0.{number}")


def candidate(number: int, priority: int = 1, dr: int = 0, bdr: int = 0) -> Candidate:
    """Router ids are in the order of addresses; 0 is nobody."""
    return Candidate(
        address=address(number),
        router_id=IPv4Address(f"192.0.2.{number}"),
        priority=priority,
        dr=address(dr) if dr else NOBODY,
        bdr=address(bdr) if bdr else NOBODY,
    )


@pytest.mark.parametrize(
    ("me", "others", "dr", "bdr"),
    [
        pytest.param(candidate(1), [], 1, 0, id="alone: DR without a Backup"),
        pytest.param(candidate(1, priority=0), [], 0, 0, id="alone and ineligible: nobody"),
        pytest.param(candidate(1), [candidate(2)], 2, 2, id="nobody declared: the other is both"),
        pytest.param(candidate(2), [candidate(1)], 2, 1, id="step 4: the higher id is DR"),
        pytest.param(
            candidate(3),
            [candidate(1), candidate(2, priority=9)],
            2,
            2,
            id="the higher priority before the higher id",
        ),
        pytest.param(
            candidate(3, priority=9),
            [candidate(1, dr=1, bdr=2), candidate(2, dr=1, bdr=2)],
            1,
            2,
            id="who declares itself stays, whatever the priority of newcomers",
        ),
        pytest.param(
            candidate(2, dr=1, bdr=2),
            [candidate(3, priority=9, dr=1, bdr=2)],
            2,
            3,
            id="the DR is gone: the Backup follows, and a new Backup is chosen",
        ),
        pytest.param(
            candidate(3, dr=1, bdr=2),
            [candidate(1, dr=1, bdr=2)],
            1,
            3,
            id="the Backup is gone: a new one",
        ),
        pytest.param(
            candidate(3, dr=3, bdr=2),
            [candidate(2, dr=3, bdr=2), candidate(1, priority=5, dr=1)],
            1,
            2,
            id="two declare themselves DR: the higher priority wins, the Backup stays",
        ),
        pytest.param(
            candidate(1, priority=0), [candidate(2, priority=0)], 0, 0, id="nobody is eligible"
        ),
        pytest.param(
            candidate(3, priority=0),
            [candidate(1), candidate(2)],
            2,
            2,
            id="seen from outside one router may be both",
        ),
        pytest.param(
            candidate(1, dr=2, bdr=1),
            [candidate(2, dr=2, bdr=1), candidate(3, bdr=3, dr=2)],
            2,
            3,
            id="two declare themselves Backup: the higher id wins",
        ),
    ],
)
def test_the_election_is_that_of_the_rfc(
    me: Candidate, others: list[Candidate], dr: int, bdr: int
) -> None:
    expected = Elected(address(dr) if dr else NOBODY, address(bdr) if bdr else NOBODY)
    assert elect(me, others) == expected


@pytest.fixture
def lan() -> Network:
    """Four routers on a LAN, when the Wait Timer has run out."""
    network = Network()
    for number in range(1, 5):
        network.router(f"r{number}", f"192.0.2.{number}")
    network.link("r1", "r2", "r3", "r4", settings=LAN)
    network.run(70)
    return network


def roles(network: Network) -> list[str]:
    return [
        interface.state
        for engine in network.engines.values()
        for interface in engine.interfaces(network.now)
    ]


def test_until_the_wait_timer_expires_nobody_is_elected() -> None:
    network = Network()
    network.router("r1", "192.0.2.1")
    network.router("r2", "192.0.2.2")
    network.link("r1", "r2", settings=LAN)
    network.run(39)
    assert roles(network) == ["Waiting", "Waiting"]


def test_all_agree_on_the_roles_and_the_others_stay_two_way(lan: Network) -> None:
    assert roles(lan) == ["DROther", "DROther", "Backup", "DR"]
    assert states(lan, "r1") == {
        IPv4Address("192.0.2.2"): "2-Way",
        IPv4Address("192.0.2.3"): "Full",
        IPv4Address("192.0.2.4"): "Full",
    }
    assert_nothing_is_pending(lan)
    assert_databases_are_equal(lan)


def test_the_backup_takes_over_when_the_designated_router_dies(lan: Network) -> None:
    lan.stop("r4")
    lan.run(80)
    assert roles(lan) == ["DROther", "Backup", "DR"]
    assert_nothing_is_pending(lan)


def test_a_newcomer_of_higher_priority_does_not_take_over(lan: Network) -> None:
    lan.router("r4", "192.0.2.4")
    link = next(iter(lan.links.values()))
    lan.run(60)
    before = roles(lan)[:3]
    lan.attach("r4", link, replace(LAN, priority=200))
    lan.run(60)
    assert roles(lan) == [*before, "DROther"]
    assert_databases_are_equal(lan)


def test_the_election_is_told_with_both_roles(lan: Network) -> None:
    told = lan.notices(DrElected, "r1")[-1]
    assert told.words() == ("designated router of r1-r2-r3-r4 is 10.0.0.4, backup 10.0.0.3")


def test_an_ineligible_router_does_not_wait() -> None:
    network = Network()
    network.router("r1", "192.0.2.1")
    network.router("r2", "192.0.2.2")
    ineligible = replace(LAN, priority=0)
    network.link("r1", "r2", settings=ineligible)
    assert roles(network) == ["DROther", "DROther"]
    network.run(60)
    assert roles(network) == ["DROther", "DROther"]
    assert states(network, "r1") == {IPv4Address("192.0.2.2"): "2-Way"}
