"""The slow path of what is too long for its link: cut up, or told to its sender."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from random import Random
from typing import Any

import pytest
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, UDP, defragment
from scapy.layers.l2 import GRE, Ether
from scapy.packet import Raw
from scapy.plist import PacketList

from controlplane.fib.model import PacketIn, PacketOut, Submit
from controlplane.net.punt import PuntReason
from controlplane.rib.vpn_labels import Labelled
from controlplane.router.counters import Count, Layer
from controlplane.router.deliveries import TooLarge
from controlplane.router.events import PortChanged
from controlplane.router.router import Router
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.icmp import IcmpUnreachable, UnreachableCode
from controlplane.wire.icmp import decode as decode_icmp
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import Reader
from tests.router.lab import GROUP, HOST_MAC, PES, configs

CORE, TO_CE = 1, 2
REGISTER = bytes.fromhex("2100deff00000000")
CUSTOMER = IPv4Address("10.1.0.2")


@pytest.fixture
def pe() -> Router:
    router = Router(configs()[1], Random(1))
    router.start(0.0)
    return router


def stream(octets: int, identification: int = 4711) -> Any:
    packet = IP(src="10.1.0.2", dst="232.1.1.1", id=identification, ttl=63, tos=0xB8)
    load = bytes(at * 7 % 251 for at in range(octets - 28))
    return packet / UDP(sport=5000, dport=5001, chksum=0) / Raw(load)


def in_gre(inner: Any, source: str = str(PES["pe1"]), flags: str = "DF", number: int = 0) -> Any:
    outer = IP(src=source, dst=str(GROUP), id=number, flags=flags, ttl=64, tos=inner.tos)
    return outer / GRE(proto=0x0800) / inner


def in_register(inner: Any) -> Any:
    outer = IP(src=str(PES["pe1"]), dst="10.255.0.9", id=0, flags="DF", proto=103)
    return outer / Raw(REGISTER) / Raw(bytes(inner))


def frame(packet: Any, kind: int = EtherType.IPV4) -> bytes:
    return bytes(Ether(dst="02:00:00:00:00:09", src="02:00:00:00:00:01", type=kind) / packet)


def cut(router: Router, packet: Any, kind: int = EtherType.IPV4, on: int = CORE) -> list[Any]:
    """What leaves on an interface in place of a frame that would have left there."""
    punted = PacketIn(7, on, PuntReason.TO_FRAGMENT, frame(packet, kind), 1)
    outputs = router.handle(punted, 1.0)
    frames = [output for output in outputs if isinstance(output, PacketOut)]
    assert {output.port for output in frames} == {on}
    whole = EthernetFrame.decode(Reader(frame(packet, kind)))
    pieces = [EthernetFrame.decode(Reader(output.frame)) for output in frames]
    assert {replace(piece, payload=b"") for piece in pieces} == {replace(whole, payload=b"")}
    assert max(len(piece.payload) for piece in pieces) <= 1500
    return [MPLS(p.payload) if kind == EtherType.MPLS else IP(p.payload) for p in pieces]


def assert_together(pieces: list[Any], whole: Any) -> None:
    (packet,) = defragment(PacketList(pieces))  # type: ignore[no-untyped-call]
    assert bytes(packet.payload) == bytes(whole.payload)


def test_a_packet_on_its_way_is_cut(pe: Router) -> None:
    pieces = cut(pe, stream(3000), on=TO_CE)
    assert len(pieces) == 3
    assert_together(pieces, stream(3000))


def test_labels_are_on_every_piece(pe: Router) -> None:
    """RFC 3032 3.4, steps 2 and 3."""
    stack = MPLS(label=200, s=0, ttl=9) / MPLS(label=77, s=1, ttl=8)
    pieces = cut(pe, stack / stream(1500), EtherType.MPLS)
    assert {bytes(piece)[:8] for piece in pieces} == {bytes(stack)}
    assert_together([IP(bytes(piece)[8:]) for piece in pieces], stream(1500))


@pytest.mark.parametrize("octets", [1477, 1500, 4000])
def test_the_customers_packet_is_cut_before_it_is_encapsulated(pe: Router, octets: int) -> None:
    """RFC 6037 4.8: the far PE finds whole packets in the tunnel."""
    pieces = cut(pe, in_gre(stream(octets)))
    assert {(p.src, p.dst, p.proto, str(p.flags), p.frag, p.tos) for p in pieces} == {
        (str(PES["pe1"]), str(GROUP), 47, "DF", 0, 0xB8)
    }
    assert {bytes(piece)[20:24] for piece in pieces} == {bytes.fromhex("00000800")}
    assert_together([IP(bytes(piece)[24:]) for piece in pieces], stream(octets))


def test_without_df_each_tunnel_packet_has_a_number_of_its_own(pe: Router) -> None:
    """A router of the core that cuts them again must not mix them up."""
    pieces = cut(pe, in_gre(stream(4000, 65000), flags="", number=65000))
    assert [piece.id for piece in pieces] == [65000, 65000 + 16384 - 65536, 65000 + 32768 - 65536]


def test_in_registers_the_customers_packet_is_cut(pe: Router) -> None:
    pieces = cut(pe, in_register(stream(2000)))
    assert {bytes(piece)[20:28] for piece in pieces} == {REGISTER}
    assert_together([IP(bytes(piece)[28:]) for piece in pieces], stream(2000))


def test_in_gre_in_registers_too(pe: Router) -> None:
    pieces = cut(pe, in_register(in_gre(stream(1500))))
    inner = [IP(bytes(piece)[28:]) for piece in pieces]
    assert all(packet.proto == IpProtocol.GRE for packet in inner)
    assert_together([IP(bytes(packet)[24:]) for packet in inner], stream(1500))


def test_the_tunnel_packet_of_another_pe_is_cut_as_it_is(pe: Router) -> None:
    """Without DF (RFC 6037), a router in the core cuts what is too large for its next link."""
    whole = in_gre(stream(1600), source=str(PES["pe2"]), flags="", number=9)
    assert_together(cut(pe, whole), whole)


def test_what_cannot_be_read_is_counted_and_dropped(pe: Router) -> None:
    damaged = PacketIn(7, CORE, PuntReason.TO_FRAGMENT, frame(Raw(b"\x45")), 1)
    assert pe.handle(damaged, 1.0) == []
    assert [count.layer for count in pe.counters.drops] == [Layer.SEND]


def test_nothing_is_sent_on_a_port_without_a_link(pe: Router) -> None:
    pe.handle(PortChanged(port=TO_CE, up=False), 1.0)
    punted = PacketIn(7, TO_CE, PuntReason.TO_FRAGMENT, frame(stream(3000)), 1500)
    assert pe.handle(punted, 1.0) == []
    assert pe.counters.drops == {Count(Layer.SEND, "the interface is down or has no port"): 1}


def unicast(destination: str) -> Ipv4Packet:
    return Ipv4Packet(
        source=CUSTOMER,
        destination=IPv4Address(destination),
        protocol=IpProtocol.UDP,
        payload=bytes(1480),
        dont_fragment=True,
    )


def too_large(interface: int, payload: bytes, kind: int = EtherType.IPV4) -> PacketIn:
    arrived = EthernetFrame(destination=HOST_MAC, source=HOST_MAC, ethertype=kind, payload=payload)
    return PacketIn(interface, interface, PuntReason.TOO_LARGE, arrived.encode(), 8)


def delivery(pe: Router, punted: PacketIn) -> TooLarge:
    (told,) = pe._inbound.receive(punted)
    assert isinstance(told, TooLarge)
    return told


def test_a_sender_that_forbids_fragments_is_told_what_would_pass(pe: Router) -> None:
    """RFC 1191 4: the size "including the IP header and IP data"; labels took eight octets."""
    told = delivery(pe, too_large(TO_CE, unicast("10.9.0.1").encode()))
    assert (told.room, told.arrived.interface.name) == (1492, "eth2")


def icmp(output: object) -> tuple[Ipv4Packet, IcmpUnreachable, LabelStack | None]:
    assert isinstance(output, Submit)
    sent = EthernetFrame.decode(Reader(output.frame))
    reader = Reader(sent.payload)
    labels = LabelStack.decode(reader) if sent.ethertype == EtherType.MPLS else None
    packet = Ipv4Packet.decode(reader)
    message = decode_icmp(Reader(packet.payload))
    assert isinstance(message, IcmpUnreachable)
    return packet, message, labels


def test_of_a_packet_along_an_lsp_the_message_goes_on_to_its_end(pe: Router) -> None:
    """RFC 3032 3.4 and 2.3.2: a router of the core does not know the customer."""
    stack = LabelStack((LabelStackEntry(label=500, ttl=9), LabelStackEntry(label=77, ttl=9)))
    arrived = stack.encode() + unicast("10.9.0.1").encode()
    outputs = pe.handle(too_large(CORE, arrived, EtherType.MPLS), 1.0)
    packet, message, labels = icmp(outputs[0])
    assert packet.destination == CUSTOMER
    assert (message.code, message.next_hop_mtu) == (UnreachableCode.FRAGMENTATION_NEEDED, 1492)
    assert labels is not None
    assert [entry.label for entry in labels.entries] == [500, 77]


def test_at_the_end_of_its_lsp_the_message_comes_from_the_vrf(pe: Router) -> None:
    label = pe.vpn_labels.label_of(Labelled("red"), 0.0)
    stack = LabelStack((LabelStackEntry(label=label, ttl=9),))
    arrived = stack.encode() + unicast("10.9.0.1").encode()
    told = delivery(pe, too_large(CORE, arrived, EtherType.MPLS))
    assert (told.arrived.interface.vrf, told.arrived.at_end) == ("red", True)
