"""A packet's whole way between two sites of a customer: PE, P, P, PE.

One switch plays all four routers, one after the other: each hop's copy, frame by frame, is what the
next one receives.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from controlplane.fib.model import (
    Fib,
    Forward,
    ForwardVpn,
    LabelRoute,
    NextHopGroup,
    Nhlfe,
    PacketIn,
    PopAndLookUp,
    TtlMode,
    VpnPath,
)
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL, Label
from controlplane.net.punt import PuntReason
from tests.p4.frames import data, ethernet, mpls_frame, stacked
from tests.p4.pe import (
    CE1,
    CE2,
    CE2_MAC,
    CORE,
    CORE3,
    CORE4,
    RED,
    core,
    mac,
    member,
    vpn,
    way,
)
from tests.p4.targets import Outcome, Target

SITE: Final = "10.2.0.0/16"
PE2: Final = "192.0.2.2/32"
VPN_LABEL: Final = 300


def onward(label: Label) -> Nhlfe:
    """To the next router of the line, which has it come in on its port 3."""
    return member(CORE4, mac(CORE3), label)


def head(mode: TtlMode) -> Fib:
    route = (RED, SITE, ForwardVpn("PE2"))
    return vpn(core({}, [lsp(100)], [route], mode), VpnPath("PE2", VPN_LABEL, PE2))


def lsp(label: Label) -> NextHopGroup:
    return way(PE2, onward(label))


def swapping(mode: TtlMode) -> Fib:
    return core({100: Forward(PE2)}, [lsp(101)], (), mode)


def penultimate(mode: TtlMode, last: Label) -> Fib:
    return core({101: Forward(PE2)}, [lsp(last)], (), mode)


def tail(mode: TtlMode, per_prefix: bool) -> Fib:
    ways = [way("CE2", member(CE2, CE2_MAC)), way("popped", member(CE2, CE2_MAC, IMPLICIT_NULL))]
    own = Forward("popped") if per_prefix else PopAndLookUp(RED)
    labels = {EXPLICIT_NULL: PopAndLookUp(CORE), VPN_LABEL: own}
    return core(labels, ways, [(RED, SITE, Forward("CE2"))], mode)


def line(mode: TtlMode, last: Label, per_prefix: bool = False) -> list[Fib]:
    """`last` is what PE2 has told the router before it to do with the label of the LSP."""
    return [head(mode), swapping(mode), penultimate(mode, last), tail(mode, per_prefix)]


def packet(ttl: int) -> Any:
    return data("10.1.0.1", "10.2.3.4", ttl)


def journey(target: Target, routers: list[Fib], sent: Any) -> list[Outcome]:
    """What each router made of it, until it left the core or none went on."""
    port, frame, outcomes = 1, ethernet(sent, mac(CE1)), []
    for fib in routers:
        target.program(fib)
        outcomes.append(target.receive(port, frame))
        if not outcomes[-1].copies:
            break
        ((_, frame),), port = outcomes[-1].copies, 3
    return outcomes


UNIFORM, PIPE = TtlMode.UNIFORM, TtlMode.PIPE


@pytest.mark.parametrize("last", [IMPLICIT_NULL, EXPLICIT_NULL])
@pytest.mark.parametrize(
    ("mode", "per_prefix", "left"),
    [(UNIFORM, False, 60), (UNIFORM, True, 60), (PIPE, False, 62), (PIPE, True, 63)],
)
def test_a_packet_reaches_the_other_site_with_the_ttl_that_its_model_says(
    target: Target, mode: TtlMode, per_prefix: bool, left: int, last: Label
) -> None:
    """Uniform: four routers. Pipe: the LSP's ends, of which the last does not look at IPv4 when
    the label says all."""
    arrived = journey(target, line(mode, last, per_prefix), packet(64))
    expected = ethernet(packet(left), CE2_MAC, mac(CE2), CE2.vlan)
    assert arrived[-1] == Outcome(frozenset({(2, expected)}))


@pytest.mark.parametrize("last", [(), (EXPLICIT_NULL,)], ids=["popped", "explicit null"])
def test_its_labels_are_swapped_above_the_one_that_stays(
    target: Target, last: tuple[Label, ...]
) -> None:
    routers = line(UNIFORM, last[0] if last else IMPLICIT_NULL)
    stacks = [(100, VPN_LABEL), (101, VPN_LABEL), (*last, VPN_LABEL)]
    between = journey(target, routers, packet(64))[:-1]
    assert between[0] == between_routers(packet(63), *stacks[0], ttls=(63, 63))
    assert between[1] == between_routers(packet(63), *stacks[1], ttls=(62, 63))
    ttls = (61, 63) if last else (61,)
    assert between[2] == between_routers(packet(63), *stacks[2], ttls=ttls)


def between_routers(inner: Any, *labels: Label, ttls: tuple[int, ...]) -> Outcome:
    labelled = stacked(inner, *labels)
    entry = labelled
    for ttl in ttls:
        entry.ttl = ttl
        entry = entry.payload
    return Outcome(frozenset({(4, mpls_frame(labelled, mac(CORE3), mac(CORE4)))}))


@pytest.mark.parametrize(
    ("mode", "seen"), [(UNIFORM, [1, 2, 3, 4]), (PIPE, [1, 4])], ids=["uniform", "pipe"]
)
@pytest.mark.parametrize("last", [IMPLICIT_NULL, EXPLICIT_NULL])
def test_traceroute_sees_the_routers_that_its_model_shows(
    target: Target, mode: TtlMode, seen: list[int], last: Label
) -> None:
    expired = [journey(target, line(mode, last), packet(ttl)) for ttl in range(1, len(seen) + 1)]
    assert [len(outcomes) for outcomes in expired] == seen
    for outcomes in expired:
        (punted,) = outcomes[-1].punted
        assert punted.reason is PuntReason.TTL_EXPIRED


def test_an_expired_packet_shows_where_the_error_has_to_go(target: Target) -> None:
    """A P router has no route to the customer: the ICMP error follows the LSP (RFC 3032 2.3.2)."""
    (_, at_p) = journey(target, line(UNIFORM, IMPLICIT_NULL), packet(2))
    frame = mpls_frame(stacked(packet(1), 100, VPN_LABEL, ttl=1), mac(CORE3), mac(CORE4))
    assert at_p == Outcome(frozenset(), (PacketIn(3, 3, PuntReason.TTL_EXPIRED, frame),))


def test_a_swap_concerns_the_top_label_alone(target: Target) -> None:
    """A P router may have given the number of the VPN's label to something else."""
    other = LabelRoute(VPN_LABEL, PopAndLookUp(CORE))
    fib = swapping(UNIFORM)
    routers = [head(UNIFORM), replace(fib, labels=fib.labels | {other})]
    assert journey(target, routers, packet(64))[-1] == between_routers(
        packet(63), 101, VPN_LABEL, ttls=(62, 63)
    )
