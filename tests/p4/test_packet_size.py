"""Copies that are too long for where they leave: cut by the CPU, told to the sender, or dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
from scapy.packet import Raw

from controlplane.fib.model import (
    Decapsulate,
    EncapsulateRegister,
    Fib,
    FibInterface,
    Forward,
    ForwardVpn,
    InPlace,
    PacketIn,
    PopAndLookUp,
    Port,
    Submit,
    VpnPath,
)
from controlplane.net.label import IMPLICIT_NULL
from controlplane.net.punt import PuntReason
from controlplane.p4rt.drops import DropReason
from tests.p4.frames import (
    data,
    ethernet,
    labelled,
    mpls_frame,
    register,
    stacked,
    to_group,
    tunnel,
)
from tests.p4.pe import (
    CE1,
    CE2,
    CE2_MAC,
    CORE,
    CORE3,
    CORE3_MAC,
    CORE4,
    ENCAPSULATE,
    LEAF,
    P_GROUP,
    P_TREE,
    PE1,
    PE2,
    RED,
    STREAM,
    TUNNEL,
    copy,
    core,
    mac,
    member,
    multicast,
    route,
    unicast,
    vpn,
    way,
)
from tests.p4.targets import NOTHING, Outcome, Target, new_drops

SOURCE, GROUP = str(STREAM.source), str(STREAM.group)
HEADERS: Final = 28
"""IPv4's and UDP's."""

TO_RP: Final = EncapsulateRegister(PE1, PE2, CORE3_MAC)
IN_LSP: Final = replace(TO_RP, labels=(17, 18))


def sized(octets: int, destination: str = GROUP, ttl: int = 64, *, df: bool = False) -> Any:
    """A packet of the customer's of this total length."""
    packet = data(SOURCE, destination, ttl, flags="DF" if df else "")
    packet[Raw].load = bytes(octets - HEADERS)
    return packet


def with_mtu(fib: Fib, at: Port, mtu: int) -> Fib:
    def changed(interface: FibInterface) -> FibInterface:
        return replace(interface, mtu=mtu) if interface.at == at else interface

    return replace(fib, interfaces=frozenset(map(changed, fib.interfaces)))


def to_fragment(interface: int, frame: bytes, excess: int, port: int = 1) -> PacketIn:
    return PacketIn(port, interface, PuntReason.TO_FRAGMENT, frame, excess)


def encapsulated(inner: Any) -> bytes:
    return to_group(tunnel(str(PE1), str(P_GROUP), inner), mac(CORE3))


def registered(inner: Any, *labels: int) -> bytes:
    packet = register(str(PE1), str(PE2), inner)
    if not labels:
        return ethernet(packet, CORE3_MAC, mac(CORE3))
    return mpls_frame(stacked(packet, *labels), CORE3_MAC, mac(CORE3))


def registered_tunnel(inner: Any) -> bytes:
    return registered(tunnel(str(PE1), str(P_GROUP), inner))


COPIES: Final = {
    "in place": (copy(CORE3, InPlace()), 1500, lambda inner: to_group(inner, mac(CORE3))),
    "in GRE": (copy(CORE3, ENCAPSULATE), 1476, encapsulated),
    "in a Register": (copy(CORE3, TO_RP), 1472, registered),
    "in a Register in an LSP": (
        copy(CORE3, IN_LSP),
        1464,
        lambda inner: registered(inner, 17, 18),
    ),
    "in GRE in a Register": (
        copy(CORE3, replace(TO_RP, tunnel=ENCAPSULATE)),
        1448,
        registered_tunnel,
    ),
}
COPY_CASES = pytest.mark.parametrize(("replica", "most", "form"), COPIES.values(), ids=COPIES)


@COPY_CASES
@pytest.mark.parametrize("df", [True, False])
def test_a_copy_may_fill_the_mtu(
    target: Target, replica: Any, most: int, form: Any, df: bool
) -> None:
    target.program(multicast(route(RED, STREAM, 1, replica)))
    expected = form(sized(most, ttl=63, df=df))
    frame = to_group(sized(most, df=df))
    assert target.receive(1, frame) == Outcome(frozenset({(3, expected)}))


@COPY_CASES
def test_a_longer_copy_goes_to_the_cpu_as_it_would_have_left(
    target: Target, replica: Any, most: int, form: Any
) -> None:
    fib = multicast(route(RED, STREAM, 1, replica, copy(CE2, InPlace())))
    target.program(with_mtu(fib, CE2, 9000))
    before = target.counters()
    expected = to_group(sized(most + 3, ttl=63), mac(CE2), CE2.vlan)
    cut = to_fragment(3, form(sized(most + 3, ttl=63)), 3)
    outcome = target.receive(1, to_group(sized(most + 3)))
    assert outcome == Outcome(frozenset({(2, expected)}), (cut,))
    assert new_drops(target, before) == {DropReason.TOO_LARGE: 1}


@COPY_CASES
def test_a_longer_copy_with_df_is_dropped_and_counted(
    target: Target, replica: Any, most: int, form: Any
) -> None:
    """RFC 1812 4.3.2.7: no ICMP error about a packet to a group."""
    target.program(multicast(route(RED, STREAM, 1, replica)))
    before = target.counters()
    assert target.receive(1, to_group(sized(most + 1, df=True))) == NOTHING
    assert new_drops(target, before) == {DropReason.TOO_LARGE: 1}


@pytest.mark.parametrize(("outer", "punted"), [("DF", 0), ("", 1)])
def test_on_its_way_through_the_core_the_outer_header_decides(
    target: Target, outer: str, punted: int
) -> None:
    target.program(multicast(route(CORE, P_TREE, 3, copy(CORE4, InPlace()))))

    def frame(ttl: int) -> Any:
        return tunnel(str(PE2), str(P_GROUP), sized(1500), ttl, flags=outer)

    cut = to_fragment(4, to_group(frame(63), mac(CORE4)), 24, port=3)
    outcome = target.receive(3, to_group(frame(64)))
    assert outcome == Outcome(frozenset(), (cut,) * punted)


@pytest.mark.parametrize(("df", "punted"), [(True, 0), (False, 1)])
def test_out_of_a_tunnel_the_customers_header_decides(
    target: Target, df: bool, punted: int
) -> None:
    behind = route(RED, STREAM, TUNNEL, copy(CE1, Decapsulate()), copy(CE2, Decapsulate()))
    target.program(with_mtu(multicast(LEAF, behind), CE1, 1000))
    frame = to_group(tunnel(str(PE2), str(P_GROUP), sized(1400, df=df)))
    inner = sized(1400, ttl=63, df=df)
    cut = to_fragment(1, to_group(inner, mac(CE1)), 400, port=3)
    expected = frozenset({(2, to_group(inner, mac(CE2), CE2.vlan))})
    assert target.receive(3, frame) == Outcome(expected, (cut,) * punted)


FAR, NEAR = "10.11.0.9", "10.12.0.9"
TO_CE2, BY_LSP = Forward("CE2"), Forward("LSP")
WAYS = (
    way("CE2", member(CE2, CE2_MAC)),
    way("LSP", member(CORE3, CORE3_MAC, 200)),
    way("PHP", member(CORE3, CORE3_MAC, IMPLICIT_NULL)),
)
ROUTES = unicast(
    [
        (CORE, "10.11.0.0/16", BY_LSP),
        (RED, "10.11.0.0/16", ForwardVpn("path")),
        (RED, "10.12.0.0/16", TO_CE2),
    ],
    WAYS,
)
LABELS = core({100: BY_LSP, 101: Forward("PHP"), 102: PopAndLookUp(RED)}).labels
NETWORK = vpn(replace(ROUTES, labels=LABELS), VpnPath("path", 77, "LSP"))


def to_router(packet: Any, at: Port = CE1) -> bytes:
    return ethernet(packet, mac(at))


def into_core(packet: Any) -> bytes:
    return mpls_frame(packet, CORE3_MAC, mac(CORE3))


def from_core(packet: Any) -> bytes:
    return mpls_frame(packet, mac(CORE4))


def to_ce2(octets: int, df: bool) -> bytes:
    return ethernet(sized(octets, NEAR, 63, df=df), CE2_MAC, mac(CE2), CE2.vlan)


UNICAST_CASES: Final = {
    "as it is": (1, 1500, lambda n, df: to_router(sized(n, NEAR, df=df)), 2, to_ce2),
    "into an LSP": (
        3,
        1496,
        lambda n, df: to_router(sized(n, FAR, df=df), CORE3),
        3,
        lambda n, df: into_core(stacked(sized(n, FAR, 63, df=df), 200, ttl=63)),
    ),
    "into a VPN": (
        1,
        1492,
        lambda n, df: to_router(sized(n, FAR, df=df)),
        3,
        lambda n, df: into_core(stacked(sized(n, FAR, 63, df=df), 200, 77, ttl=63)),
    ),
    "along an LSP": (
        4,
        1488,
        lambda n, df: from_core(labelled(sized(n, FAR, df=df), 100, 77, 78)),
        3,
        lambda n, df: into_core(labelled(sized(n, FAR, df=df), 200, 77, 78, ttl=63)),
    ),
    "out of an LSP": (
        4,
        1496,
        lambda n, df: from_core(labelled(sized(n, FAR, df=df), 101, 77)),
        3,
        lambda n, df: into_core(labelled(sized(n, FAR, df=df), 77, ttl=33, cos=2)),
    ),
    "out of a VPN": (
        4,
        1500,
        lambda n, df: from_core(labelled(sized(n, NEAR, df=df), 102)),
        2,
        to_ce2,
    ),
}
"""Where it arrives, the most octets, as what; where it leaves, and as what."""

UNICAST = pytest.mark.parametrize(
    ("port", "most", "arriving", "out", "leaving"), UNICAST_CASES.values(), ids=UNICAST_CASES
)


@UNICAST
@pytest.mark.parametrize("df", [True, False])
def test_a_unicast_packet_may_fill_the_mtu(
    target: Target, port: int, most: int, arriving: Any, out: int, leaving: Any, df: bool
) -> None:
    target.program(NETWORK)
    expected = Outcome(frozenset({(out, leaving(most, df))}))
    assert target.receive(port, arriving(most, df)) == expected


@UNICAST
def test_a_longer_unicast_packet_goes_to_the_cpu_as_it_would_have_left(
    target: Target, port: int, most: int, arriving: Any, out: int, leaving: Any
) -> None:
    target.program(NETWORK)
    before = target.counters()
    cut = to_fragment(out, leaving(most + 5, False), 5, port)
    assert target.receive(port, arriving(most + 5, False)) == Outcome(frozenset(), (cut,))
    assert new_drops(target, before) == {DropReason.TOO_LARGE: 1}


@UNICAST
def test_a_longer_unicast_packet_with_df_goes_to_the_cpu_as_it_arrived(
    target: Target, port: int, most: int, arriving: Any, out: int, leaving: Any
) -> None:
    """RFC 1191 3: the sender is told the MTU of the next hop."""
    target.program(NETWORK)
    before = target.counters()
    frame = arriving(most + 5, True)
    told = PacketIn(port, port, PuntReason.TOO_LARGE, frame, 5)
    assert target.receive(port, frame) == Outcome(frozenset(), (told,))
    assert new_drops(target, before) == {DropReason.TOO_LARGE: 1}


def test_what_the_cpu_submits_is_measured_as_well(target: Target) -> None:
    target.program(NETWORK)
    packet = sized(1501, NEAR)
    cut = to_fragment(2, ethernet(packet, CE2_MAC, mac(CE2), CE2.vlan), 1, port=510)
    assert target.send(Submit(RED, 1, to_router(packet))) == Outcome(frozenset(), (cut,))
