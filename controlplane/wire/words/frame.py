"""Ethernet, label stacks, ARP, IPv4 and tunnels in words; what is above has modules of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from controlplane.wire.arp import ArpOperation, ArpPacket
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.words.icmp import icmp_words, label_stack_words
from controlplane.wire.words.multicast import igmp_words, pim_words
from controlplane.wire.words.ospf import ospf_words
from controlplane.wire.words.phrases import tried
from controlplane.wire.words.transport import tcp_words, udp_words

_PROTOCOLS: Final[Mapping[int, str]] = {protocol: protocol.name for protocol in IpProtocol}
_IPV4: Final = 4


def frame_words(data: bytes) -> str:
    """What a frame carries; its MAC addresses are left out."""
    try:
        frame = EthernetFrame.decode(Reader(data))
    except DecodeError as error:
        return f"malformed frame ({error})"
    match frame.ethertype:
        case EtherType.IPV4:
            return ipv4_words(frame.payload)
        case EtherType.ARP:
            return tried(_arp, "ARP", frame.payload)
        case EtherType.MPLS:
            return tried(_labelled, "MPLS", frame.payload)
        case other:
            return f"EtherType {other:#06x}, {len(frame.payload)} octets"


def ipv4_words(data: bytes) -> str:
    """What an IPv4 packet carries."""
    return tried(_packet, "IPv4", data)


def _labelled(data: bytes) -> str:
    """Labels do not say what is below them; the first four bits of IPv4 do, mostly (RFC 4928 2)."""
    reader = Reader(data)
    labels = label_stack_words(LabelStack.decode(reader))
    below = reader.rest()
    if below and below[0] >> 4 == _IPV4:
        return f"MPLS {labels}: {ipv4_words(below)}"
    return f"MPLS {labels}, {len(below)} octets"


def _arp(data: bytes) -> str:
    arp = ArpPacket.decode(Reader(data))
    if arp.operation is ArpOperation.REQUEST:
        return f"ARP who has {arp.target_address}, tell {arp.sender_address}"
    return f"ARP {arp.sender_address} is at {arp.sender_mac}"


def _packet(data: bytes) -> str:
    packet = Ipv4Packet.decode(Reader(data))
    if packet.protocol == IpProtocol.GRE and not _is_fragment(packet):
        return f"{_addresses(packet)} {tried(_tunnelled, 'GRE', packet.payload)}"
    return _opened(packet)


def _tunnelled(data: bytes) -> str:
    gre = GrePacket.decode(Reader(data))
    if gre.protocol_type != EtherType.IPV4:
        return f"GRE of EtherType {gre.protocol_type:#06x}"
    inner = tried(lambda data: _opened(Ipv4Packet.decode(Reader(data))), "IPv4", gre.payload)
    return f"GRE: {inner}"


def _opened(packet: Ipv4Packet) -> str:
    return f"{_addresses(packet)} {_payload(packet)}"


def _addresses(packet: Ipv4Packet) -> str:
    return f"{packet.source} > {packet.destination}"


def _is_fragment(packet: Ipv4Packet) -> bool:
    return packet.more_fragments or packet.fragment_offset > 0


def _payload(packet: Ipv4Packet) -> str:
    name = _PROTOCOLS.get(packet.protocol, f"IP protocol {packet.protocol}")
    if _is_fragment(packet):
        return f"{name}, a fragment"
    match packet.protocol:
        case IpProtocol.PIM:
            return tried(pim_words, name, packet.payload)
        case IpProtocol.IGMP:
            return tried(igmp_words, name, packet.payload)
        case IpProtocol.ICMP:
            return tried(icmp_words, name, packet.payload)
        case IpProtocol.OSPF:
            return tried(ospf_words, name, packet.payload)
        case IpProtocol.UDP:
            return tried(lambda data: udp_words(data, packet), name, packet.payload)
        case IpProtocol.TCP:
            return tried(lambda data: tcp_words(data, packet), name, packet.payload)
        case _:
            return f"{name}, {len(packet.payload)} octets"
