"""What the pipeline punts of multicast and of Registers, and how PIM hears of it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from random import Random

import pytest

from controlplane.fib.model import PacketIn
from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.protocols.pim.events import DataArrived
from controlplane.rib.vpn_labels import Labelled
from controlplane.router.deliveries import Delivery, ToMulticastRouting, ToProtocol, Untaken
from controlplane.router.inbound import Inbound
from controlplane.router.router import Router
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from tests.router.lab import HOST_MAC, PES, configs, ipv4_frame

PE1_CORE, PE1_CE, LOOPBACK, ROOT_PE2 = 1, 2, 3, 1025
SOURCE, GROUP = IPv4Address("10.1.0.2"), IPv4Address("239.1.1.1")
STREAM = SourceGroup(SOURCE, GROUP)
P_GROUP = IPv4Address("232.0.0.1")
REGISTER = bytes.fromhex("2100deff00000000")
NULL_REGISTER = bytes.fromhex("21009eff40000000")


@pytest.fixture
def pe() -> Router:
    router = Router(configs()[1], Random(1))
    router.start(0.0)
    return router


def data(source: IPv4Address = SOURCE, group: IPv4Address = GROUP) -> Ipv4Packet:
    return Ipv4Packet(source=source, destination=group, protocol=IpProtocol.UDP, payload=b"?")


def tunnelled(inner: Ipv4Packet) -> Ipv4Packet:
    gre = GrePacket(protocol_type=EtherType.IPV4, payload=inner.encode()).encode()
    return Ipv4Packet(source=PES["pe2"], destination=P_GROUP, protocol=IpProtocol.GRE, payload=gre)


def to_me(payload: bytes) -> Ipv4Packet:
    return Ipv4Packet(
        source=PES["pe2"], destination=PES["pe1"], protocol=IpProtocol.PIM, payload=payload
    )


def deliveries(
    pe: Router, packet: Ipv4Packet, interface: int, reason: PuntReason
) -> list[Delivery]:
    return pe._inbound.receive(PacketIn(1, interface, reason, ipv4_frame(packet)))


@pytest.mark.parametrize(
    "reason", [PuntReason.NO_MULTICAST_ROUTE, PuntReason.RPF_FAILED, PuntReason.NEW_SOURCE]
)
class TestDataThatPimHearsOf:
    def test_of_a_link(self, pe: Router, reason: PuntReason) -> None:
        event = DataArrived(interface="eth2", sg=STREAM)
        assert deliveries(pe, data(), PE1_CE, reason)[0] == ToMulticastRouting("red", event)

    def test_out_of_a_tunnel_it_came_over_the_pmsi(self, pe: Router, reason: PuntReason) -> None:
        event = DataArrived(interface="mdt-red", sg=STREAM, neighbor=PES["pe2"])
        punted = deliveries(pe, tunnelled(data()), ROOT_PE2, reason)
        assert punted == [ToMulticastRouting("red", event)]

    def test_it_is_counted_unless_it_was_forwarded(self, pe: Router, reason: PuntReason) -> None:
        deliveries(pe, data(), PE1_CE, reason)
        expected = 0 if reason is PuntReason.NEW_SOURCE else 1
        assert pe.counters.unrouted.total() == expected

    def test_the_router_tells_pim(self, pe: Router, reason: PuntReason) -> None:
        """That it takes it: of a source-specific group that nobody wants there is nothing to do."""
        frame = ipv4_frame(data(group=IPv4Address("232.9.9.9")))
        assert pe.handle(PacketIn(1, PE1_CE, reason, frame), 1.0) == []


@pytest.mark.parametrize(
    "reason", [PuntReason.REGISTER, PuntReason.REGISTER_TAKEN, PuntReason.ROUTING]
)
def test_unicast_pim_is_for_the_engine(pe: Router, reason: PuntReason) -> None:
    message = to_me(REGISTER + data().encode())
    delivery, *_ = deliveries(pe, message, PE1_CORE, reason)
    assert isinstance(delivery, ToProtocol)
    assert (delivery.vrf, delivery.protocol) == ("default", IpProtocol.PIM)
    assert delivery.event.payload == message.payload
    assert (delivery.event.source, delivery.event.destination) == (PES["pe2"], PES["pe1"])


def test_a_register_behind_a_vpn_label_is_for_the_engine_of_the_vrf(pe: Router) -> None:
    label = pe.vpn_labels.label_of(Labelled("red"), 0.0)
    stack = LabelStack((LabelStackEntry(label=label, ttl=5),)).encode()
    frame = EthernetFrame(
        destination=HOST_MAC,
        source=HOST_MAC,
        ethertype=EtherType.MPLS,
        payload=stack + to_me(REGISTER + data().encode()).encode(),
    )
    punt = PacketIn(1, PE1_CORE, PuntReason.REGISTER, frame.encode())
    delivery, untaken = pe._inbound.receive(punt)
    assert isinstance(delivery, ToProtocol)
    assert (delivery.vrf, delivery.protocol) == ("red", IpProtocol.PIM)
    assert untaken == Untaken("red", data())


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(NULL_REGISTER + data().encode(), id="null"),
        pytest.param(REGISTER, id="empty"),
        pytest.param(REGISTER + data().encode()[:-1], id="cut"),
        pytest.param(REGISTER + replace(data(), ttl=1).encode(), id="a TTL that ends here"),
        pytest.param(REGISTER + data(group=IPv4Address("224.0.0.13")).encode(), id="link-local"),
        pytest.param(REGISTER + data(group=PES["pe3"]).encode(), id="unicast"),
        pytest.param(REGISTER + replace(data(), options=ROUTER_ALERT).encode(), id="options"),
    ],
)
def test_what_is_in_such_registers_has_no_second_try(pe: Router, payload: bytes) -> None:
    deliveries_ = deliveries(pe, to_me(payload), PE1_CORE, PuntReason.REGISTER)
    assert not any(isinstance(one, Untaken) for one in deliveries_)


def test_nor_what_the_pipeline_has_taken_out(pe: Router) -> None:
    message = to_me(REGISTER + data().encode())
    assert len(deliveries(pe, message, PE1_CORE, PuntReason.REGISTER_TAKEN)) == 1


class TestSharedTunnel:
    """C-PIM of a PE that is not known yet is punted in the name of the core's interface."""

    @pytest.fixture
    def pe(self) -> Router:
        router = Router(configs()[1], Random(1))
        mvpn = router.vrfs["red"].mvpn
        assert mvpn is not None
        mvpn.tunnels = replace(mvpn.tunnels, shared=True)
        router._inbound = Inbound(
            router.links, router.vrfs, router.counters, router.config.ttl_mode, router.vpn_labels
        )
        router.start(0.0)
        return router

    HELLO = Ipv4Packet(
        source=IPv4Address("10.255.0.9"),
        destination=IPv4Address("224.0.0.13"),
        protocol=IpProtocol.PIM,
        payload=b"?",
        ttl=1,
    )

    def test_it_came_over_the_pmsi_all_the_same(self, pe: Router) -> None:
        (delivery,) = deliveries(pe, tunnelled(self.HELLO), PE1_CORE, PuntReason.LINK_LOCAL)
        assert isinstance(delivery, ToProtocol)
        assert (delivery.vrf, delivery.event.interface) == ("red", "mdt-red")
        assert delivery.event.source == self.HELLO.source

    def test_the_core_s_own_pim_is_told_apart(self, pe: Router) -> None:
        (delivery,) = deliveries(pe, self.HELLO, PE1_CORE, PuntReason.LINK_LOCAL)
        assert isinstance(delivery, ToProtocol)
        assert (delivery.vrf, delivery.event.interface) == ("default", "eth1")

    def test_its_data_fails_the_core_s_rpf_check(self, pe: Router) -> None:
        outer = tunnelled(data())
        event = DataArrived(interface="eth1", sg=SourceGroup(outer.source, outer.destination))
        punted = deliveries(pe, outer, PE1_CORE, PuntReason.RPF_FAILED)
        assert punted == [ToMulticastRouting("default", event)]
