"""Leaves of P-tunnels that PEs share: (*,G) of a PIM-SM or BIDIR-PIM tree, and (S,G) of the former.

The outer source says which PE a packet is of (RFC 6513 12.1.1), so that a C-route accepts those of
the PE that it expects.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.fib.model import (
    Decapsulate,
    Fib,
    InPlace,
    MulticastRoute,
    Onward,
    PacketIn,
    Submit,
    Tail,
    TunnelRoot,
)
from controlplane.net.multicast import AnySource, TreeName
from controlplane.net.punt import PuntReason
from controlplane.p4rt.drops import DropReason
from tests.p4.frames import data, to_group, tunnel
from tests.p4.pe import (
    ANY_STREAM,
    CE1,
    CE2,
    CORE,
    CORE3,
    CORE4,
    ENCAPSULATE,
    P_GROUP,
    P_TREE,
    PE1,
    PE2,
    RED,
    STREAM,
    copy,
    mac,
    multicast,
    route,
)
from tests.p4.targets import NOTHING, Outcome, Target, new_drops

SOURCE, GROUP = str(STREAM.source), str(STREAM.group)
PE3 = IPv4Address("10.255.0.3")
OF_PE2, OF_PE3 = 102, 103
LOOPBACK = 9
SHARED_TREE = AnySource.of(P_GROUP)
TAIL = Tail(RED, None)
LEAF = route(CORE, SHARED_TREE, 3, copy(CORE4, InPlace()), tail=TAIL)
ROOTS = frozenset({TunnelRoot(RED, PE2, OF_PE2), TunnelRoot(RED, PE3, OF_PE3)})

TO_CE1 = copy(CE1, Decapsulate())
C_ROUTE = route(RED, STREAM, OF_PE2, TO_CE1, copy(CORE4, InPlace()))


def pe(*routes: MulticastRoute) -> Fib:
    return replace(multicast(*routes), tunnel_roots=ROOTS)


def of(sender: IPv4Address, inner: Any) -> bytes:
    return to_group(tunnel(str(sender), str(P_GROUP), inner))


def onward(sender: IPv4Address, inner: Any) -> tuple[int, bytes]:
    return 4, to_group(tunnel(str(sender), str(P_GROUP), inner, 63), mac(CORE4))


def at_ce1(inner: Any) -> tuple[int, bytes]:
    return 1, to_group(inner, mac(CE1))


@pytest.mark.parametrize("tree", [SHARED_TREE, P_TREE], ids=["shared tree", "source tree"])
def test_the_outer_source_says_whose_tunnel_it_is(target: Target, tree: TreeName) -> None:
    target.program(pe(replace(LEAF, tree=tree), C_ROUTE))
    inner = data(SOURCE, GROUP)
    expected = {onward(PE2, inner), at_ce1(data(SOURCE, GROUP, 63))}
    assert target.receive(3, of(PE2, inner)) == Outcome(frozenset(expected))


def test_another_pe_s_packets_fail_the_rpf_check_of_the_customer(target: Target) -> None:
    target.program(pe(LEAF, C_ROUTE))
    inner = data(SOURCE, GROUP)
    failed = PacketIn(3, OF_PE3, PuntReason.RPF_FAILED, of(PE3, inner))
    expected = Outcome(frozenset({onward(PE3, inner)}), (failed,))
    assert target.receive(3, of(PE3, inner)) == expected


def test_an_unknown_pe_s_packets_go_on_and_fail_the_rpf_check_of_the_core(target: Target) -> None:
    target.program(replace(multicast(LEAF, C_ROUTE), tunnel_roots=frozenset()))
    inner = data(SOURCE, GROUP)
    before = target.counters()
    failed = PacketIn(3, 3, PuntReason.RPF_FAILED, of(PE2, inner))
    assert target.receive(3, of(PE2, inner)) == Outcome(frozenset({onward(PE2, inner)}), (failed,))
    assert new_drops(target, before) == {DropReason.NO_TUNNEL_ROOT: 1}


@pytest.mark.parametrize(("roots", "interface"), [(ROOTS, OF_PE2), (frozenset(), 3)])
def test_hellos_reach_the_cpu_from_pes_known_and_unknown(
    target: Target, roots: frozenset[TunnelRoot], interface: int
) -> None:
    """Where nothing else tells of other PEs, their Hellos do."""
    target.program(replace(multicast(LEAF), tunnel_roots=roots))
    hello = data(str(PE2), "224.0.0.13", 1, proto=103)
    punted = PacketIn(3, interface, PuntReason.LINK_LOCAL, of(PE2, hello))
    assert target.receive(3, of(PE2, hello)) == Outcome(frozenset({onward(PE2, hello)}), (punted,))


def test_a_pe_is_known_in_a_vrf(target: Target) -> None:
    target.program(replace(multicast(LEAF), tunnel_roots=frozenset({TunnelRoot(20, PE2, OF_PE2)})))
    inner = data(SOURCE, GROUP)
    before = target.counters()
    target.receive(3, of(PE2, inner))
    assert new_drops(target, before) == {DropReason.NO_TUNNEL_ROOT: 1}


def test_what_a_pe_sends_into_the_tunnel_is_not_for_itself(target: Target) -> None:
    own = route(CORE, SHARED_TREE, (3, LOOPBACK), copy(CORE4, InPlace()), tail=TAIL)
    target.program(pe(own, C_ROUTE))
    hello = data(str(PE1), "224.0.0.13", 1, proto=103)
    sent = 4, to_group(tunnel(str(PE1), str(P_GROUP), hello), mac(CORE4))
    submitted = Submit(CORE, LOOPBACK, of(PE1, hello))
    assert target.send(submitted) == Outcome(frozenset({sent}))


def test_a_new_source_of_the_core_is_shown_before_what_fails_inside(target: Target) -> None:
    target.program(pe(replace(LEAF, watch=True)))
    inner = data(SOURCE, GROUP)
    shown = PacketIn(3, 3, PuntReason.NEW_SOURCE, of(PE2, inner))
    assert target.receive(3, of(PE2, inner)) == Outcome(frozenset({onward(PE2, inner)}), (shown,))


def test_a_hello_is_shown_before_the_new_source_of_the_core(target: Target) -> None:
    target.program(pe(replace(LEAF, watch=True)))
    hello = data(str(PE2), "224.0.0.13", 1, proto=103)
    punted = PacketIn(3, OF_PE2, PuntReason.LINK_LOCAL, of(PE2, hello))
    assert target.receive(3, of(PE2, hello)) == Outcome(frozenset({onward(PE2, hello)}), (punted,))


def test_a_new_source_of_the_customer_is_shown_in_the_name_of_its_pe(target: Target) -> None:
    target.program(pe(LEAF, route(RED, ANY_STREAM, OF_PE2, TO_CE1, watch=True)))
    inner = data(SOURCE, GROUP)
    shown = PacketIn(3, OF_PE2, PuntReason.NEW_SOURCE, of(PE2, inner))
    expected = Outcome(frozenset({at_ce1(data(SOURCE, GROUP, 63))}), (shown,))
    assert target.receive(3, of(PE2, inner)) == expected


class TestCustomersBidirectionalTree:
    """It takes packets from CEs and from all PEs, and sends each everywhere else."""

    ROUTE = route(
        RED,
        ANY_STREAM,
        (1, 2, OF_PE2, OF_PE3),
        TO_CE1,
        copy(CE2, Decapsulate()),
        copy(CORE3, ENCAPSULATE),
        copy(CORE4, Onward(OF_PE2)),
    )

    def test_from_a_ce_to_the_other_ce_and_into_the_tunnel(self, target: Target) -> None:
        target.program(pe(LEAF, self.ROUTE))
        onward = data(SOURCE, GROUP, 63)
        expected = {
            (2, to_group(onward, mac(CE2), CE2.vlan)),
            (3, to_group(tunnel(str(PE1), str(P_GROUP), onward), mac(CORE3))),
        }
        assert target.receive(1, to_group(data(SOURCE, GROUP))) == Outcome(frozenset(expected))

    def test_a_customer_s_own_tunnel_is_not_taken_for_one_of_the_provider(
        self, target: Target
    ) -> None:
        target.program(pe(LEAF, replace(self.ROUTE, replicas=frozenset({TO_CE1}))))
        gre = tunnel(SOURCE, GROUP, data("192.0.2.1", "239.9.9.9"))
        expected = 1, to_group(tunnel(SOURCE, GROUP, data("192.0.2.1", "239.9.9.9"), 63), mac(CE1))
        frame = to_group(gre, vlan=CE2.vlan)
        assert target.receive(2, frame) == Outcome(frozenset({expected}))

    @pytest.mark.parametrize("sender", [PE2, PE3])
    def test_from_a_pe_to_the_ces_and_on_along_that_pe_s_tree(
        self, target: Target, sender: IPv4Address
    ) -> None:
        target.program(pe(LEAF, self.ROUTE))
        inner, left = data(SOURCE, GROUP), data(SOURCE, GROUP, 63)
        expected = {at_ce1(left), (2, to_group(left, mac(CE2), CE2.vlan))}
        if sender == PE2:
            expected.add(onward(sender, inner))
        assert target.receive(3, of(sender, inner)) == Outcome(frozenset(expected))

    def test_a_ce_that_is_alone_hears_nothing_of_itself(self, target: Target) -> None:
        target.program(pe(LEAF, replace(self.ROUTE, replicas=frozenset({TO_CE1}))))
        assert target.receive(1, to_group(data(SOURCE, GROUP))) == NOTHING
