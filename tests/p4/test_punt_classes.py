"""Unicast to the router: routing protocols and BFD are classes of their own."""

from __future__ import annotations

from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert
from scapy.packet import Raw

from controlplane.fib.model import Forward, PacketIn, PopAndLookUp, Receive
from controlplane.net.label import EXPLICIT_NULL
from controlplane.net.punt import PuntReason
from tests.p4.frames import ethernet, labelled, mpls_frame
from tests.p4.pe import CE1, CORE, CORE3, RED, core, mac, unicast
from tests.p4.targets import Outcome, Target

ME = "10.1.0.254"


def to_me(**fields: Any) -> Any:
    return IP(src="10.1.0.1", dst=ME, ttl=255, **fields)


CLASSES = {
    "OSPF": (to_me(proto=89) / Raw(bytes(24)), PuntReason.ROUTING),
    "a fragment of OSPF": (to_me(proto=89, flags="MF") / Raw(bytes(24)), PuntReason.ROUTING),
    "BGP, called": (to_me() / TCP(sport=40000, dport=179), PuntReason.ROUTING),
    "BGP, calling": (to_me() / TCP(sport=179, dport=40000), PuntReason.ROUTING),
    "LDP, called": (to_me() / TCP(sport=40000, dport=646), PuntReason.ROUTING),
    "LDP, calling": (to_me() / TCP(sport=646, dport=40000), PuntReason.ROUTING),
    "a targeted Hello": (to_me() / UDP(sport=646, dport=646), PuntReason.ROUTING),
    "BFD": (to_me() / UDP(sport=49152, dport=3784), PuntReason.BFD),
    "multihop BFD": (to_me() / UDP(sport=49152, dport=4784), PuntReason.BFD),
    "an answer from BFD's port": (to_me() / UDP(sport=3784, dport=49152), PuntReason.TO_ME),
    "an answer from LDP's UDP port": (to_me() / UDP(sport=646, dport=49152), PuntReason.TO_ME),
    "BFD's port of TCP": (to_me() / TCP(sport=49152, dport=3784), PuntReason.TO_ME),
    "BGP's port of UDP": (to_me() / UDP(sport=49152, dport=179), PuntReason.TO_ME),
    "ping": (to_me() / ICMP(), PuntReason.TO_ME),
    "a fragment of BFD": (to_me(flags="MF") / UDP(sport=1, dport=3784), PuntReason.TO_ME),
    "BFD with options": (
        to_me(options=[IPOption_Router_Alert()]) / UDP(sport=1, dport=3784),
        PuntReason.TO_ME,
    ),
    "UDP without ports": (to_me(proto=17) / Raw(b"cut"), PuntReason.TO_ME),
}


@pytest.mark.parametrize(("packet", "reason"), CLASSES.values(), ids=CLASSES)
def test_what_is_for_the_router_has_its_class(
    target: Target, packet: Any, reason: PuntReason
) -> None:
    target.program(unicast([(RED, f"{ME}/32", Receive())]))
    frame = ethernet(packet, mac(CE1))
    assert target.receive(1, frame) == Outcome(frozenset(), (PacketIn(1, 1, reason, frame),))


@pytest.mark.parametrize("name", ["OSPF", "LDP, called", "BFD", "ping"])
def test_a_label_on_it_does_not_change_its_class(target: Target, name: str) -> None:
    packet, reason = CLASSES[name]
    target.program(core({EXPLICIT_NULL: PopAndLookUp(CORE)}, (), [(CORE, f"{ME}/32", Receive())]))
    frame = mpls_frame(labelled(packet, EXPLICIT_NULL), mac(CORE3))
    assert target.receive(3, frame) == Outcome(frozenset(), (PacketIn(3, 3, reason, frame),))


@pytest.mark.parametrize("name", ["OSPF", "LDP, called", "BFD"])
def test_what_is_for_others_has_none(target: Target, name: str) -> None:
    packet, _ = CLASSES[name]
    target.program(unicast([(RED, f"{ME}/32", Forward("CE2"))]))
    outcome = target.receive(1, ethernet(packet, mac(CE1)))
    assert [copy[0] for copy in outcome.copies] == [2]
    assert outcome.punted == ()
