"""Which frames a router takes: interface, MAC address, ethertype, a sound IPv4 header."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controlplane.fib.model import InPlace, PacketIn
from controlplane.net.mac import BROADCAST, MacAddress
from controlplane.net.punt import PuntReason
from controlplane.p4rt.drops import DropReason
from tests.p4.frames import data, ethernet, to_group
from tests.p4.pe import CE2, EMPTY, RED, STREAM, TO_CE2, copy, mac, multicast, route, unicast
from tests.p4.targets import NOTHING, Outcome, Target, new_drops

SOURCE, GROUP = str(STREAM.source), str(STREAM.group)
FORWARDING = multicast(route(RED, STREAM, 1, copy(CE2, InPlace())))


@pytest.mark.parametrize(
    ("port", "vlan"), [(1, 9), (2, 0), (6, 0)], ids=["VLAN", "no VLAN", "port"]
)
def test_frames_on_an_unknown_interface_are_dropped(target: Target, port: int, vlan: int) -> None:
    target.program(FORWARDING)
    before = target.counters()
    assert target.receive(port, to_group(data(SOURCE, GROUP), vlan=vlan)) == NOTHING
    assert new_drops(target, before) == {DropReason.UNKNOWN_INTERFACE: 1}


def test_frames_to_a_neighbour_are_dropped(target: Target) -> None:
    target.program(unicast([(RED, "0.0.0.0/0", TO_CE2)]))
    before = target.counters()
    frame = ethernet(data("10.1.0.1", "10.2.3.4"), MacAddress.parse("02:00:00:00:77:77"))
    assert target.receive(1, frame) == NOTHING
    assert new_drops(target, before) == {DropReason.NOT_MY_MAC: 1}


@pytest.mark.parametrize("to", [BROADCAST, mac(CE2)], ids=["broadcast", "unicast"])
def test_arp_is_punted_with_its_tag(target: Target, to: MacAddress) -> None:
    target.program(EMPTY)
    frame = ethernet(bytes(28), to, vlan=CE2.vlan, kind=0x0806)
    punted = PacketIn(2, 2, PuntReason.ARP, frame)
    assert target.receive(2, frame) == Outcome(frozenset(), (punted,))


@pytest.mark.parametrize("kind", [0x86DD, 0x8848, 0x88CC, 0x8100])
@pytest.mark.parametrize("vlan", [0, CE2.vlan])
def test_other_ethertypes_are_dropped(target: Target, kind: int, vlan: int) -> None:
    """Also a second tag, and a tag of VLAN 0."""
    target.program(FORWARDING)
    before = target.counters()
    frame = ethernet(bytes(60), BROADCAST, vlan=vlan, kind=kind)
    assert target.receive(2 if vlan else 1, frame) == NOTHING
    assert new_drops(target, before) == {DropReason.UNKNOWN_ETHERTYPE: 1}


def test_a_priority_tag_is_no_vlan(target: Target) -> None:
    """IEEE 802.1Q 6.9.1: VLAN 0 says a priority, and no VLAN."""
    target.program(FORWARDING)
    plain = to_group(data(SOURCE, GROUP))
    tagged = plain[:12] + bytes.fromhex("81006000") + plain[12:]
    copies = target.receive(1, tagged).copies
    expected = to_group(data(SOURCE, GROUP, 63), mac(CE2), CE2.vlan)
    expected = expected[:14] + bytes([0x60 | expected[14]]) + expected[15:]
    assert copies == {(2, expected)}


MALFORMED: dict[str, dict[str, Any]] = {
    "version 5": {"version": 5},
    "version 6": {"version": 6},
    "no header": {"ihl": 0},
    "a header too short": {"ihl": 4},
    "shorter than its header": {"len": 19},
    "shorter than its options": {"ihl": 15, "len": 46},
    "longer than the frame": {"len": 47},
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("vlan", [0, CE2.vlan], ids=["untagged", "tagged"])
def test_a_malformed_header_is_dropped(target: Target, fields: dict[str, Any], vlan: int) -> None:
    target.program(FORWARDING)
    before = target.counters()
    frame = to_group(data(SOURCE, GROUP, **fields), vlan=vlan)
    assert target.receive(2 if vlan else 1, frame) == NOTHING
    assert new_drops(target, before) == {DropReason.IPV4_MALFORMED: 1}


@pytest.mark.parametrize("octets", [14, 15, 33])
def test_a_cut_header_is_dropped(target: Target, octets: int) -> None:
    target.program(FORWARDING)
    before = target.counters()
    assert target.receive(1, to_group(data(SOURCE, GROUP))[:octets]) == NOTHING
    assert new_drops(target, before) == {DropReason.IPV4_MALFORMED: 1}


def test_a_damaged_header_is_dropped(target: Target) -> None:
    target.program(FORWARDING)
    before = target.counters()
    assert target.receive(1, to_group(data(SOURCE, GROUP, chksum=0x1234))) == NOTHING
    assert new_drops(target, before) == {DropReason.IPV4_CHECKSUM: 1}


def test_padding_behind_a_short_packet_stays(target: Target) -> None:
    target.program(FORWARDING)
    expected = to_group(data(SOURCE, GROUP, 63), mac(CE2), CE2.vlan) + bytes(9)
    frame = to_group(data(SOURCE, GROUP)) + bytes(9)
    assert target.receive(1, frame) == Outcome(frozenset({(2, expected)}))


def test_an_interface_that_is_taken_away_takes_no_more_frames(target: Target) -> None:
    target.program(FORWARDING)
    target.program(replace(FORWARDING, interfaces=frozenset()))
    before = target.counters()
    assert target.receive(1, to_group(data(SOURCE, GROUP))) == NOTHING
    assert new_drops(target, before) == {DropReason.UNKNOWN_INTERFACE: 1}
