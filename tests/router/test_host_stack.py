"""Between the router and its host stack: TCP packets both ways, and events of streams (`core.py`).

A session's packets have a TTL of 255 when they leave, and GTSM (RFC 5082) wants to see that at the
other end: nothing on a direct way may take from it.
"""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.engine.stream import (
    DataReceived,
    Endpoint,
    Listen,
    SendData,
    StreamClosed,
    Why,
)
from controlplane.fib.model import GLOBAL_VRF, PacketIn, Submit
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.punt import PuntReason
from controlplane.router.events import (
    HostPacket,
    HostPacketOut,
    PortChanged,
    StreamCommand,
    StreamEvent,
)
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.ldp.numbers import LDP_PORT
from controlplane.wire.reader import Reader
from tests.router.core import AT_HOST1, HOST1, LOOPBACKS, core, core_up, router
from tests.router.core_packets import frame, host_is_known, hosts_are_known, packet, received, seen
from tests.router.lab import WIRES, configs
from tests.router.wire import Network

TCP = b"as TCP has made it"
FULL_TTL = 255


@pytest.fixture
def network() -> Network:
    return core_up()


def out(network: Network, node: str, to: IPv4Address) -> None:
    """The host stack of a router sends a packet from the loopback."""
    sent = packet(LOOPBACKS[node], to, FULL_TTL, protocol=IpProtocol.TCP, payload=TCP)
    network.give(node, HostPacketOut(vrf=DEFAULT_VRF, datagram=sent.encode()))


def test_what_the_host_stack_sends_is_submitted_from_the_loopback(network: Network) -> None:
    datagram = packet(LOOPBACKS["pe1"], LOOPBACKS["p1"], FULL_TTL).encode()
    node = router(network, "pe1")
    (submitted,) = node.handle(HostPacketOut(vrf=DEFAULT_VRF, datagram=datagram), network.now)
    assert isinstance(submitted, Submit)
    assert (submitted.vrf, submitted.interface) == (GLOBAL_VRF, node.links.loopback.index)
    ethernet = EthernetFrame.decode(Reader(submitted.frame))
    assert (ethernet.ethertype, ethernet.payload) == (EtherType.IPV4, datagram)


@pytest.mark.parametrize(("to", "ttl"), [("p1", 255), ("p2", 254), ("pe2", 253)])
def test_it_comes_to_the_host_stack_of_the_router_that_has_the_address(
    network: Network, to: str, ttl: int
) -> None:
    out(network, "pe1", LOOPBACKS[to])
    network.run(until=network.now + 0.1)
    whole = packet(LOOPBACKS["pe1"], LOOPBACKS[to], ttl, protocol=IpProtocol.TCP, payload=TCP)
    assert network.nodes[to].host_packets == [HostPacket(vrf=DEFAULT_VRF, datagram=whole.encode())]


def test_to_a_router_that_is_not_next_it_goes_by_labels(network: Network) -> None:
    network.sent.clear()
    out(network, "pe1", LOOPBACKS["pe2"])
    network.run(until=network.now + 0.1)
    way = list(seen(network, LOOPBACKS["pe1"], LOOPBACKS["pe2"]))
    assert [(wire, labels is not None) for wire, labels, _ in way] == [
        ("pe1-p1", True),
        ("p1-p2", True),
        ("p2-pe2", False),
    ]


def test_one_that_waits_for_arp_keeps_its_ttl(network: Network) -> None:
    out(network, "pe1", HOST1)
    network.run(until=network.now + 0.1)
    assert received(network, AT_HOST1) == []
    host_is_known(network, AT_HOST1, HOST1)
    (arrived,) = received(network, AT_HOST1)
    assert arrived.ttl == FULL_TTL


@pytest.mark.parametrize("destination", [LOOPBACKS["pe1"], IPv4Address("10.1.0.1")])
def test_tcp_of_a_host_to_any_address_of_the_router_is_for_the_host_stack(
    network: Network, destination: IPv4Address
) -> None:
    hosts_are_known(network)
    segment = packet(HOST1, destination, 64, protocol=IpProtocol.TCP, payload=TCP)
    network.host_sends(AT_HOST1, frame("pe1", segment))
    network.run(until=network.now + 0.1)
    (taken,) = network.nodes["pe1"].host_packets
    assert taken.datagram == segment.encode()
    assert received(network, AT_HOST1) == []


def test_tcp_in_a_frame_to_many_is_for_nobody(network: Network) -> None:
    segment = packet(HOST1, LOOPBACKS["pe1"], 64, protocol=IpProtocol.TCP, payload=TCP)
    broadcast = b"\xff" * 6 + frame("pe1", segment)[6:]
    network.give("pe1", PacketIn(2, 2, PuntReason.TO_ME, broadcast))
    assert network.nodes["pe1"].host_packets == []


# -- streams


def commands(network: Network, node: str, *events: StreamEvent) -> list[StreamCommand]:
    outputs = [out for event in events for out in router(network, node).handle(event, network.now)]
    return [out for out in outputs if isinstance(out, StreamCommand)]


def test_a_router_listens_as_soon_as_it_starts() -> None:
    outputs = router(core(), "p1").start(0.0)
    listen = Listen(local=Endpoint(LOOPBACKS["p1"], LDP_PORT))
    assert StreamCommand(vrf=DEFAULT_VRF, command=listen) in outputs


def test_the_router_with_the_greater_address_opens_the_stream(network: Network) -> None:
    """RFC 5036 2.5.2."""
    assert {(node, command.remote.address) for node, command in network.streams.opened} == {
        ("p1", LOOPBACKS["pe1"]),
        ("p2", LOOPBACKS["p1"]),
        ("pe2", LOOPBACKS["p2"]),
    }


def test_of_a_stream_that_nobody_knows_nothing_comes(network: Network) -> None:
    stranger = StreamEvent(vrf=DEFAULT_VRF, event=DataReceived(stream="x", data=b"?"))
    gone = StreamEvent(vrf=DEFAULT_VRF, event=StreamClosed(stream="x", why=Why.RESET))
    assert commands(network, "p1", stranger, gone) == []


def test_sessions_say_their_messages_as_data_of_their_stream(network: Network) -> None:
    """RFC 5036 3.5.6: an address that is gone is told to every peer."""
    outputs = router(network, "pe1").handle(PortChanged(port=2, up=False), network.now)
    told = [out for out in outputs if isinstance(out, StreamCommand)]
    assert {command.vrf for command in told} == {DEFAULT_VRF}
    data = [out.command.data for out in told if isinstance(out.command, SendData)]
    assert any(IPv4Address("10.1.0.1").packed in octets for octets in data)


def test_a_packet_of_a_vrfs_host_stack_waits_for_its_neighbour_in_that_vrf() -> None:
    """A PE that has just started knows no CE, and its TTL of 255 must arrive whole (RFC 5082)."""
    network = Network(configs(), WIRES)
    network.start()
    pe, ce = IPv4Address("10.2.9.1"), IPv4Address("10.2.9.2")
    sent = packet(pe, ce, FULL_TTL, protocol=IpProtocol.TCP, payload=TCP)
    network.give("pe2", HostPacketOut(vrf="red", datagram=sent.encode()))
    network.run(until=0.5)
    (arrived,) = network.nodes["ce2"].host_packets
    assert arrived.datagram == sent.encode()
