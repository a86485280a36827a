"""Punted packets that a label of a VPN route has brought: they belong to the label's VRF."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from random import Random

import pytest

from controlplane.fib.model import PacketIn, TtlMode
from controlplane.net.label import EXPLICIT_NULL
from controlplane.net.punt import PuntReason
from controlplane.rib.vpn_labels import Labelled
from controlplane.router.deliveries import Delivery, Expired, ToForward, ToProtocol
from controlplane.router.events import PortChanged
from controlplane.router.router import Router
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from tests.router.lab import HOST_MAC, configs

CORE, TO_CE = 1, "eth2"
PE1_IN_RED, FAR = IPv4Address("10.1.9.1"), IPv4Address("10.2.0.2")


def router(mode: TtlMode = TtlMode.UNIFORM) -> Router:
    pe1 = Router(replace(configs()[1], ttl_mode=mode), Random(1))
    pe1.start(0.0)
    return pe1


def packet(destination: IPv4Address = PE1_IN_RED, ttl: int = 9) -> Ipv4Packet:
    return Ipv4Packet(
        source=FAR, destination=destination, protocol=IpProtocol.ICMP, payload=b"?", ttl=ttl
    )


def punt(pe: Router, reason: PuntReason, *labels: int, of: Ipv4Packet | None = None) -> Delivery:
    """What becomes of a packet that came from the core with this stack, each label with TTL 5."""
    stack = LabelStack(tuple(LabelStackEntry(label=label, ttl=5) for label in labels))
    frame = EthernetFrame(
        destination=HOST_MAC,
        source=HOST_MAC,
        ethertype=EtherType.MPLS,
        payload=stack.encode() + (of or packet()).encode(),
    )
    (delivery,) = pe._inbound.receive(PacketIn(1, CORE, reason, frame.encode()))
    return delivery


@pytest.mark.parametrize("above", [(), (EXPLICIT_NULL,)])
def test_an_expired_packet_ends_in_the_vrf(above: tuple[int, ...]) -> None:
    pe = router()
    label = pe.vpn_labels.label_of(Labelled("red"), 0.0)
    delivery = punt(pe, PuntReason.TTL_EXPIRED, *above, label)
    assert isinstance(delivery, Expired)
    assert (delivery.arrived.interface.name, delivery.arrived.at_end) == (TO_CE, True)
    assert delivery.arrived.labels is not None, "for who traces the route (RFC 4950)"


def test_a_label_of_a_prefix_stands_for_its_vrf_too() -> None:
    pe = router()
    lan = pe.links.connected("red")[0].prefix
    delivery = punt(pe, PuntReason.TTL_EXPIRED, pe.vpn_labels.label_of(Labelled("red", lan), 0.0))
    assert isinstance(delivery, Expired)
    assert delivery.arrived.interface.name == TO_CE


def test_a_packet_for_the_pe_itself_goes_to_the_engine_of_the_vrf() -> None:
    pe = router()
    delivery = punt(pe, PuntReason.TO_ME, pe.vpn_labels.label_of(Labelled("red"), 0.0))
    assert isinstance(delivery, ToProtocol)
    assert (delivery.vrf, delivery.protocol) == ("red", IpProtocol.ICMP)


@pytest.mark.parametrize(("mode", "ttl"), [(TtlMode.UNIFORM, 5), (TtlMode.PIPE, 9)])
def test_a_packet_to_an_unknown_neighbour_goes_on_with_the_ttl_of_the_model(
    mode: TtlMode, ttl: int
) -> None:
    """RFC 3443 3.4."""
    pe = router(mode)
    label = pe.vpn_labels.label_of(Labelled("red"), 0.0)
    delivery = punt(pe, PuntReason.GLEAN, label, of=packet(IPv4Address("10.1.9.2")))
    assert isinstance(delivery, ToForward)
    assert (delivery.arrived.interface.name, delivery.arrived.packet.ttl) == (TO_CE, ttl)


def test_labels_above_that_are_not_ours_leave_it_to_the_core() -> None:
    pe = router()
    label = pe.vpn_labels.label_of(Labelled("red"), 0.0)
    delivery = punt(pe, PuntReason.TTL_EXPIRED, 999, label)
    assert isinstance(delivery, Expired)
    assert (delivery.arrived.interface.index, delivery.arrived.at_end) == (CORE, False)
    assert delivery.arrived.labels is not None


def test_a_vrf_whose_interfaces_are_down_takes_no_packet() -> None:
    pe = router()
    label = pe.vpn_labels.label_of(Labelled("red"), 0.0)
    pe.handle(PortChanged(port=2, up=False), 0.0)
    delivery = punt(pe, PuntReason.TTL_EXPIRED, label)
    assert isinstance(delivery, Expired)
    assert not delivery.arrived.at_end
