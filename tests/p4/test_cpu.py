"""What the CPU sends, and how much of what is punted it gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlplane.fib.model import (
    Fib,
    Glean,
    InPlace,
    PacketIn,
    PacketOut,
    Policer,
    Receive,
    Submit,
)
from controlplane.net.mac import BROADCAST
from controlplane.net.punt import PuntReason
from controlplane.p4rt.drops import DropReason
from controlplane.p4rt.memory import MemoryTarget
from tests.p4.frames import data, ethernet, to_group, tunnel
from tests.p4.pe import (
    BLUE,
    BRANCHING_LEAF,
    CE1,
    CE2,
    CE2_MAC,
    CORE,
    CORE3,
    CORE4,
    EMPTY,
    ENCAPSULATE,
    P_GROUP,
    PE1,
    PE2,
    RED,
    STREAM,
    TO_CE2,
    copy,
    mac,
    multicast,
    route,
    sg,
    unicast,
)
from tests.p4.targets import NOTHING, Outcome, Target, new_drops

SOURCE, GROUP = str(STREAM.source), str(STREAM.group)
LOOPBACK = 50
"""The interface that the router submits its own packets on."""

OWN_TREE = route(
    CORE, sg(str(PE1), str(P_GROUP)), LOOPBACK, *(copy(at, InPlace()) for at in (CORE3, CORE4))
)


@pytest.mark.parametrize(
    "frame",
    [
        to_group(data(SOURCE, GROUP, 1)),
        to_group(data(SOURCE, GROUP, 1), vlan=77),
        ethernet(bytes(28), BROADCAST, kind=0x0806),
        bytes(14),
    ],
    ids=["IPv4", "tagged", "ARP", "a bare header"],
)
@pytest.mark.parametrize("port", [1, 6])
def test_a_packet_out_leaves_as_it_is(target: Target, frame: bytes, port: int) -> None:
    target.program(EMPTY)
    assert target.send(PacketOut(port, frame)) == Outcome(frozenset({(port, frame)}))


def test_a_submitted_packet_is_forwarded_and_keeps_its_ttl(target: Target) -> None:
    """A PIM Hello on the PMSI: encapsulated by the router, replicated by the switch."""
    target.program(multicast(OWN_TREE))
    packet = tunnel(str(PE1), str(P_GROUP), data(str(PE1), "224.0.0.13", 1, proto=103), 64)
    expected = {(at.port, to_group(packet, mac(at))) for at in (CORE3, CORE4)}
    assert target.send(Submit(CORE, LOOPBACK, to_group(packet))) == Outcome(frozenset(expected))


def test_a_submitted_packet_is_encapsulated_and_keeps_its_ttl(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CORE3, ENCAPSULATE))))
    inner = data(SOURCE, GROUP, 1)
    expected = to_group(tunnel(str(PE1), str(P_GROUP), inner), mac(CORE3))
    assert target.send(Submit(RED, 1, to_group(inner))) == Outcome(frozenset({(3, expected)}))


@pytest.mark.parametrize("ttl", [1, 64])
def test_a_submitted_unicast_packet_finds_its_next_hop(target: Target, ttl: int) -> None:
    target.program(unicast([(RED, "10.2.0.0/16", TO_CE2)]))
    packet = data("10.1.0.254", "10.2.3.4", ttl)
    expected = ethernet(packet, CE2_MAC, mac(CE2), CE2.vlan)
    submitted = Submit(RED, LOOPBACK, ethernet(packet, BROADCAST))
    assert target.send(submitted) == Outcome(frozenset({(2, expected)}))


@pytest.mark.parametrize(
    ("action", "reason"), [(Glean(), PuntReason.GLEAN), (Receive(), PuntReason.TO_ME)]
)
def test_a_submitted_packet_may_come_back(
    target: Target, action: Glean | Receive, reason: PuntReason
) -> None:
    target.program(unicast([(RED, "10.2.0.0/16", action)]))
    frame = ethernet(data("10.1.0.254", "10.2.3.4", 1), mac(CE1))
    punted = PacketIn(510, LOOPBACK, reason, frame)
    assert target.send(Submit(RED, LOOPBACK, frame)) == Outcome(frozenset(), (punted,))


def test_a_submitted_packet_is_looked_up_in_its_vrf_on_its_interface(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    frame = to_group(data(SOURCE, GROUP))
    for submitted, reason in (
        (Submit(BLUE, 1, frame), PuntReason.NO_MULTICAST_ROUTE),
        (Submit(RED, 2, frame), PuntReason.RPF_FAILED),
    ):
        expected = PacketIn(510, submitted.interface, reason, frame)
        assert target.send(submitted) == Outcome(frozenset(), (expected,))


def test_a_submitted_packet_is_checked_like_any(target: Target) -> None:
    target.program(multicast(OWN_TREE))
    before = target.counters()
    packet = data(str(PE1), str(P_GROUP), len=47)
    assert target.send(Submit(CORE, LOOPBACK, to_group(packet))) == NOTHING
    assert new_drops(target, before) == {DropReason.IPV4_MALFORMED: 1}


# -- policing: by time, which only the embedded target lets a test set --------------------------

RATE, BURST = 10, 3
POLICED: Fib = replace(
    EMPTY, policers=frozenset({Policer(PuntReason.NO_MULTICAST_ROUTE, RATE, BURST)})
)


def punted(target: MemoryTarget, frame: bytes, now_us: int) -> int:
    return len(target.process(1, frame, now_us)[1])


@pytest.fixture
def policed() -> MemoryTarget:
    target = MemoryTarget()
    target.set_fib(POLICED)
    return target


def test_a_class_gets_its_burst_and_then_its_rate(policed: MemoryTarget) -> None:
    frame = to_group(data(SOURCE, GROUP))
    start = 1_000_000
    assert [punted(policed, frame, start) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert [punted(policed, frame, start + 100_000) for _ in range(3)] == [1, 0, 0]


def test_a_policed_class_leaves_others_alone(policed: MemoryTarget) -> None:
    unknown, hello = to_group(data(SOURCE, GROUP)), to_group(data(SOURCE, "224.0.0.13"))
    assert [punted(policed, unknown, 0) for _ in range(4)] == [1, 1, 1, 0]
    assert [punted(policed, hello, 0) for _ in range(20)] == [1] * 20


def test_what_is_policed_is_counted(policed: MemoryTarget) -> None:
    for _ in range(5):
        policed.process(1, to_group(data(SOURCE, GROUP)), 0)
    counters = policed.read_counters()
    assert counters.punted[PuntReason.NO_MULTICAST_ROUTE].packets == BURST
    assert counters.policed[PuntReason.NO_MULTICAST_ROUTE].packets == 5 - BURST


def test_a_policer_that_is_taken_away_polices_no_more(policed: MemoryTarget) -> None:
    policed.set_fib(EMPTY)
    frame = to_group(data(SOURCE, GROUP))
    assert [punted(policed, frame, 0) for _ in range(20)] == [1] * 20


def test_policing_the_punt_does_not_stop_the_copies(policed: MemoryTarget) -> None:
    policers = frozenset({Policer(PuntReason.LINK_LOCAL, RATE, 1)})
    policed.set_fib(replace(multicast(BRANCHING_LEAF), policers=policers))
    hello = data(str(PE2), "224.0.0.13", 1, proto=103)
    frame = to_group(tunnel(str(PE2), str(P_GROUP), hello))
    results = [policed.process(3, frame, 0) for _ in range(3)]
    assert [(len(copies), len(punts)) for copies, punts in results] == [(1, 1), (1, 0), (1, 0)]
