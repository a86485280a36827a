"""Unicast: longest prefix, next hop, receive, glean, discard, TTL."""

from __future__ import annotations

import pytest

from controlplane.fib.model import (
    Discard,
    Glean,
    PacketIn,
    Receive,
    UnicastAction,
)
from controlplane.net.mac import BROADCAST, MacAddress
from controlplane.net.punt import PuntReason
from controlplane.p4rt.drops import DropReason
from tests.p4.frames import data, ethernet, igmp, tunnel
from tests.p4.pe import (
    BLUE,
    CE1,
    CE2,
    CE2_MAC,
    CORE3,
    CORE3_MAC,
    RED,
    TO_CE2,
    TO_CORE,
    mac,
    member,
    unicast,
    way,
)
from tests.p4.targets import NOTHING, Outcome, Target, new_drops


def arriving(destination: str, ttl: int = 64, **fields: object) -> bytes:
    return ethernet(data("10.1.0.1", destination, ttl, **fields), mac(CE1))


def test_a_packet_goes_to_its_next_hop(target: Target) -> None:
    target.program(unicast([(RED, "10.2.0.0/16", TO_CE2)]))
    expected = ethernet(data("10.1.0.1", "10.2.3.4", 63), CE2_MAC, mac(CE2), CE2.vlan)
    assert target.receive(1, arriving("10.2.3.4")) == Outcome(frozenset({(2, expected)}))


@pytest.mark.parametrize(
    ("destination", "port"),
    [("10.2.3.4", 3), ("10.2.9.9", 2), ("10.3.0.1", 3), ("192.0.2.1", 3)],
)
def test_the_longest_prefix_wins(target: Target, destination: str, port: int) -> None:
    prefixes = ("0.0.0.0/0", TO_CORE), ("10.2.0.0/16", TO_CE2), ("10.2.3.4/32", TO_CORE)
    target.program(unicast((RED, prefix, action) for prefix, action in prefixes))
    copies = target.receive(1, arriving(destination)).copies
    assert {copy[0] for copy in copies} == {port}


def test_vrfs_have_routes_of_their_own(target: Target) -> None:
    target.program(unicast([(RED, "10.2.0.0/16", TO_CE2), (BLUE, "10.2.0.0/16", TO_CORE)]))
    frame = ethernet(data("10.1.0.1", "10.2.3.4"), MacAddress(mac(CE1).value & ~0xFF | 5))
    expected = ethernet(data("10.1.0.1", "10.2.3.4", 63), CORE3_MAC, mac(CORE3))
    assert target.receive(5, frame) == Outcome(frozenset({(3, expected)}))


@pytest.mark.parametrize("ttl", [0, 1, 64])
def test_what_is_for_the_router_is_punted_whatever_its_ttl(target: Target, ttl: int) -> None:
    target.program(unicast([(RED, "10.1.0.254/32", Receive())]))
    frame = arriving("10.1.0.254", ttl)
    punted = PacketIn(1, 1, PuntReason.TO_ME, frame)
    assert target.receive(1, frame) == Outcome(frozenset(), (punted,))


def test_a_tunnel_to_the_router_itself_is_punted_whole(target: Target) -> None:
    target.program(unicast([(RED, "10.1.0.254/32", Receive())]))
    packet = tunnel("10.1.0.1", "10.1.0.254", data("192.0.2.1", "239.1.1.1"))
    frame = ethernet(packet, mac(CE1))
    punted = PacketIn(1, 1, PuntReason.TO_ME, frame)
    assert target.receive(1, frame) == Outcome(frozenset(), (punted,))


@pytest.mark.parametrize("action", [TO_CE2, Glean()], ids=["forward", "glean"])
@pytest.mark.parametrize("ttl", [0, 1])
def test_a_ttl_that_expires_here_is_punted(target: Target, action: UnicastAction, ttl: int) -> None:
    target.program(unicast([(RED, "10.2.0.0/16", action)]))
    frame = arriving("10.2.3.4", ttl)
    punted = PacketIn(1, 1, PuntReason.TTL_EXPIRED, frame)
    assert target.receive(1, frame) == Outcome(frozenset(), (punted,))


def test_a_ttl_of_two_lasts_for_one_more_hop(target: Target) -> None:
    target.program(unicast([(RED, "10.2.0.0/16", TO_CE2)]))
    expected = ethernet(data("10.1.0.1", "10.2.3.4", 1), CE2_MAC, mac(CE2), CE2.vlan)
    assert target.receive(1, arriving("10.2.3.4", 2)) == Outcome(frozenset({(2, expected)}))


def test_an_unresolved_neighbour_is_punted_for(target: Target) -> None:
    target.program(unicast([(RED, "10.2.0.0/24", Glean())]))
    frame = arriving("10.2.0.9")
    punted = PacketIn(1, 1, PuntReason.GLEAN, frame)
    assert target.receive(1, frame) == Outcome(frozenset(), (punted,))


@pytest.mark.parametrize(
    ("prefix", "reason"),
    [("10.2.0.0/16", DropReason.DISCARDED), ("10.3.0.0/16", DropReason.NO_UNICAST_ROUTE)],
)
def test_what_has_nowhere_to_go_is_dropped(target: Target, prefix: str, reason: DropReason) -> None:
    target.program(unicast([(RED, prefix, Discard())]))
    before = target.counters()
    assert target.receive(1, arriving("10.2.3.4")) == NOTHING
    assert new_drops(target, before) == {reason: 1}


@pytest.mark.parametrize(
    ("action", "reason"),
    [(Receive(), PuntReason.TO_ME), (TO_CE2, PuntReason.IP_OPTIONS)],
    ids=["for the router", "for others"],
)
def test_packets_with_options_are_the_cpus(
    target: Target, action: UnicastAction, reason: PuntReason
) -> None:
    target.program(unicast([(RED, "10.2.0.0/16", action)]))
    frame = arriving("10.2.3.4", options=igmp("10.1.0.1", "239.1.1.1").options)
    assert target.receive(1, frame) == Outcome(frozenset(), (PacketIn(1, 1, reason, frame),))


@pytest.mark.parametrize(
    "destination", ["255.255.255.255", "127.0.0.1", "240.0.0.1", "0.0.0.0", "0.1.2.3"]
)
def test_martian_destinations_are_dropped_in_spite_of_a_route(
    target: Target, destination: str
) -> None:
    target.program(unicast([(RED, "0.0.0.0/0", TO_CE2)]))
    before = target.counters()
    assert target.receive(1, arriving(destination)) == NOTHING
    assert new_drops(target, before) == {DropReason.MARTIAN: 1}


@pytest.mark.parametrize("source", ["127.0.0.1", "239.1.1.1", "255.255.255.255"])
def test_martian_sources_are_dropped(target: Target, source: str) -> None:
    target.program(unicast([(RED, "0.0.0.0/0", TO_CE2)]))
    before = target.counters()
    assert target.receive(1, ethernet(data(source, "10.2.3.4"), mac(CE1))) == NOTHING
    assert new_drops(target, before) == {DropReason.MARTIAN: 1}


@pytest.mark.parametrize("to", [BROADCAST, MacAddress.parse("01:00:5e:01:02:03")])
def test_unicast_in_a_frame_to_many_is_not_forwarded(target: Target, to: MacAddress) -> None:
    """RFC 1812 5.3.4: or a storm would come of it."""
    target.program(unicast([(RED, "0.0.0.0/0", TO_CE2)]))
    before = target.counters()
    assert target.receive(1, ethernet(data("10.1.0.1", "10.2.3.4"), to)) == NOTHING
    assert new_drops(target, before) == {DropReason.GROUP_FRAME: 1}


def test_a_neighbour_that_moves_is_followed(target: Target) -> None:
    target.program(unicast([(RED, "10.2.0.0/16", TO_CE2)]))
    moved = MacAddress.parse("02:00:00:00:ce:99")
    target.program(unicast([(RED, "10.2.0.0/16", TO_CE2)], [way("CE2", member(CE2, moved))]))
    expected = ethernet(data("10.1.0.1", "10.2.3.4", 63), moved, mac(CE2), CE2.vlan)
    assert target.receive(1, arriving("10.2.3.4")) == Outcome(frozenset({(2, expected)}))
