"""ARP packets: RFC 826."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from scapy.layers.l2 import ARP

from controlplane.net.mac import MacAddress
from controlplane.wire.arp import ArpOperation, ArpPacket
from controlplane.wire.reader import DecodeError, Reader

REQUEST = ArpPacket(
    operation=ArpOperation.REQUEST,
    sender_mac=MacAddress.parse("02:00:00:00:00:01"),
    sender_address=IPv4Address("10.1.1.1"),
    target_mac=MacAddress(0),
    target_address=IPv4Address("10.1.1.2"),
)
REPLY = ArpPacket(
    operation=ArpOperation.REPLY,
    sender_mac=MacAddress.parse("02:00:00:00:00:02"),
    sender_address=IPv4Address("10.1.1.2"),
    target_mac=MacAddress.parse("02:00:00:00:00:01"),
    target_address=IPv4Address("10.1.1.1"),
)
VECTORS = [
    ("0001 0800 0604 0001 020000000001 0a010101 000000000000 0a010102", REQUEST),
    ("0001 0800 0604 0002 020000000002 0a010102 020000000001 0a010101", REPLY),
]


@pytest.mark.parametrize(("octets", "packet"), VECTORS)
def test_octets_and_packet_both_ways(octets: str, packet: ArpPacket) -> None:
    assert packet.encode() == bytes.fromhex(octets)
    assert ArpPacket.decode(Reader(bytes.fromhex(octets))) == packet


def test_padding_of_the_link_is_skipped() -> None:
    assert ArpPacket.decode(Reader(REPLY.encode() + bytes(18))) == REPLY


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        ("0001 0800 06", "6 octets expected, 5 left"),
        ("0006 0800 0604 0001", "not ARP of IPv4 over Ethernet"),
        ("0001 86dd 0610 0001", "not ARP of IPv4 over Ethernet"),
        ("0001 0800 0604 0003", "ARP operation 3"),
        ("0001 0800 0604 0001 020000000001 0a010101 000000000000 0a0101", "4 octets expected"),
    ],
)
def test_what_is_no_arp_of_ours_is_an_error(octets: str, what: str) -> None:
    with pytest.raises(DecodeError, match=what):
        ArpPacket.decode(Reader(bytes.fromhex(octets)))


@pytest.mark.parametrize("packet", [REQUEST, REPLY])
def test_scapy_writes_the_same(packet: ArpPacket) -> None:
    theirs = ARP(
        op=packet.operation.value,
        hwsrc=str(packet.sender_mac),
        psrc=str(packet.sender_address),
        hwdst=str(packet.target_mac),
        pdst=str(packet.target_address),
    )
    assert packet.encode() == bytes(theirs)
