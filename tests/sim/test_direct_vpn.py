"""VPN routes and labels handed over directly: as by the pipeline, to the last octet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from controlplane.fib.model import (
    FibInterface,
    Forward,
    ForwardVpn,
    Glean,
    LabelRoute,
    PopAndLookUp,
    Port,
    Receive,
    Submit,
    TtlMode,
    VpnPath,
)
from controlplane.p4rt.memory import MemoryTarget
from controlplane.sim.direct import DirectTarget
from controlplane.wire.ipv4 import ROUTER_ALERT
from tests.sim.test_direct import FIB, MAC, Both, frame, ip, mpls, route

RED, TO_CE = 1, 4
VPN_FIB = replace(
    FIB,
    interfaces=FIB.interfaces | {FibInterface(Port(4), TO_CE, RED, MAC)},
    unicast=FIB.unicast
    | {
        route("10.1.0.1/32", Receive(), RED),
        route("10.1.0.0/24", Glean(), RED),
        route("10.2.0.0/16", ForwardVpn("labelled"), RED),
        route("10.3.0.0/16", ForwardVpn("popped"), RED),
        route("10.4.0.0/16", ForwardVpn("unlabelled"), RED),
        route("10.5.0.0/16", ForwardVpn("unknown"), RED),
        route("10.6.0.0/16", ForwardVpn("out of reach"), RED),
        route("10.7.0.0/16", Forward("plain"), RED),
    },
    vpn_paths=frozenset(
        {
            VpnPath("labelled", 40, "labelled"),
            VpnPath("popped", 41, "pop"),
            VpnPath("unlabelled", 42, "plain"),
            VpnPath("unknown", 43, "nobody"),
            VpnPath("out of reach", 44, None),
        }
    ),
    labels=FIB.labels | {LabelRoute(20, PopAndLookUp(RED)), LabelRoute(21, Forward("pop"))},
)
FRAMES = {
    "into an LSP": frame(ip("10.2.0.9")),
    "into an LSP with the last TTL": frame(ip("10.2.0.9", ttl=1)),
    "into an LSP with options": frame(ip("10.2.0.9", options=ROUTER_ALERT)),
    "to a PE that is next": frame(ip("10.3.0.9")),
    "to a PE without label": frame(ip("10.4.0.9")),
    "to a PE behind unknown neighbours": frame(ip("10.5.0.9")),
    "to a PE out of reach": frame(ip("10.6.0.9")),
    "to me": frame(ip("10.1.0.1")),
    "out of the LSP": mpls(ip("10.7.0.9", ttl=200), 20),
    "out of the LSP, the last TTL": mpls(ip("10.7.0.9", ttl=1), 20),
    "out of the LSP with the label's last TTL": mpls(ip("10.7.0.9"), 20, ttl=1),
    "out of the LSP to me": mpls(ip("10.1.0.1"), 20),
    "out of the LSP to an unknown neighbour": mpls(ip("10.1.0.9"), 20),
    "out of one LSP into another": mpls(ip("10.2.0.9"), 20),
    "out of the LSP to nowhere": mpls(ip("11.0.0.1"), 20),
    "the label of a prefix": mpls(ip("10.7.0.9", ttl=200), 21),
    "the label of a prefix, the last TTL": mpls(ip("10.7.0.9"), 21, ttl=1),
    "explicit null above": mpls(ip("10.7.0.9", ttl=200), 0, 20),
    "explicit null above the label of a prefix": mpls(ip("10.7.0.9"), 0, 21, ttl=30),
    "explicit null above a foreign label": mpls(ip("10.7.0.9"), 0, 99),
    "the VPN's label in transit": mpls(ip("10.7.0.9"), 17, 20),
    "the VPN's label at the last but one": mpls(ip("10.7.0.9"), 18, 20),
}


@pytest.fixture(scope="module")
def targets() -> Iterator[Both]:
    with closing(MemoryTarget()) as pipeline:
        yield DirectTarget(), pipeline


@pytest.mark.parametrize("mode", TtlMode)
@pytest.mark.parametrize("port", [1, TO_CE])
@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_treated_as_by_the_pipeline(
    targets: Both, name: str, port: int, mode: TtlMode
) -> None:
    answers = []
    for target in targets:
        target.set_fib(replace(VPN_FIB, ttl_mode=mode))
        copies, punted = target.process(port, FRAMES[name], 0)
        answers.append((sorted(copies), punted))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("mode", TtlMode)
@pytest.mark.parametrize("name", FRAMES)
def test_a_submitted_frame_too(targets: Both, name: str, mode: TtlMode) -> None:
    answers = []
    for target in targets:
        target.set_fib(replace(VPN_FIB, ttl_mode=mode))
        copies, punted = target.send(Submit(RED, TO_CE, FRAMES[name]), 0)
        answers.append((sorted(copies), punted))
    assert answers[0] == answers[1]
