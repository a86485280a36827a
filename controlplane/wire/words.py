"""Frames in words: one line for people, the outermost header first.

    10.1.9.1 > 224.0.0.13 PIM Hello, holdtime 105 s, GenID 0x1d2c3b4a

What cannot be decoded is named as far as it could be, with the reason. A tunnel is looked into
once: a packet in a tunnel in a tunnel is nothing that a router here sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from controlplane.wire import icmp, igmp
from controlplane.wire.arp import ArpOperation, ArpPacket
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.pim.address import EncodedSource
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import decode_message
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.udp import UdpDatagram

_PROTOCOLS: Final[Mapping[int, str]] = {protocol: protocol.name for protocol in IpProtocol}


def frame_words(data: bytes) -> str:
    """What a frame carries; its MAC addresses are left out."""
    try:
        frame = EthernetFrame.decode(Reader(data))
    except DecodeError as error:
        return f"malformed frame ({error})"
    match frame.ethertype:
        case EtherType.IPV4:
            return _tried(_packet, "IPv4", frame.payload)
        case EtherType.ARP:
            return _tried(_arp, "ARP", frame.payload)
        case other:
            return f"EtherType {other:#06x}, {len(frame.payload)} octets"


def _tried(words: Callable[[bytes], str], what: str, data: bytes) -> str:
    try:
        return words(data)
    except DecodeError as error:
        return f"malformed {what} ({error})"


def _arp(data: bytes) -> str:
    arp = ArpPacket.decode(Reader(data))
    if arp.operation is ArpOperation.REQUEST:
        return f"ARP who has {arp.target_address}, tell {arp.sender_address}"
    return f"ARP {arp.sender_address} is at {arp.sender_mac}"


def _packet(data: bytes) -> str:
    packet = Ipv4Packet.decode(Reader(data))
    if packet.protocol == IpProtocol.GRE and not _is_fragment(packet):
        return f"{_addresses(packet)} {_tried(_tunnelled, 'GRE', packet.payload)}"
    return _opened(packet)


def _tunnelled(data: bytes) -> str:
    gre = GrePacket.decode(Reader(data))
    if gre.protocol_type != EtherType.IPV4:
        return f"GRE of EtherType {gre.protocol_type:#06x}"
    inner = _tried(lambda data: _opened(Ipv4Packet.decode(Reader(data))), "IPv4", gre.payload)
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
            return _tried(_pim, name, packet.payload)
        case IpProtocol.IGMP:
            return _tried(_igmp, name, packet.payload)
        case IpProtocol.ICMP:
            return _tried(_icmp, name, packet.payload)
        case IpProtocol.UDP:
            return _tried(lambda data: _udp(data, packet), name, packet.payload)
        case _:
            return f"{name}, {len(packet.payload)} octets"


def _pim(data: bytes) -> str:
    match decode_message(data):
        case Hello() as hello:
            return ", ".join(("PIM Hello", *_hello(hello)))
        case JoinPrune() as message:
            parts = (part for group in message.groups for part in _group_set(group))
            return f"PIM Join/Prune to {message.upstream_neighbor}: {_listed(parts)}"
        case other:
            return f"PIM {_spoken(other.type.name)}"


def _hello(hello: Hello) -> Iterator[str]:
    if hello.holdtime is not None:
        yield f"holdtime {hello.holdtime} s"
    if hello.generation_id is not None:
        yield f"GenID {hello.generation_id:#010x}"


def _group_set(group: GroupSet) -> Iterator[str]:
    mask = "" if group.group.is_single else f"/{group.group.mask_length}"
    name = f"{group.group.address}{mask}"
    yield from (f"join {_source(source, name)}" for source in group.joined)
    yield from (f"prune {_source(source, name)}" for source in group.pruned)


def _source(source: EncodedSource, group: str) -> str:
    if source.wildcard:
        return f"(*, {group})"
    return f"({source.address}, {group}{', rpt' if source.rpt else ''})"


def _igmp(data: bytes) -> str:
    match igmp.decode(Reader(data)):
        case igmp.ShortMessage(kind=kind, group=group):
            return f"IGMP {_spoken(kind.name)} of {_group(group)}"
        case igmp.QueryV3(group=group, sources=sources):
            return f"IGMP query v3 of {_group(group)}{_sources(sources)}"
        case igmp.ReportV3(records=records):
            return f"IGMP report v3: {_listed(map(_record, records))}"
        case igmp.OtherIgmp(kind=number):
            return f"IGMP type {number:#04x}"


def _record(record: igmp.GroupRecord) -> str:
    return f"{_spoken(record.kind.name)} {record.group}{_sources(record.sources)}"


def _group(group: object) -> str:
    return "all groups" if group == igmp.ANY_GROUP else str(group)


def _sources(sources: Iterable[object]) -> str:
    listed = ", ".join(map(str, sources))
    return f" from {listed}" if listed else ""


def _icmp(data: bytes) -> str:
    match icmp.decode(Reader(data)):
        case icmp.IcmpEcho(is_reply=is_reply, identifier=identifier, sequence=sequence):
            which = "reply" if is_reply else "request"
            return f"ICMP echo {which}, id {identifier}, seq {sequence}"
        case icmp.IcmpTimeExceeded():
            return "ICMP time exceeded"
        case icmp.IcmpUnreachable(code=code):
            return f"ICMP destination unreachable, code {code}"
        case icmp.OtherIcmp(kind=kind, code=code):
            return f"ICMP type {kind}, code {code}"


def _udp(data: bytes, packet: Ipv4Packet) -> str:
    udp = UdpDatagram.decode(Reader(data), packet.source, packet.destination)
    return f"UDP {udp.source_port} > {udp.destination_port}, {len(udp.payload)} octets"


def _spoken(name: str) -> str:
    """Of an enumeration's member: `ALLOW_NEW_SOURCES` is "allow new sources"."""
    return name.lower().replace("_", " ")


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items) or "nothing"
