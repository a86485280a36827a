"""FRR against a whole live router: OSPF, BFD, LDP, and packets on label switched paths."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address
from typing import Final

import pytest
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from controlplane.net.label import EXPLICIT_NULL
from controlplane.protocols.ldp.events import EgressLabel
from tests.live.ear import Ear
from tests.live.frr_core import (
    BEYOND_H1,
    BEYOND_P1,
    CORE,
    EDGE,
    H1,
    H1_NETWORK,
    P1,
    P1_NETWORK,
    PE1,
    FrrCore,
)
from tests.peers.frr import missing_frr

_MISSING: Final = missing_frr("ospfd", "ldpd", "bfdd")
pytestmark = [
    pytest.mark.live,
    pytest.mark.usefixtures("rights"),
    pytest.mark.skipif(_MISSING is not None, reason=_MISSING or ""),
]

PORT: Final = 5000
TTL: Final = 100
SILENT: Final = "BFD: control detection time expired: nothing heard for 1500 ms"


@pytest.fixture(scope="module")
def running(rights: None) -> Iterator[FrrCore]:
    with ExitStack() as stack:
        yield FrrCore(stack)


@pytest.fixture
def core(running: FrrCore) -> FrrCore:
    """Both routers, with all that each has of the other."""
    running.eventually(running.is_up)
    return running


@pytest.fixture
def stack(rights: None) -> Iterator[ExitStack]:
    """What a test enters here is left again when it ends."""
    with ExitStack() as stack:
        yield stack


class TestTables:
    def test_each_has_the_routes_of_the_other(self, core: FrrCore) -> None:
        ours = {
            f"{P1}/32": f"11 via {core.they}",
            str(P1_NETWORK): f"20 via {core.they}",
            str(BEYOND_P1): f"20 via {core.they}",
        }
        theirs = {
            str(core.subnet): "intra-area 10 direct",
            f"{P1}/32": "intra-area 1 direct",
            str(P1_NETWORK): "intra-area 10 direct",
            f"{PE1}/32": f"intra-area 10 via {core.we}",
            str(H1_NETWORK): f"intra-area 20 via {core.we}",
            str(BEYOND_H1): f"external 2 20 via {core.we}",
        }
        core.becomes(core.routes, ours)
        core.becomes(core.their_routes, theirs)

    def test_each_has_the_labels_of_the_other(self, core: FrrCore) -> None:
        ours = {f"{P1}/32", str(P1_NETWORK), str(BEYOND_P1), str(BEYOND_H1)}
        theirs = {f"{PE1}/32", str(H1_NETWORK), str(BEYOND_P1), str(BEYOND_H1)}
        both = ours | theirs | {str(core.subnet)}

        def numbered() -> tuple[set[str], set[str], set[str]]:
            """Networks with a label of ours, of FRR's, and of either kind or none."""
            labels = core.labels()
            mine = {network for network, (local, _) in labels.items() if local.isdecimal()}
            other = {network for network, (_, remote) in labels.items() if remote.isdecimal()}
            return mine, other, {*labels}

        core.becomes(numbered, (ours, theirs, both))


class TestPackets:
    """RFC 3031 3.10 to 3.16; the TTL is that of uniform LSPs (RFC 3443 3.1)."""

    def test_what_is_for_a_network_of_frr_leaves_with_its_label(
        self, core: FrrCore, stack: ExitStack
    ) -> None:
        assert_pushed(core, stack)

    def test_what_comes_with_our_label_leaves_with_that_of_frr(
        self, core: FrrCore, stack: ExitStack
    ) -> None:
        ours, theirs = core.labels()[str(BEYOND_P1)]
        heard = sent_on_from_h1(core, stack, int(ours), BEYOND_P1[7])
        assert label_stack(heard) == [(theirs, 1, TTL - 1)]

    def test_what_comes_with_our_label_leaves_without_where_frr_asks_to_pop(
        self, core: FrrCore, stack: ExitStack
    ) -> None:
        assert_popped(core, stack)

    @pytest.mark.parametrize("target", [P1, P1_NETWORK[1]])
    def test_a_host_of_ours_and_frr_which_asks_to_pop_reach_each_other(
        self, core: FrrCore, target: IPv4Address
    ) -> None:
        core.host.run("ping", "-c1", "-w10", str(target))

    @pytest.mark.parametrize("source", [CORE, str(P1)], ids=["interface", "loopback"])
    def test_frr_reaches_our_loopback(self, core: FrrCore, source: str) -> None:
        core.theirs.run("ping", "-c1", "-w10", "-I", source, str(PE1))


class TestFailures:
    """Hold times of 300 s leave it to BFD to find a neighbour silent (frr-core.yaml)."""

    @pytest.mark.parametrize("end", ["ours", "theirs"])
    def test_both_see_that_the_link_is_lost_and_comes_back(self, core: FrrCore, end: str) -> None:
        with core.link_down(core.ours if end == "ours" else core.theirs):
            core.eventually(core.is_apart)
        core.eventually(core.is_up)

    def test_bfd_finds_an_frr_that_hangs(self, core: FrrCore) -> None:
        before = len(core.notices())
        with core.frr_hangs():
            core.eventually(core.is_lost_to_us)
            told = core.notices()[before:]
        assert f"neighbor {core.they} down on {CORE}: {SILENT}" in told
        assert f"session with {P1}:0 down: no adjacency is left: {SILENT}" in told
        core.eventually(core.is_up)

    def test_bfd_finds_an_frr_that_dies(self, core: FrrCore) -> None:
        before = len(core.notices())
        with core.frr_dies():
            core.eventually(core.is_lost_to_us)
            told = core.notices()[before:]
        assert f"neighbor {core.they} down on {CORE}: {SILENT}" in told
        core.eventually(core.is_up)

    def test_frr_meets_us_again_when_we_have_forgotten_everything(self, core: FrrCore) -> None:
        before = len(core.notices())
        core.restart()
        core.eventually(core.is_up)
        assert f"neighbor {core.they} on {CORE} is fully adjacent" in core.notices()[before:]


def test_with_keys_and_label_0_they_meet_too(stack: ExitStack) -> None:
    """RFC 2328 D.3, RFC 5036 2.9; RFC 3032 2.1: what comes with label 0 is looked up."""
    core = FrrCore(stack, key="secret", egress_label=EgressLabel.EXPLICIT_NULL)
    core.eventually(core.is_up)
    assert [row["md5"] for row in core.show("ldp neighbor")] == [True]
    (link,) = (row for row in core.show("ospf interface") if row["name"] == CORE)
    assert link["authentication"] == "MD5, key 1"
    assert core.their_labels()[str(H1_NETWORK)][0] == "exp-null"
    frr, host = Ear(stack, core.theirs.pid, CORE), Ear(stack, core.host.pid, "eth0")
    frr.say(labelled(frr, core.macs[CORE], EXPLICIT_NULL, H1))
    heard = host.hear(to(H1))
    assert (label_stack(heard), heard[IP].ttl) == ([], TTL - 1)


@pytest.mark.bmv2
def test_a_router_on_bmv2_does_the_same(stack: ExitStack) -> None:
    if shutil.which("simple_switch_grpc") is None:
        pytest.skip("simple_switch_grpc is not on PATH")
    core = FrrCore(stack, target="bmv2")
    core.eventually(core.is_up)
    assert_pushed(core, stack)
    assert_popped(core, stack)


def assert_pushed(core: FrrCore, stack: ExitStack) -> None:
    """A packet of h1's for a network of FRR's has FRR's label on the cable."""
    ear = Ear(stack, core.theirs.pid, CORE)
    sender = stack.enter_context(core.host.inside(_udp_socket))
    sender.sendto(b"there", (str(BEYOND_P1[7]), PORT))
    heard = ear.hear(to(BEYOND_P1[7]))
    _, theirs = core.labels()[str(BEYOND_P1)]
    assert (heard.src, heard.dst) == (core.macs[CORE], ear.mac)
    assert label_stack(heard) == [(theirs, 1, TTL - 1)]
    assert (heard[IP].src, bytes(heard[UDP].payload)) == (str(H1), b"there")


def assert_popped(core: FrrCore, stack: ExitStack) -> None:
    """A packet with our label for a network for which FRR asks to pop has none on the cable."""
    ours, theirs = core.labels()[str(P1_NETWORK)]
    assert theirs == "imp-null"
    heard = sent_on_from_h1(core, stack, int(ours), P1_NETWORK[7])
    assert (label_stack(heard), heard[IP].ttl) == ([], TTL - 1)


def sent_on_from_h1(
    core: FrrCore, stack: ExitStack, label: int, destination: IPv4Address
) -> Packet:
    """What pe1 makes, on FRR's cable, of a packet that comes with a label from h1's side."""
    frr, host = Ear(stack, core.theirs.pid, CORE), Ear(stack, core.host.pid, "eth0")
    host.say(labelled(host, core.macs[EDGE], label, destination))
    heard = frr.hear(to(destination))
    assert (heard.src, heard.dst) == (core.macs[CORE], frr.mac)
    assert bytes(heard[UDP].payload) == b"labelled"
    return heard


def labelled(ear: Ear, mac: str, label: int, destination: IPv4Address) -> Packet:
    """A frame to pe1, as an LSR there would send it."""
    packet = IP(src=str(P1), dst=str(destination), ttl=TTL) / UDP(dport=PORT) / b"labelled"
    return Ether(src=ear.mac, dst=mac) / MPLS(label=label, s=1, ttl=TTL) / packet


def to(destination: IPv4Address) -> Callable[[Packet], bool]:
    return lambda frame: IP in frame and frame[IP].dst == str(destination)


def label_stack(frame: Packet) -> list[tuple[str, int, int]]:
    """Label, bottom of stack and TTL of each entry."""
    layers = (layer for layer in frame.iterpayloads() if isinstance(layer, MPLS))
    return [(str(layer.label), layer.s, layer.ttl) for layer in layers]


def _udp_socket() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, TTL)
    return opened
