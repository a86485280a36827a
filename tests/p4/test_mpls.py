"""Labels: which are believed, swapped, popped; what becomes of those that are not ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from scapy.packet import Raw

from controlplane.fib.model import FibInterface, Forward, PacketIn, PopAndLookUp, Submit
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL
from controlplane.net.mac import BROADCAST
from controlplane.net.punt import PuntReason
from controlplane.p4rt.counters import Count
from controlplane.p4rt.drops import DropReason
from tests.p4.frames import data, ethernet, labelled, mpls_frame, tunnel
from tests.p4.pe import (
    CE1,
    CE2,
    CE2_MAC,
    CORE,
    CORE3,
    CORE4,
    CORE4_MAC,
    RED,
    core,
    mac,
    member,
    way,
)
from tests.p4.targets import NOTHING, Outcome, Target, new_drops

SWAP = Forward("swap")
POP = Forward("pop")
UNLABELLED = Forward("unlabelled")
UNRESOLVED = Forward("unresolved")
WAYS = (
    way("swap", member(CORE4, CORE4_MAC, 200)),
    way("pop", member(CORE4, CORE4_MAC, IMPLICIT_NULL)),
    way("unlabelled", member(CORE4, CORE4_MAC)),
    way("unresolved"),
    way("tagged", member(CE2, CE2_MAC, 200)),
)
ONE_OF_EACH = core(
    {
        100: SWAP,
        101: POP,
        102: UNLABELLED,
        103: UNRESOLVED,
        104: Forward("tagged"),
        105: PopAndLookUp(CORE),
        (1 << 20) - 1: SWAP,
    },
    WAYS,
)


def arriving(packet: Any) -> bytes:
    return mpls_frame(packet, mac(CORE3))


def leaving(packet: Any) -> Outcome:
    return Outcome(frozenset({(4, mpls_frame(packet, CORE4_MAC, mac(CORE4)))}))


def inner(**fields: Any) -> Any:
    return data("10.1.0.1", "10.2.3.4", **fields)


PAYLOADS = {
    "UDP": inner(),
    "a fragment": inner(flags="MF", frag=100),
    "options": inner(ihl=6, len=50),
    "a damaged header": inner(chksum=0x1234),
    "a tunnel": tunnel("10.1.0.1", "10.2.0.1", inner()),
    "IPv6": Raw(bytes.fromhex("60000000") + bytes(50)),
    "what looks like IPv4 and ends": Raw(b"E"),
    "nothing": Raw(b""),
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
@pytest.mark.parametrize("below", [(), (7,), (7, 8, 9), (7, 8, 9, 10), tuple(range(16, 40))])
def test_a_swapped_packet_changes_in_its_top_label_alone(
    target: Target, payload: Any, below: tuple[int, ...]
) -> None:
    target.program(ONE_OF_EACH)
    frame = arriving(labelled(payload, 100, *below))
    assert target.receive(3, frame) == leaving(labelled(payload, 200, *below, ttl=63))


def test_the_last_label_of_the_space_is_a_label(target: Target) -> None:
    target.program(ONE_OF_EACH)
    frame = arriving(labelled(inner(), (1 << 20) - 1))
    assert target.receive(3, frame) == leaving(labelled(inner(), 200, ttl=63))


def test_the_last_label_is_popped_for_a_neighbour_that_asks_for_it(target: Target) -> None:
    target.program(ONE_OF_EACH)
    expected = ethernet(inner(ttl=63), CORE4_MAC, mac(CORE4))
    frame = arriving(labelled(inner(), 101))
    assert target.receive(3, frame) == Outcome(frozenset({(4, expected)}))


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
@pytest.mark.parametrize("below", [(7,), (7, 8, 9, 10)])
def test_below_a_popped_label_is_a_labelled_packet(
    target: Target, payload: Any, below: tuple[int, ...]
) -> None:
    target.program(ONE_OF_EACH)
    frame = arriving(labelled(payload, 101, *below, ttl=90))
    assert target.receive(3, frame) == leaving(labelled(payload, *below, ttl=33, cos=2))


def test_a_labelled_packet_leaves_with_the_tag_of_its_vlan(target: Target) -> None:
    target.program(ONE_OF_EACH)
    expected = mpls_frame(labelled(inner(), 200, ttl=63), CE2_MAC, mac(CE2), CE2.vlan)
    frame = arriving(labelled(inner(), 104))
    assert target.receive(3, frame) == Outcome(frozenset({(2, expected)}))


def test_a_tagged_frame_brings_its_label_below_the_tag(target: Target) -> None:
    tagged = FibInterface(CE2, 2, CORE, mac(CE2), mpls=True)
    others = (interface for interface in ONE_OF_EACH.interfaces if interface.at != CE2)
    target.program(replace(ONE_OF_EACH, interfaces=frozenset({tagged, *others})))
    frame = mpls_frame(labelled(inner(), 100), mac(CE2), vlan=CE2.vlan)
    assert target.receive(2, frame) == leaving(labelled(inner(), 200, ttl=63))


def test_a_packet_to_a_neighbour_that_is_not_resolved_is_punted(target: Target) -> None:
    target.program(ONE_OF_EACH)
    frame = arriving(labelled(inner(), 103))
    punted = PacketIn(3, 3, PuntReason.GLEAN, frame)
    assert target.receive(3, frame) == Outcome(frozenset(), (punted,))


DROPPED = {
    "an unknown label": (labelled(inner(), 99), DropReason.UNKNOWN_LABEL),
    "explicit null, unasked": (labelled(inner(), EXPLICIT_NULL), DropReason.UNKNOWN_LABEL),
    "no label behind": (labelled(inner(), 102), DropReason.NO_LABEL),
    "no IPv4 behind a last label": (
        labelled(PAYLOADS["IPv6"], 101),
        DropReason.MPLS_PAYLOAD,
    ),
    "a cut header behind a last label": (labelled(Raw(b"E"), 101), DropReason.MPLS_PAYLOAD),
    "no IPv4 to be looked up": (labelled(PAYLOADS["IPv6"], 105), DropReason.MPLS_PAYLOAD),
    "a group to be looked up": (
        labelled(data("10.1.0.1", "239.1.1.1"), 105),
        DropReason.MPLS_PAYLOAD,
    ),
    "a label below one that is looked up": (labelled(inner(), 105, 16), DropReason.LABELS_BELOW),
    "a longer packet than the frame": (labelled(inner(len=47), 105), DropReason.IPV4_MALFORMED),
    "a damaged header": (labelled(inner(chksum=0x1234), 105), DropReason.IPV4_CHECKSUM),
    "no label": (Raw(b""), DropReason.MPLS_MALFORMED),
    "half a label": (Raw(bytes(3)), DropReason.MPLS_MALFORMED),
    "an end in the stack": (Raw(bytes.fromhex("00064040")), DropReason.MPLS_MALFORMED),
    "an end in a second label": (Raw(bytes.fromhex("00064040000000")), DropReason.MPLS_MALFORMED),
}


@pytest.mark.parametrize(("packet", "reason"), DROPPED.values(), ids=DROPPED)
def test_what_labels_do_not_lead_anywhere_is_dropped(
    target: Target, packet: Any, reason: DropReason
) -> None:
    target.program(ONE_OF_EACH)
    before = target.counters()
    assert target.receive(3, arriving(packet)) == NOTHING
    assert new_drops(target, before) == {reason: 1}


def test_a_label_from_a_customer_is_not_believed(target: Target) -> None:
    target.program(ONE_OF_EACH)
    before = target.counters()
    assert target.receive(1, mpls_frame(labelled(inner(), 100), mac(CE1))) == NOTHING
    assert new_drops(target, before) == {DropReason.MPLS_NOT_ENABLED: 1}


def test_a_labelled_frame_to_all_is_not_forwarded(target: Target) -> None:
    target.program(ONE_OF_EACH)
    before = target.counters()
    assert target.receive(3, mpls_frame(labelled(inner(), 100), BROADCAST)) == NOTHING
    assert new_drops(target, before) == {DropReason.GROUP_FRAME: 1}


@pytest.mark.parametrize("ttl", [1, 64])
def test_a_submitted_labelled_packet_is_switched_and_keeps_its_ttl(
    target: Target, ttl: int
) -> None:
    """An ICMP error on its way to the end of the LSP (RFC 3032 2.3.2), on no port's interface."""
    target.program(ONE_OF_EACH)
    frame = mpls_frame(labelled(inner(), 100, ttl=ttl), BROADCAST)
    assert target.send(Submit(CORE, 50, frame)) == leaving(labelled(inner(), 200, ttl=ttl))


def test_labels_count_what_found_them(target: Target) -> None:
    target.program(core({}))
    target.program(ONE_OF_EACH)
    frames = [arriving(labelled(inner(), label)) for label in (100, 100, 105)]
    for frame in frames:
        target.receive(3, frame)
    labels = target.counters().labels
    size = len(frames[0])
    assert (labels[100], labels[105]) == (Count(2, 2 * size), Count(1, size))
    assert labels[101] == Count()


def test_a_label_counts_on_while_its_way_changes(target: Target) -> None:
    target.program(core({}))
    for neighbor_label in (200, 201):
        target.program(core({100: SWAP}, [way("swap", member(CORE4, CORE4_MAC, neighbor_label))]))
        target.receive(3, arriving(labelled(inner(), 100)))
    assert target.counters().labels[100].packets == 2


def test_a_label_of_a_vrf_leads_into_it(target: Target) -> None:
    ways = [way("CE2", member(CE2, CE2_MAC))]
    target.program(core({300: PopAndLookUp(RED)}, ways, [(RED, "10.2.0.0/16", Forward("CE2"))]))
    expected = ethernet(inner(ttl=63), CE2_MAC, mac(CE2), CE2.vlan)
    frame = arriving(labelled(inner(), 300))
    assert target.receive(3, frame) == Outcome(frozenset({(2, expected)}))
