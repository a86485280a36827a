"""Unicast of one CE: ARP, packets that the CPU forwards, ICMP, and what a router refuses.

host 10.1.0.2 -[1] ce1 [2]- 10.1.9.1 (default gateway)
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.fib.model import PacketIn, PacketOut
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.mac import BROADCAST, MacAddress
from controlplane.net.punt import PuntReason
from controlplane.rib.route import Blackhole, RouteProtocol
from controlplane.router.counters import Count, Layer
from controlplane.router.outbound import HELD_LIMIT
from controlplane.wire import icmp
from controlplane.wire.arp import ArpOperation, ArpPacket
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.icmp import IcmpEcho, IcmpTimeExceeded, IcmpUnreachable, UnreachableCode
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader
from controlplane.wire.udp import UdpDatagram, WellKnownPort
from tests.router.lab import HOST_MAC, configs, gateway, route
from tests.router.wire import End, Network

HOST, ROUTER = IPv4Address("10.1.0.2"), IPv4Address("10.1.0.1")
ROUTER_MAC = MacAddress.parse("02:00:00:00:01:01")
UPLINK_MAC = MacAddress.parse("02:00:00:00:01:02")
NEXT_HOP, NEXT_HOP_MAC = IPv4Address("10.1.9.1"), MacAddress.parse("02:bb:00:00:00:01")
FAR = IPv4Address("10.9.9.9")
LAN, UPLINK = End("ce1", 1), End("ce1", 2)


@pytest.fixture
def begun() -> Network:
    """ce1 alone, with hosts on both sides and a default route."""
    network = Network(configs()[:1], [])
    network.start()
    default = route("0.0.0.0/0", RouteProtocol.STATIC, gateway(2, "10.1.9.1"))
    network.routes("ce1", DEFAULT_VRF, RouteProtocol.STATIC, default)
    return network


@pytest.fixture
def network(begun: Network) -> Network:
    """The same, and nothing of what was sent until now is remembered."""
    begun.received.clear()
    return begun


def packet(
    destination: IPv4Address,
    payload: bytes = b"data",
    *,
    source: IPv4Address = HOST,
    protocol: int = IpProtocol.UDP,
    ttl: int = 9,
) -> Ipv4Packet:
    return Ipv4Packet(
        source=source, destination=destination, protocol=protocol, payload=payload, ttl=ttl
    )


def frame(packet: Ipv4Packet, to: MacAddress = ROUTER_MAC) -> bytes:
    ethernet = EthernetFrame(
        destination=to, source=HOST_MAC, ethertype=EtherType.IPV4, payload=packet.encode()
    )
    return ethernet.encode()


def arp(
    operation: ArpOperation, sender: IPv4Address, mac: MacAddress, target: IPv4Address
) -> bytes:
    message = ArpPacket(
        operation=operation,
        sender_mac=mac,
        sender_address=sender,
        target_mac=MacAddress(0),
        target_address=target,
    )
    ethernet = EthernetFrame(
        destination=BROADCAST, source=mac, ethertype=EtherType.ARP, payload=message.encode()
    )
    return ethernet.encode()


def send(network: Network, end: End, octets: bytes) -> None:
    network.host_sends(end, octets)
    network.run(until=network.now + 0.1)


def host_is_known(network: Network) -> None:
    send(network, LAN, arp(ArpOperation.REQUEST, HOST, HOST_MAC, ROUTER))
    network.received.clear()


def next_hop_is_known(network: Network) -> None:
    send(
        network, UPLINK, arp(ArpOperation.REQUEST, NEXT_HOP, NEXT_HOP_MAC, IPv4Address("10.1.9.2"))
    )
    network.received.clear()


def received(network: Network, end: End) -> list[EthernetFrame]:
    """What came out of a port, without the router's own PIM and IGMP."""
    frames = [EthernetFrame.decode(Reader(f)) for _, f in network.received.get(end, [])]
    return [f for f in frames if not f.destination.is_group or f.ethertype == EtherType.ARP]


def packets(network: Network, end: End) -> list[Ipv4Packet]:
    frames = [f for f in received(network, end) if f.ethertype == EtherType.IPV4]
    return [Ipv4Packet.decode(Reader(f.payload)) for f in frames]


def drops(network: Network) -> dict[Count, int]:
    return dict(network.nodes["ce1"].router.counters.drops)


def test_an_arp_request_for_the_router_is_answered(network: Network) -> None:
    send(network, LAN, arp(ArpOperation.REQUEST, HOST, HOST_MAC, ROUTER))
    (answer,) = received(network, LAN)
    assert (answer.destination, answer.source) == (HOST_MAC, ROUTER_MAC)
    message = ArpPacket.decode(Reader(answer.payload))
    assert (message.operation, message.sender_address) == (ArpOperation.REPLY, ROUTER)


def test_a_ping_of_the_router_is_answered_from_the_pinged_address(network: Network) -> None:
    host_is_known(network)
    echo = IcmpEcho(is_reply=False, identifier=7, sequence=1, data=b"abc")
    request = packet(ROUTER, echo.encode(), protocol=IpProtocol.ICMP)
    send(network, LAN, frame(replace(request, tos=0x68)))
    (answer,) = packets(network, LAN)
    # RFC 1812 4.3.2.5: the reply's TOS is the request's.
    assert (answer.source, answer.destination, answer.tos) == (ROUTER, HOST, 0x68)
    assert icmp.decode(Reader(answer.payload)) == IcmpEcho(
        is_reply=True, identifier=7, sequence=1, data=b"abc"
    )


def test_a_next_hop_is_asked_for_as_soon_as_a_route_leads_through_it(begun: Network) -> None:
    questions = [f for f in received(begun, UPLINK) if f.ethertype == EtherType.ARP]
    targets = [ArpPacket.decode(Reader(question.payload)).target_address for question in questions]
    assert targets.count(NEXT_HOP) == 1


def test_the_first_packet_to_an_unknown_neighbour_waits_for_arp_and_is_then_sent(
    network: Network,
) -> None:
    first = packet(FAR)
    send(network, LAN, frame(first))
    assert received(network, UPLINK) == []
    next_hop_is_asked = arp(ArpOperation.REPLY, NEXT_HOP, NEXT_HOP_MAC, IPv4Address("10.1.9.2"))
    send(network, UPLINK, next_hop_is_asked)
    (sent,) = packets(network, UPLINK)
    assert sent == packet(FAR, ttl=first.ttl - 1)
    assert received(network, UPLINK)[-1].destination == NEXT_HOP_MAC
    assert received(network, UPLINK)[-1].source == UPLINK_MAC


def test_the_packets_behind_it_are_forwarded_by_the_switch(network: Network) -> None:
    next_hop_is_known(network)
    send(network, LAN, frame(packet(FAR)))
    assert packets(network, UPLINK) == [packet(FAR, ttl=8)]


def test_packets_wait_in_their_order_and_the_oldest_go_when_there_are_too_many(
    network: Network,
) -> None:
    payloads = [bytes((number,)) for number in range(HELD_LIMIT + 2)]
    for payload in payloads:
        network.host_sends(LAN, frame(packet(FAR, payload)))
    network.run(until=network.now + 0.1)
    next_hop_is_known_now = arp(ArpOperation.REPLY, NEXT_HOP, NEXT_HOP_MAC, IPv4Address("10.1.9.2"))
    send(network, UPLINK, next_hop_is_known_now)
    assert [sent.payload for sent in packets(network, UPLINK)] == payloads[2:]
    pushed = "pushed out by a later one while ARP asked for the neighbour"
    assert drops(network) == {Count(Layer.SEND, pushed): 2}


def test_a_sender_is_told_that_a_neighbour_does_not_answer(network: Network) -> None:
    host_is_known(network)
    silent = IPv4Address("10.1.9.1")
    send(network, LAN, frame(packet(silent)))
    network.run(until=network.now + 10)
    (answer,) = packets(network, LAN)
    message = icmp.decode(Reader(answer.payload))
    assert isinstance(message, IcmpUnreachable)
    assert message.code == UnreachableCode.HOST
    assert (answer.source, answer.destination) == (ROUTER, HOST)


def test_a_ttl_that_ends_here_is_told_to_the_sender(network: Network) -> None:
    host_is_known(network)
    next_hop_is_known(network)
    dying = packet(FAR, ttl=1)
    send(network, LAN, frame(dying))
    (answer,) = packets(network, LAN)
    assert answer.source == ROUTER
    message = icmp.decode(Reader(answer.payload))
    assert isinstance(message, IcmpTimeExceeded)
    assert message.quoted == dying.encode()
    assert packets(network, UPLINK) == []


def test_a_packet_that_gleans_with_a_dying_ttl_is_not_forwarded_either(network: Network) -> None:
    host_is_known(network)
    send_punted(network, frame(packet(FAR, ttl=1)), PuntReason.GLEAN)
    (answer,) = packets(network, LAN)
    assert isinstance(icmp.decode(Reader(answer.payload)), IcmpTimeExceeded)


def send_punted(network: Network, octets: bytes, reason: PuntReason) -> None:
    """As if the switch had handed it up, whatever its tables say."""
    network.give("ce1", PacketIn(1, 1, reason, octets))
    network.run(until=network.now + 0.1)


def test_a_packet_that_lost_its_route_on_the_way_up_is_answered_with_net_unreachable(
    network: Network,
) -> None:
    host_is_known(network)
    gone = route("0.0.0.0/0", RouteProtocol.STATIC, Blackhole())
    network.routes("ce1", DEFAULT_VRF, RouteProtocol.STATIC, gone)
    send_punted(network, frame(packet(FAR)), PuntReason.GLEAN)
    (answer,) = packets(network, LAN)
    message = icmp.decode(Reader(answer.payload))
    assert isinstance(message, IcmpUnreachable)
    assert message.code == UnreachableCode.NET


@pytest.mark.parametrize(
    ("protocol", "code"),
    [(IpProtocol.UDP, UnreachableCode.PORT), (IpProtocol.OSPF, UnreachableCode.PROTOCOL)],
)
def test_what_nobody_here_takes_is_answered_with_unreachable(
    network: Network, protocol: IpProtocol, code: UnreachableCode
) -> None:
    host_is_known(network)
    send(network, LAN, frame(packet(ROUTER, protocol=protocol)))
    (answer,) = packets(network, LAN)
    message = icmp.decode(Reader(answer.payload))
    assert isinstance(message, IcmpUnreachable)
    assert message.code == code


@pytest.mark.parametrize(
    ("port", "is_refused"), [(WellKnownPort.LDP, True), (53, True), (WellKnownPort.BFD, False)]
)
def test_a_udp_port_is_unreachable_unless_something_listens_there(
    network: Network, port: int, is_refused: bool
) -> None:
    """A CE speaks no LDP; BFD is there for whoever wants a neighbour watched, and says nothing."""
    host_is_known(network)
    datagram = UdpDatagram(source_port=49152, destination_port=port, payload=b"?")
    send(network, LAN, frame(packet(ROUTER, datagram.encode(HOST, ROUTER))))
    answers = [icmp.decode(Reader(answer.payload)) for answer in packets(network, LAN)]
    assert [isinstance(one, IcmpUnreachable) and one.code for one in answers] == (
        [UnreachableCode.PORT] if is_refused else []
    )


@pytest.mark.parametrize("reason", [PuntReason.TTL_EXPIRED, PuntReason.TO_ME])
def test_a_frame_to_many_stations_causes_no_icmp_error(
    network: Network, reason: PuntReason
) -> None:
    host_is_known(network)
    send_punted(network, frame(packet(ROUTER), to=BROADCAST), reason)
    assert packets(network, LAN) == []


def test_an_answer_without_a_route_back_is_counted(network: Network) -> None:
    network.routes("ce1", DEFAULT_VRF, RouteProtocol.STATIC)
    echo = IcmpEcho(is_reply=False, identifier=7, sequence=1, data=b"")
    stranger = packet(ROUTER, echo.encode(), source=FAR, protocol=IpProtocol.ICMP)
    send(network, LAN, frame(stranger))
    assert drops(network) == {Count(Layer.SEND, "no route to the destination"): 1}


def test_an_answer_leaves_where_the_table_says_not_where_the_question_came_in(
    network: Network,
) -> None:
    next_hop_is_known(network)
    echo = IcmpEcho(is_reply=False, identifier=7, sequence=1, data=b"")
    stranger = packet(ROUTER, echo.encode(), source=FAR, protocol=IpProtocol.ICMP)
    send(network, LAN, frame(stranger))
    assert [sent.destination for sent in packets(network, UPLINK)] == [FAR]


def test_frames_leave_whole_from_the_interfaces_own_mac_address(network: Network) -> None:
    router = network.nodes["ce1"].router
    outputs = router.advance(1.0)
    hellos = [output for output in outputs if isinstance(output, PacketOut)]
    sources = {(out.port, EthernetFrame.decode(Reader(out.frame)).source) for out in hellos}
    assert sources == {(1, ROUTER_MAC), (2, UPLINK_MAC)}
