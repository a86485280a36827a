"""Packets in the core of `core.py`: hosts send and get them, wires are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from controlplane.net.label import Label
from controlplane.net.mac import BROADCAST, MacAddress
from controlplane.wire.arp import ArpOperation, ArpPacket
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import Reader
from tests.router.core import AT_HOST1, AT_HOST2, HOST1, HOST2, WIRES, mac
from tests.router.lab import HOST_MAC
from tests.router.wire import End, Network

_WIRES = {one: f"{one.node}-{other.node}" for pair in WIRES for one, other in (pair, pair[::-1])}


def packet(
    source: IPv4Address,
    destination: IPv4Address,
    ttl: int,
    *,
    protocol: int = IpProtocol.UDP,
    payload: bytes = b"from one to the other",
) -> Ipv4Packet:
    return Ipv4Packet(
        source=source, destination=destination, protocol=protocol, payload=payload, ttl=ttl
    )


def frame(to: str, sent: Ipv4Packet) -> bytes:
    """From a host to its PE."""
    return _frame(mac(to, 2), EtherType.IPV4, sent.encode())


def _frame(destination: MacAddress, ethertype: EtherType, payload: bytes) -> bytes:
    ethernet = EthernetFrame(
        destination=destination, source=HOST_MAC, ethertype=ethertype, payload=payload
    )
    return ethernet.encode()


def host_is_known(network: Network, end: End, address: IPv4Address) -> None:
    """A host asks for its gateway, which so learns of the host."""
    message = ArpPacket(
        operation=ArpOperation.REQUEST,
        sender_mac=HOST_MAC,
        sender_address=address,
        target_mac=MacAddress(0),
        target_address=address - 1,
    )
    network.host_sends(end, _frame(BROADCAST, EtherType.ARP, message.encode()))
    network.run(until=network.now + 0.1)


def hosts_are_known(network: Network) -> None:
    """Both; what was sent until now is forgotten."""
    host_is_known(network, AT_HOST1, HOST1)
    host_is_known(network, AT_HOST2, HOST2)
    network.received.clear()
    network.sent.clear()


def seen(
    network: Network, source: IPv4Address, to: IPv4Address
) -> Iterator[tuple[str, LabelStack | None, int]]:
    """The packets from one to the other on the wires: the wire, their labels, and their TTL."""
    for end, octets in network.sent:
        ethernet = EthernetFrame.decode(Reader(octets))
        if end not in _WIRES or ethernet.ethertype == EtherType.ARP:
            continue
        reader = Reader(ethernet.payload)
        labels = LabelStack.decode(reader) if ethernet.ethertype == EtherType.MPLS else None
        inside = Ipv4Packet.decode(reader)
        if (inside.source, inside.destination) == (source, to):
            yield _WIRES[end], labels, inside.ttl


def received(network: Network, end: End) -> list[Ipv4Packet]:
    """The packets that have come to a host."""
    frames = (EthernetFrame.decode(Reader(octets)) for _, octets in network.received.get(end, []))
    return [
        Ipv4Packet.decode(Reader(one.payload)) for one in frames if one.ethertype == EtherType.IPV4
    ]


def stack(label: Label | None, ttl: int) -> LabelStack:
    """A stack of one label, which must be there."""
    assert label is not None
    return LabelStack((LabelStackEntry(label=label, ttl=ttl),))
