"""GRE: RFC 2784."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP
from scapy.layers.l2 import GRE

from controlplane.wire.ethernet import EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.reader import DecodeError, Reader

PACKET = GrePacket(protocol_type=EtherType.IPV4, payload=b"\x45\0")


def test_octets_and_packet_both_ways() -> None:
    assert PACKET.encode() == bytes.fromhex("0000 0800 4500")
    assert GrePacket.decode(Reader(PACKET.encode())) == PACKET


def test_a_checksum_is_verified_and_taken_off() -> None:
    assert GrePacket.decode(Reader(bytes.fromhex("8000 0800 32ff 0000 4500"))) == PACKET


def test_the_reserved_bits_6_to_12_are_ignored() -> None:
    assert GrePacket.decode(Reader(bytes.fromhex("03f8 0800 4500"))) == PACKET


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        ("0000 08", "2 octets expected"),
        ("4000 0800 4500", "a key, a sequence number or routing"),
        ("2000 0800 00000001", "a key, a sequence number or routing"),
        ("1000 0800 00000001", "a key, a sequence number or routing"),
        ("0400 0800 4500", "a key, a sequence number or routing"),
        ("0001 880b 4500", "GRE version 1"),
        ("8000 0800 32fe 0000 4500", "wrong GRE checksum"),
        ("8000 0800 32", "4 octets expected"),
    ],
)
def test_what_rfc_2784_does_not_have_is_an_error(octets: str, what: str) -> None:
    with pytest.raises(DecodeError, match=what):
        GrePacket.decode(Reader(bytes.fromhex(octets)))


def test_scapy_writes_the_same() -> None:
    inner = bytes(IP(src="10.1.1.10", dst="232.1.1.1"))
    ours = GrePacket(protocol_type=EtherType.IPV4, payload=inner)
    theirs = bytes(GRE(proto=0x0800) / IP(inner))
    assert ours.encode() == theirs
    assert GrePacket.decode(Reader(theirs)) == ours
