"""A leaf of a P-tunnel, alone or as a branching point of the same tree; always in one pass."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.fib.model import Decapsulate, InPlace, PacketIn
from controlplane.net.punt import PuntReason
from controlplane.p4rt.drops import DropReason
from tests.p4.frames import data, igmp, to_group, tunnel
from tests.p4.pe import (
    BEHIND_TUNNEL,
    BRANCHING_LEAF,
    CE1,
    CE2,
    CORE,
    CORE4,
    ENCAPSULATE,
    LEAF,
    OTHER_TUNNEL,
    P_GROUP,
    P_TREE,
    PE2,
    RED,
    STREAM,
    TUNNEL,
    copy,
    mac,
    multicast,
    route,
)
from tests.p4.targets import Outcome, Target, new_drops

SOURCE, GROUP = str(STREAM.source), str(STREAM.group)


def arriving(inner: Any, ttl: int = 64, **fields: Any) -> bytes:
    """Comes in from the core, encapsulated by PE2."""
    return to_group(tunnel(str(PE2), str(P_GROUP), inner, ttl, **fields))


def onward(inner: Any, ttl: int = 63, **fields: Any) -> tuple[int, bytes]:
    """The copy that goes on along the provider's tree."""
    return 4, to_group(tunnel(str(PE2), str(P_GROUP), inner, ttl, **fields), mac(CORE4))


def to_ces(inner: Any) -> set[tuple[int, bytes]]:
    return {(1, to_group(inner, mac(CE1))), (2, to_group(inner, mac(CE2), CE2.vlan))}


def punted(reason: PuntReason, frame: bytes, interface: int = TUNNEL) -> tuple[PacketIn, ...]:
    return (PacketIn(3, interface, reason, frame),)


def test_a_leaf_decapsulates_for_its_ces(target: Target) -> None:
    copies = copy(CE1, Decapsulate()), copy(CE2, Decapsulate())
    target.program(multicast(LEAF, route(RED, STREAM, TUNNEL, *copies)))
    expected = to_ces(data(SOURCE, GROUP, 63))
    assert target.receive(3, arriving(data(SOURCE, GROUP))) == Outcome(frozenset(expected))


def test_a_branching_leaf_makes_all_copies_in_one_pass(target: Target) -> None:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    inner = data(SOURCE, GROUP)
    expected = to_ces(data(SOURCE, GROUP, 63)) | {onward(inner)}
    assert target.receive(3, arriving(inner)) == Outcome(frozenset(expected))


def test_copies_and_a_punt_come_of_the_same_packet(target: Target) -> None:
    """C-PIM on the PMSI at a branching leaf: on along the tree, and up to the CPU."""
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    hello = data("10.255.0.2", "224.0.0.13", 1, proto=103)
    frame = arriving(hello)
    expected = Outcome(frozenset({onward(hello)}), punted(PuntReason.LINK_LOCAL, frame))
    assert target.receive(3, frame) == expected


def test_igmp_in_a_tunnel_is_punted_as_link_local(target: Target) -> None:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    inner = igmp(SOURCE, GROUP)
    frame = arriving(inner)
    expected = Outcome(frozenset({onward(inner)}), punted(PuntReason.LINK_LOCAL, frame))
    assert target.receive(3, frame) == expected


def test_an_unknown_stream_goes_on_and_is_punted(target: Target) -> None:
    target.program(multicast(BRANCHING_LEAF))
    inner = data(SOURCE, GROUP)
    frame = arriving(inner)
    expected = Outcome(frozenset({onward(inner)}), punted(PuntReason.NO_MULTICAST_ROUTE, frame))
    assert target.receive(3, frame) == expected


@pytest.mark.parametrize("iif", [1, OTHER_TUNNEL], ids=["a CE's", "another PE's"])
def test_a_stream_that_is_expected_elsewhere_goes_on_and_is_punted(
    target: Target, iif: int
) -> None:
    """RFC 6513 9.1.1: the packets of a PE that is not the selected one are not for the CEs."""
    copies = copy(CE2, Decapsulate()), copy(CORE4, InPlace())
    target.program(multicast(BRANCHING_LEAF, route(RED, STREAM, iif, *copies)))
    inner = data(SOURCE, GROUP)
    frame = arriving(inner)
    expected = Outcome(frozenset({onward(inner)}), punted(PuntReason.RPF_FAILED, frame))
    assert target.receive(3, frame) == expected


def test_a_stream_out_of_the_tunnel_is_not_taken_from_a_ce(target: Target) -> None:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    frame = to_group(data(SOURCE, GROUP))
    failed = (PacketIn(1, 1, PuntReason.RPF_FAILED, frame),)
    assert target.receive(1, frame) == Outcome(frozenset(), failed)


def test_the_tunnel_on_a_wrong_core_link_is_an_rpf_failure_of_the_core(target: Target) -> None:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    frame = arriving(data(SOURCE, GROUP))
    failed = (PacketIn(4, 4, PuntReason.RPF_FAILED, frame),)
    assert target.receive(4, frame) == Outcome(frozenset(), failed)


def test_what_looks_like_the_tunnel_and_comes_from_a_customer_is_his_packet(target: Target) -> None:
    """A forged one: the P-group is the provider's, and means nothing in a VRF."""
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    frame = arriving(data(SOURCE, GROUP))
    unknown = (PacketIn(1, 1, PuntReason.NO_MULTICAST_ROUTE, frame),)
    assert target.receive(1, frame) == Outcome(frozenset(), unknown)


def test_a_p_router_forwards_a_tunnel_unread(target: Target) -> None:
    target.program(multicast(route(CORE, P_TREE, 3, copy(CORE4, InPlace()))))
    inner = data(SOURCE, "224.0.0.13", 1)
    assert target.receive(3, arriving(inner)) == Outcome(frozenset({onward(inner)}))


def test_inner_and_outer_ttl_expire_apart(target: Target) -> None:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    dying = data(SOURCE, GROUP, 1)
    assert target.receive(3, arriving(dying)) == Outcome(frozenset({onward(dying)}))
    last_hop = arriving(data(SOURCE, GROUP), ttl=1)
    assert target.receive(3, last_hop) == Outcome(frozenset(to_ces(data(SOURCE, GROUP, 63))))


def test_what_comes_out_of_the_pmsi_does_not_go_into_it_again(target: Target) -> None:
    """On a bidirectional tree the PMSI is an outgoing interface, and an accepted one."""
    copies = copy(CE1, Decapsulate()), copy(CORE4, ENCAPSULATE)
    target.program(multicast(LEAF, route(RED, STREAM, TUNNEL, *copies)))
    expected = (1, to_group(data(SOURCE, GROUP, 63), mac(CE1)))
    before = target.counters()
    assert target.receive(3, arriving(data(SOURCE, GROUP))) == Outcome(frozenset({expected}))
    assert new_drops(target, before) == {DropReason.SAME_INTERFACE: 1}


MALFORMED = {
    "wrong version": {"version": 6},
    "header too short": {"ihl": 4},
    "longer than the tunnel's packet": {"len": 100},
    "shorter than its header": {"len": 19},
    "to nobody's group": {"dst": "10.1.0.9"},
    "from a group": {"src": "239.1.1.1"},
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_inner_packet_goes_on_and_is_dropped_here(
    target: Target, fields: dict[str, Any]
) -> None:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    inner = data(SOURCE, GROUP, **fields)
    before = target.counters()
    assert target.receive(3, arriving(inner)) == Outcome(frozenset({onward(inner)}))
    assert new_drops(target, before) == {DropReason.TUNNEL_MALFORMED: 1}


def test_a_damaged_inner_header_goes_on_and_is_dropped_here(target: Target) -> None:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    inner = data(SOURCE, GROUP, chksum=0x1234)
    before = target.counters()
    assert target.receive(3, arriving(inner)) == Outcome(frozenset({onward(inner)}))
    assert new_drops(target, before) == {DropReason.IPV4_CHECKSUM: 1}


def test_options_of_the_inner_packet_are_the_cpus(target: Target) -> None:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    inner = data(SOURCE, GROUP, options=igmp(SOURCE, GROUP).options)
    frame = arriving(inner)
    expected = Outcome(frozenset({onward(inner)}), punted(PuntReason.IP_OPTIONS, frame))
    assert target.receive(3, frame) == expected


KEYED_GRE = bytes.fromhex("2000080000000001")
IPV6_GRE = bytes.fromhex("000086dd")


@pytest.mark.parametrize(
    "payload",
    [b"", b"\0\0", KEYED_GRE + bytes(40), IPV6_GRE + bytes(40), bytes.fromhex("00000800") + b"E"],
    ids=["nothing", "half a header", "a key", "IPv6", "a cut inner header"],
)
def test_what_is_no_gre_of_ours_goes_on_and_is_dropped_here(target: Target, payload: bytes) -> None:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    before = target.counters()
    assert target.receive(3, _gre(payload, 64)) == Outcome(
        frozenset({(4, _gre(payload, 63, onward=True))})
    )
    assert new_drops(target, before) == {DropReason.TUNNEL_MALFORMED: 1}


def test_an_inner_packet_behind_the_end_of_the_outer_one_is_not_there(target: Target) -> None:
    """What looks like GRE is padding: the outer total length ends before it."""
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    inner = data(SOURCE, GROUP)
    expected = Outcome(frozenset({onward(inner, len=20)}))
    assert target.receive(3, arriving(inner, len=20)) == expected


def _gre(payload: bytes, ttl: int, onward: bool = False) -> bytes:
    packet = data(str(PE2), str(P_GROUP), ttl, proto=47)
    packet.remove_payload()
    return to_group(packet / payload, mac(CORE4)) if onward else to_group(packet / payload)
