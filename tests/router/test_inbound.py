"""What hosts and links can send is opened with care: counted by layer and reason, never raised."""

from __future__ import annotations

from ipaddress import IPv4Address
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.fib.model import PacketIn
from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.router.counters import MAXIMUM_UNROUTED, OTHERS, Count, Layer, Unrouted
from controlplane.router.router import Router
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from controlplane.wire.ldp.numbers import LDP_PORT
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.udp import UdpDatagram
from tests.router.core import core_configs
from tests.router.lab import HOST_MAC, PES, configs, ipv4_frame

PE1_CORE, ROOT_PE2, NOWHERE = 1, 1025, 77


@pytest.fixture
def router() -> Router:
    return make_router()


def make_router() -> Router:
    router = Router(configs()[1], Random(1))
    router.start(0.0)
    return router


def ethernet(ethertype: int, payload: bytes) -> bytes:
    frame = EthernetFrame(
        destination=HOST_MAC, source=HOST_MAC, ethertype=ethertype, payload=payload
    )
    return frame.encode()


def packet(
    destination: str, protocol: int, payload: bytes = b"", options: bytes = b""
) -> Ipv4Packet:
    return Ipv4Packet(
        source=PES["pe2"],
        destination=IPv4Address(destination),
        protocol=protocol,
        payload=payload,
        options=options,
    )


def stack(*labels: int) -> bytes:
    return LabelStack(tuple(LabelStackEntry(label=label, ttl=1) for label in labels)).encode()


def udp(destination: str, port: int) -> bytes:
    datagram = UdpDatagram(source_port=49152, destination_port=port, payload=bytes(24))
    return datagram.encode(PES["pe2"], IPv4Address(destination))


def gre(protocol_type: int, payload: bytes) -> bytes:
    header = GrePacket(protocol_type=protocol_type, payload=payload).encode()
    return ipv4_frame(packet("232.0.0.1", IpProtocol.GRE, header))


@pytest.mark.parametrize(
    ("interface", "reason", "frame", "counted"),
    [
        pytest.param(
            PE1_CORE,
            PuntReason.ARP,
            b"\1\2\3",
            Count(Layer.FRAME, "N octets expected, N left"),
            id="a frame without its header",
        ),
        pytest.param(
            NOWHERE,
            PuntReason.TO_ME,
            ipv4_frame(packet("10.255.0.1", IpProtocol.UDP)),
            Count(Layer.FRAME, "of an interface that does not exist"),
            id="an unknown interface",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.LINK_LOCAL,
            ethernet(0x86DD, b"\x60"),
            Count(Layer.FRAME, "neither IPv4 nor ARP"),
            id="IPv6",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.ARP,
            ipv4_frame(packet("10.255.0.1", IpProtocol.UDP)),
            Count(Layer.FRAME, "punted as ARP and is not"),
            id="IPv4 with the reason ARP",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.LINK_LOCAL,
            ipv4_frame(packet("224.0.0.2", IpProtocol.UDP, udp("224.0.0.2", LDP_PORT))),
            Count(Layer.IPV4, "link-local multicast of a protocol that does not run"),
            id="LDP where it does not run",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.BFD,
            ipv4_frame(packet("192.0.2.1", IpProtocol.UDP, udp("192.0.2.1", 3784)[:-1])),
            Count(Layer.UDP, "N octets expected, N left"),
            id="BFD in a datagram that is cut off",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.TTL_EXPIRED,
            ethernet(EtherType.MPLS, b"\0\1\0\1"),
            Count(Layer.MPLS, "N octets expected, N left"),
            id="a label stack without a bottom",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.TTL_EXPIRED,
            ethernet(EtherType.MPLS, stack(17) + b"\x45"),
            Count(Layer.IPV4, "N octets expected, N left"),
            id="no IPv4 below labels",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.ROUTING,
            ethernet(EtherType.MPLS, stack(0) + b"\x45"),
            Count(Layer.IPV4, "N octets expected, N left"),
            id="no IPv4 below explicit null",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.GLEAN,
            ethernet(EtherType.MPLS, stack(17) + packet("10.9.9.9", IpProtocol.UDP).encode()),
            Count(Layer.FORWARD, "labelled, and the next hop is not known"),
            id="a label whose next hop is unknown",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.TO_ME,
            ethernet(EtherType.MPLS, stack(17, 0) + packet("10.255.0.1", IpProtocol.UDP).encode()),
            Count(Layer.FORWARD, "labelled, and the next hop is not known"),
            id="explicit null below another label",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.LINK_LOCAL,
            ethernet(EtherType.IPV4, b"\x65" + bytes(19)),
            Count(Layer.IPV4, "IP version N"),
            id="an IPv4 packet of version 6",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.LINK_LOCAL,
            ipv4_frame(packet("224.0.0.5", IpProtocol.OSPF)),
            Count(Layer.IPV4, "link-local multicast of a protocol that does not run"),
            id="OSPF",
        ),
        pytest.param(
            PE1_CORE,
            PuntReason.IP_OPTIONS,
            ipv4_frame(packet("10.9.9.9", IpProtocol.UDP, options=ROUTER_ALERT)),
            Count(Layer.FORWARD, "IPv4 options in a packet for others"),
            id="options in transit",
        ),
        pytest.param(
            ROOT_PE2,
            PuntReason.LINK_LOCAL,
            ipv4_frame(packet("232.0.0.1", IpProtocol.UDP)),
            Count(Layer.TUNNEL, "IP protocol N on a P-tunnel, not GRE"),
            id="no GRE in a tunnel",
        ),
        pytest.param(
            ROOT_PE2,
            PuntReason.LINK_LOCAL,
            gre(0x86DD, b""),
            Count(Layer.TUNNEL, "GRE protocol type N, not IPv4"),
            id="IPv6 in GRE",
        ),
        pytest.param(
            ROOT_PE2,
            PuntReason.LINK_LOCAL,
            gre(EtherType.IPV4, b"\x45"),
            Count(Layer.IPV4, "N octets expected, N left"),
            id="a short packet in GRE",
        ),
    ],
)
def test_what_cannot_be_read_is_counted_and_dropped(
    router: Router, interface: int, reason: PuntReason, frame: bytes, counted: Count
) -> None:
    assert router.handle(PacketIn(1, interface, reason, frame), 0.0) == []
    assert dict(router.counters.drops) == {counted: 1}


@pytest.mark.parametrize("reason", [PuntReason.NO_MULTICAST_ROUTE, PuntReason.RPF_FAILED])
def test_multicast_without_a_use_is_counted_by_vrf_and_stream(
    router: Router, reason: PuntReason
) -> None:
    sg = SourceGroup(PES["pe2"], IPv4Address("232.9.9.9"))
    outer = ipv4_frame(packet("232.9.9.9", IpProtocol.UDP))
    inner = gre(EtherType.IPV4, packet("232.9.9.9", IpProtocol.UDP).encode())
    assert router.handle(PacketIn(1, PE1_CORE, reason, outer), 0.0) == []
    assert router.handle(PacketIn(1, ROOT_PE2, reason, inner), 0.0) == []
    assert dict(router.counters.unrouted) == {
        Unrouted(reason, "default", sg): 1,
        Unrouted(reason, "red", sg): 1,
    }


def test_a_flood_of_made_up_streams_fills_a_table_of_fixed_size(router: Router) -> None:
    flood = MAXIMUM_UNROUTED + 10
    for number in range(flood):
        group = IPv4Address(int(IPv4Address("232.9.0.0")) + number)
        frame = ipv4_frame(packet(str(group), IpProtocol.UDP))
        router.handle(PacketIn(1, PE1_CORE, PuntReason.NO_MULTICAST_ROUTE, frame), 0.0)
    assert len(router.counters.unrouted) == MAXIMUM_UNROUTED
    assert router.counters.drops[OTHERS] == 10


def make_core_router() -> Router:
    router = Router(core_configs()["p1"], Random(1))
    router.start(0.0)
    return router


ROUTERS = [make_router(), make_core_router()]
PROTOCOLS = st.sampled_from(
    [
        IpProtocol.PIM,
        IpProtocol.IGMP,
        IpProtocol.ICMP,
        IpProtocol.GRE,
        IpProtocol.OSPF,
        IpProtocol.UDP,
        IpProtocol.TCP,
    ]
)
DESTINATIONS = st.sampled_from(
    ["224.0.0.13", "224.0.0.1", "224.0.0.5", "10.255.0.1", "192.0.2.1", "192.0.2.2", "232.0.0.1"]
)
PORTS = st.sampled_from([646, 3784, 3785, 53])
PAYLOADS = st.one_of(
    st.binary(max_size=80), st.builds(udp, st.sampled_from(["192.0.2.1", "224.0.0.2"]), PORTS)
)
PACKETS = st.builds(packet, DESTINATIONS, PROTOCOLS, PAYLOADS)
INSIDE = st.one_of(st.binary(max_size=40), PACKETS.map(Ipv4Packet.encode))
LABELS = st.lists(st.sampled_from([0, 3, 16, 17]), min_size=1, max_size=3)
FRAMES = st.one_of(
    st.binary(max_size=100),
    st.builds(ethernet, st.sampled_from([0x0800, 0x0806, 0x8100, 0x8847]), st.binary(max_size=60)),
    st.builds(ipv4_frame, PACKETS),
    st.builds(gre, st.just(0x0800), INSIDE),
    st.builds(
        lambda labels, inside: ethernet(EtherType.MPLS, stack(*labels) + inside), LABELS, INSIDE
    ),
)


@given(
    router=st.sampled_from(ROUTERS),
    interface=st.sampled_from([0, PE1_CORE, 2, 100, ROOT_PE2, NOWHERE]),
    reason=st.sampled_from(PuntReason),
    frame=FRAMES,
)
def test_no_frame_of_any_reason_and_interface_raises(
    router: Router, interface: int, reason: PuntReason, frame: bytes
) -> None:
    router.handle(PacketIn(1, interface, reason, frame), 0.0)
