"""The DR of a source: packets leave for the RP in PIM Registers (RFC 7761 4.4.1)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.fib.model import (
    EncapsulateRegister,
    InPlace,
    PacketIn,
    Replica,
    Submit,
    TtlMode,
)
from controlplane.net.label import Label
from controlplane.net.mac import MacAddress
from controlplane.net.punt import PuntReason
from tests.p4.frames import data, ethernet, mpls_frame, register, stacked, to_group, tunnel
from tests.p4.pe import (
    CE1,
    CE2,
    CE2_MAC,
    CORE,
    CORE3,
    CORE3_MAC,
    ENCAPSULATE,
    P_GROUP,
    PE1,
    RED,
    STREAM,
    copy,
    mac,
    multicast,
    route,
)
from tests.p4.targets import NOTHING, Outcome, Target

SOURCE, GROUP = str(STREAM.source), str(STREAM.group)
DR, RP = "10.1.0.254", "10.1.9.9"
LOOPBACK = 9

TO_RP = EncapsulateRegister(IPv4Address(DR), IPv4Address(RP), CE2_MAC)


def labelled(*labels: int) -> Replica:
    return copy(CORE3, replace(TO_RP, destination_mac=CORE3_MAC, labels=tuple(map(Label, labels))))


def registered(inner: Any, **fields: Any) -> Any:
    return register(DR, RP, inner, **fields)


def frame(packet: Any, to: MacAddress = CE2_MAC) -> bytes:
    return ethernet(packet, to, mac(CE2), CE2.vlan)


def stream(**fields: Any) -> bytes:
    return to_group(data(SOURCE, GROUP, **fields))


def test_a_register_is_a_unicast_packet_to_the_rp(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, TO_RP))))
    expected = frame(registered(data(SOURCE, GROUP, 63)))
    assert target.receive(1, stream()) == Outcome(frozenset({(2, expected)}))


def test_a_packet_leaves_natively_and_in_a_register(target: Target) -> None:
    """RFC 7761 4.2: the Register Tunnel is one more interface of the list."""
    copies = copy(CE2, TO_RP), copy(CE2, InPlace())
    target.program(multicast(route(RED, STREAM, 1, *copies)))
    inner = data(SOURCE, GROUP, 63)
    expected = {(2, frame(registered(inner))), (2, to_group(inner, mac(CE2), CE2.vlan))}
    assert target.receive(1, stream()) == Outcome(frozenset(expected))


def test_the_rp_may_be_where_the_source_is(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE1, TO_RP))))
    expected = ethernet(registered(data(SOURCE, GROUP, 63)), CE2_MAC, mac(CE1))
    assert target.receive(1, stream()) == Outcome(frozenset({(1, expected)}))


@pytest.mark.parametrize("ttl", [0, 1])
def test_a_packet_that_cannot_pay_the_hop_is_not_registered(target: Target, ttl: int) -> None:
    """RFC 7761 4.9.3: "the TTL of the original packet is decremented before encapsulation"."""
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, TO_RP))))
    assert target.receive(1, stream(ttl=ttl)) == NOTHING


@pytest.mark.parametrize("tos", [0x00, 0x02, 0xBB])
def test_dscp_and_ecn_are_copied_outward(target: Target, tos: int) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, TO_RP))))
    expected = frame(registered(data(SOURCE, GROUP, 63, tos=tos), tos=tos))
    assert target.receive(1, stream(tos=tos)) == Outcome(frozenset({(2, expected)}))


@pytest.mark.parametrize("labels", [(17,), (17, 18)], ids=["of the way", "of the way and the VPN"])
@pytest.mark.parametrize(("mode", "ttl"), [(TtlMode.UNIFORM, 64), (TtlMode.PIPE, 255)])
def test_the_way_to_the_rp_may_be_an_lsp(
    target: Target, labels: tuple[int, ...], mode: TtlMode, ttl: int
) -> None:
    fib = multicast(route(RED, STREAM, 1, labelled(*labels)))
    target.program(replace(fib, ttl_mode=mode))
    packet = stacked(registered(data(SOURCE, GROUP, 63)), *labels, ttl=ttl)
    expected = mpls_frame(packet, CORE3_MAC, mac(CORE3))
    assert target.receive(1, stream()) == Outcome(frozenset({(3, expected)}))


def test_a_watched_tree_registers_and_is_shown(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, TO_RP), watch=True)))
    expected = frame(registered(data(SOURCE, GROUP, 63)))
    shown = PacketIn(1, 1, PuntReason.NEW_SOURCE, stream())
    assert target.receive(1, stream()) == Outcome(frozenset({(2, expected)}), (shown,))


def to_p_rp(rewrite: EncapsulateRegister) -> EncapsulateRegister:
    return replace(rewrite, destination_mac=CORE3_MAC)


def test_what_a_pe_submits_to_its_own_tunnel_is_registered_whole(target: Target) -> None:
    """C-PIM of a PE whose P-tunnel is a PIM-SM tree without branches yet."""
    target.program(multicast(route(CORE, STREAM, LOOPBACK, copy(CORE3, to_p_rp(TO_RP)))))
    packet = tunnel(SOURCE, GROUP, data("10.255.0.1", "224.0.0.13", 1))
    expected = ethernet(registered(packet), CORE3_MAC, mac(CORE3))
    sent = target.send(Submit(CORE, LOOPBACK, to_group(packet)))
    assert sent == Outcome(frozenset({(3, expected)}))


@pytest.mark.parametrize("dont_fragment", [True, False])
def test_a_customer_s_packet_goes_through_the_tunnel_s_register(
    target: Target, dont_fragment: bool
) -> None:
    outer = replace(ENCAPSULATE, dont_fragment=dont_fragment)
    rewrite = replace(to_p_rp(TO_RP), tunnel=outer)
    target.program(multicast(route(RED, STREAM, 1, copy(CORE3, rewrite), copy(CE2, InPlace()))))
    inner = data(SOURCE, GROUP, 63)
    number, flags = (0, "DF") if dont_fragment else (4711, "")
    packet = registered(tunnel(str(PE1), str(P_GROUP), inner, id=number, flags=flags))
    expected = {
        (3, ethernet(packet, CORE3_MAC, mac(CORE3))),
        (2, to_group(inner, mac(CE2), CE2.vlan)),
    }
    assert target.receive(1, stream()) == Outcome(frozenset(expected))
