"""Groups of next hops: each flow keeps to one member, and flows spread over all."""

from __future__ import annotations

import zlib
from collections import Counter
from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Raw

from controlplane.fib.model import Fib, Forward, Nhlfe, PacketIn
from controlplane.net.label import IMPLICIT_NULL
from controlplane.net.punt import PuntReason
from tests.p4.frames import data, ethernet, labelled, mpls_frame, tunnel
from tests.p4.pe import (
    CE1,
    CE2,
    CE2_MAC,
    CORE3,
    CORE3_MAC,
    CORE4,
    CORE4_MAC,
    RED,
    core,
    mac,
    member,
    way,
)
from tests.p4.targets import Outcome, Target

VIA_CORE4 = member(CORE4, CORE4_MAC, 204)
VIA_CORE3 = member(CORE3, CORE3_MAC, 203)
VIA_CE2 = member(CE2, CE2_MAC, 202)
GOAL = Forward("goal")
PORTS = (2, 3, 4)
"""Of three members, in the order of their labels."""

Ports = tuple[int, int]


def fib(*members: Nhlfe) -> Fib:
    """Both a prefix and a label lead to the group."""
    return core({100: GOAL}, [way("goal", *members)], [(RED, "10.2.0.0/16", GOAL)])


def ip(destination: str = "10.2.3.4", **fields: Any) -> Any:
    return IP(src="10.1.0.1", dst=destination, ttl=64, **fields)


def ports_out(target: Target, frame: bytes, port: int = 1) -> set[int]:
    return {copy[0] for copy in target.receive(port, frame).copies}


def unlabelled(packet: Any) -> bytes:
    return ethernet(packet, mac(CE1))


def choice(packet: Any, ports: Ports = (0, 0)) -> int:
    """The port of the member that CRC-32 chooses of three."""
    octets = bytes(packet)
    flow = octets[12:20] + octets[9:10]
    flow += b"".join(port.to_bytes(2, "big") for port in ports)
    return PORTS[zlib.crc32(flow) % len(PORTS)]


FLOWS = {
    **{f"UDP {port}": (ip() / UDP(sport=port, dport=53), (port, 53)) for port in range(4000, 4020)},
    **{f"TCP to {port}": (ip() / TCP(sport=9, dport=port), (9, port)) for port in range(80, 100)},
    **{f"to .{n}": (ip(f"10.2.0.{n}") / ICMP(), (0, 0)) for n in range(1, 20)},
}


@pytest.mark.parametrize(("packet", "ports"), FLOWS.values(), ids=FLOWS)
def test_a_flow_goes_where_its_hash_says(target: Target, packet: Any, ports: Ports) -> None:
    """Whatever the target, so that a lab looks the same on all."""
    target.program(fib(VIA_CE2, VIA_CORE3, VIA_CORE4))
    assert ports_out(target, unlabelled(packet)) == {choice(packet, ports)}


def test_flows_spread_over_all_members() -> None:
    chosen = Counter(choice(packet, ports) for packet, ports in FLOWS.values())
    assert min(chosen[port] for port in PORTS) > len(FLOWS) / len(PORTS) / 2


@pytest.mark.parametrize("below", [(), (7,), (7, 8, 9)])
@pytest.mark.parametrize("number", range(1, 7))
def test_labels_on_a_flow_do_not_change_its_way(
    target: Target, number: int, below: tuple[int, ...]
) -> None:
    target.program(fib(VIA_CE2, VIA_CORE3, VIA_CORE4))
    packet = data("10.1.0.1", f"10.2.0.{number}")
    frame = mpls_frame(labelled(packet, 100, *below), mac(CORE3))
    assert ports_out(target, frame, 3) == {choice(packet, (5000, 5001))}


@pytest.mark.parametrize("number", range(1, 7))
def test_below_more_labels_than_are_read_flows_are_not_told_apart(
    target: Target, number: int
) -> None:
    target.program(fib(VIA_CE2, VIA_CORE3, VIA_CORE4))
    packet = data("10.1.0.1", f"10.2.0.{number}")
    frame = mpls_frame(labelled(packet, 100, 7, 8, 9, 10), mac(CORE3))
    assert ports_out(target, frame, 3) == {PORTS[zlib.crc32(bytes(13)) % len(PORTS)]}


@pytest.mark.parametrize(
    "packet",
    [
        ip(flags="MF") / UDP(sport=5, dport=6),
        ip(frag=100, proto=17) / Raw(b"octets that are no ports"),
        ip(proto=17) / Raw(b"cut"),
    ],
    ids=["the first fragment", "another fragment", "cut ports"],
)
def test_ports_count_only_where_all_packets_of_a_flow_have_them(
    target: Target, packet: Any
) -> None:
    target.program(fib(VIA_CE2, VIA_CORE3, VIA_CORE4))
    assert ports_out(target, unlabelled(packet)) == {choice(packet)}


@pytest.mark.parametrize("number", range(1, 7))
def test_a_tunnels_flow_is_the_one_inside(target: Target, number: int) -> None:
    target.program(fib(VIA_CE2, VIA_CORE3, VIA_CORE4))
    inner = data("192.0.2.1", f"239.1.1.{number}")
    packet = tunnel("10.1.0.1", "10.2.3.4", inner)
    assert ports_out(target, unlabelled(packet)) == {choice(inner)}


def test_a_member_that_leaves_gets_no_more_packets(target: Target) -> None:
    target.program(fib(VIA_CE2, VIA_CORE3, VIA_CORE4))
    target.program(fib(VIA_CORE4))
    for packet, _ in list(FLOWS.values())[:9]:
        assert ports_out(target, unlabelled(packet)) == {4}


def test_members_differ_in_what_they_do(target: Target) -> None:
    """One neighbour is the penultimate hop's end, another wants a label."""
    pops = member(CE2, CE2_MAC, IMPLICIT_NULL)
    target.program(fib(pops, VIA_CORE4))
    seen = set()
    for number in range(1, 9):
        destination = f"10.2.0.{number}"
        packet = data("10.1.0.1", destination)
        popped = ethernet(data("10.1.0.1", destination, 63), CE2_MAC, mac(CE2), CE2.vlan)
        swapped = mpls_frame(labelled(packet, 204, ttl=63), CORE4_MAC, mac(CORE4))
        frame = mpls_frame(labelled(packet, 100), mac(CORE3))
        (copy,) = target.receive(3, frame).copies
        assert copy in {(2, popped), (4, swapped)}
        seen.add(copy[0])
    assert seen == {2, 4}


@pytest.mark.parametrize("before", [(), (VIA_CORE4,)], ids=["from the start", "after all left"])
def test_a_group_without_members_is_gleaned(target: Target, before: tuple[Nhlfe, ...]) -> None:
    target.program(fib(*before))
    target.program(fib())
    frame = unlabelled(ip() / ICMP())
    punted = PacketIn(1, 1, PuntReason.GLEAN, frame)
    assert target.receive(1, frame) == Outcome(frozenset(), (punted,))
    target.program(fib(VIA_CORE4))
    assert ports_out(target, frame) == {4}
