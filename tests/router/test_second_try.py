"""RFC 7761 4.2 forwards the packet that brings a tree about: it goes to the pipeline again.

host 10.1.0.2 -[1] ce1 [2]- 10.1.9.1, and the RP behind it
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from random import Random

import pytest

from controlplane.fib.model import REGISTERS, PacketIn, Submit
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.mac import MacAddress, multicast_mac
from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.events import TreeUpdate
from controlplane.router.events import FibChanged, Output
from controlplane.router.router import Router
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader
from tests.router.lab import HOST_MAC, configs

LAN, UPLINK, CPU = 1, 2, 510
SG = SourceGroup(IPv4Address("10.1.0.2"), IPv4Address("239.1.1.1"))
FAR = IPv4Address("10.7.0.1")
FAR_SG = SourceGroup(IPv4Address("10.7.0.2"), SG.group)
NOWHERE, RPF = PuntReason.NO_MULTICAST_ROUTE, PuntReason.RPF_FAILED


@pytest.fixture
def ce() -> Router:
    """The DR of the source, and its RP: the shortest way to a route."""
    config = configs()[0]
    rp = StaticRp(address=config.router_id)
    router = Router(replace(config, pim=PimConfig(rps=(rp,))), Random(1))
    router.start(0.0)
    return router


def packet(ttl: int = 9, sg: SourceGroup = SG) -> Ipv4Packet:
    return Ipv4Packet(
        source=sg.source, destination=sg.group, protocol=IpProtocol.UDP, payload=b"1", ttl=ttl
    )


def punted(reason: PuntReason, of: Ipv4Packet, port: int = LAN, vlan: int = 0) -> PacketIn:
    frame = EthernetFrame(
        destination=multicast_mac(of.destination),
        source=HOST_MAC,
        ethertype=EtherType.IPV4,
        payload=of.encode(),
        vlan=vlan,
    )
    return PacketIn(port, LAN, reason, frame.encode())


def submitted(outputs: list[Output]) -> list[Submit]:
    return [output for output in outputs if isinstance(output, Submit)]


@pytest.mark.parametrize("reason", [NOWHERE, RPF])
@pytest.mark.parametrize("vlan", [0, 7])
def test_the_first_packet_goes_behind_the_route_that_it_brought_about(
    ce: Router, reason: PuntReason, vlan: int
) -> None:
    """A switch takes a Submit when it holds the Fib before it (`P4Session`)."""
    *_, changed, again = ce.handle(punted(reason, packet(), vlan=vlan), 1.0)
    assert isinstance(changed, FibChanged)
    assert SG in {route.tree for route in changed.fib.multicast}
    frame = EthernetFrame(
        destination=multicast_mac(SG.group),
        source=MacAddress(0),
        ethertype=EtherType.IPV4,
        payload=packet(ttl=8).encode(),
    )
    assert again == Submit(0, LAN, frame.encode())


def test_so_do_the_packets_that_came_while_the_switch_was_written(ce: Router) -> None:
    ce.handle(punted(NOWHERE, packet()), 1.0)
    (again,) = ce.handle(punted(NOWHERE, packet(ttl=5)), 1.0)
    assert isinstance(again, Submit)
    inner = Ipv4Packet.decode(Reader(EthernetFrame.decode(Reader(again.frame)).payload))
    assert inner.ttl == 4


def test_it_is_tried_once(ce: Router) -> None:
    """What the CPU has submitted comes back in the name of the interface, from the CPU's port."""
    assert submitted(ce.handle(punted(NOWHERE, packet(), port=CPU), 1.0)) == []


@pytest.mark.parametrize("ttl", [0, 1])
def test_a_packet_whose_ttl_ends_here_is_not_tried_again(ce: Router, ttl: int) -> None:
    assert submitted(ce.handle(punted(NOWHERE, packet(ttl)), 1.0)) == []


def test_what_was_forwarded_already_is_not_forwarded_twice(ce: Router) -> None:
    assert submitted(ce.handle(punted(PuntReason.NEW_SOURCE, packet()), 1.0)) == []


def test_without_a_route_there_is_no_second_try(ce: Router) -> None:
    """Of a source-specific group that nobody has joined."""
    nobodys = SourceGroup(SG.source, IPv4Address("232.1.1.1"))
    assert ce.handle(punted(NOWHERE, packet(sg=nobodys)), 1.0) == []


def test_nor_on_another_interface_than_the_trees(ce: Router) -> None:
    """As of a LAN that another router forwards to, too: an Assert is due, and no copy."""
    ce.handle(punted(NOWHERE, packet()), 1.0)
    elsewhere = replace(punted(RPF, packet(), port=UPLINK), interface=UPLINK)
    assert submitted(ce.handle(elsewhere, 2.0)) == []


class TestRegistersAtTheRp:
    """RFC 7761 4.4.2: what is in a Register is forwarded, also in the first one."""

    @pytest.fixture
    def rp(self, ce: Router) -> Router:
        """Somebody on the uplink has joined (*,G)."""
        ce.vrfs[DEFAULT_VRF].mrib.apply(
            TreeUpdate(
                tree=AnySource.of(SG.group),
                incoming=None,
                rpf_neighbor=None,
                outgoing=frozenset({"eth2"}),
                from_registers=True,
                watch_sources=True,
            )
        )
        return ce

    def register(self, router: Router, reason: PuntReason) -> list[Submit]:
        outer = Ipv4Packet(
            source=FAR,
            destination=router.config.router_id,
            protocol=IpProtocol.PIM,
            payload=bytes.fromhex("2100deff00000000") + packet(sg=FAR_SG).encode(),
        )
        return submitted(router.handle(punted(reason, outer, port=UPLINK), 1.0))

    def test_a_packet_that_the_pipeline_did_not_take_out_is_submitted(self, rp: Router) -> None:
        """As out of a Register; there was no route in the switch then, or it had two to open."""
        (again,) = self.register(rp, PuntReason.REGISTER)
        assert (again.vrf, again.interface) == (0, REGISTERS)
        inner = Ipv4Packet.decode(Reader(EthernetFrame.decode(Reader(again.frame)).payload))
        assert inner == packet(ttl=8, sg=FAR_SG)

    def test_one_that_it_did_take_out_is_not(self, rp: Router) -> None:
        assert self.register(rp, PuntReason.REGISTER_TAKEN) == []

    def test_nor_one_that_is_for_another_rp(self) -> None:
        router = Router(configs()[0], Random(1))
        router.start(0.0)
        assert self.register(router, PuntReason.REGISTER) == []
