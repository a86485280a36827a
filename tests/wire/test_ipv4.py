"""IPv4 packets: RFC 791."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader

PLAIN = Ipv4Packet(
    source=IPv4Address("192.168.0.1"),
    destination=IPv4Address("192.168.0.199"),
    protocol=IpProtocol.UDP,
    payload=bytes(95),
)
WITH_ALERT = Ipv4Packet(
    source=IPv4Address("10.1.1.1"),
    destination=IPv4Address("224.0.0.1"),
    protocol=IpProtocol.IGMP,
    payload=b"\x11\x64\xee\x9b\0\0\0\0",
    ttl=1,
    tos=0xC0,
    options=ROUTER_ALERT,
)
FRAGMENT = Ipv4Packet(
    source=IPv4Address("10.1.1.1"),
    destination=IPv4Address("10.2.2.2"),
    protocol=IpProtocol.ICMP,
    payload=b"tail",
    identification=0xBEEF,
    more_fragments=True,
    fragment_offset=1480,
)

VECTORS = [
    pytest.param("4500 0073 0000 0000 4011 f861 c0a80001 c0a800c7" + 95 * "00", PLAIN, id="plain"),
    pytest.param(
        "46c0 0020 0000 0000 0102 3915 0a010101 e0000001 94040000 1164ee9b00000000",
        WITH_ALERT,
        id="router alert",
    ),
    pytest.param(
        "4500 0018 beef 20b9 4001 8437 0a010101 0a020202 7461696c", FRAGMENT, id="fragment"
    ),
    pytest.param(
        "4500 0014 0000 4000 4032 23b3 0a010101 0a020202",
        Ipv4Packet(
            source=IPv4Address("10.1.1.1"),
            destination=IPv4Address("10.2.2.2"),
            protocol=50,
            payload=b"",
            dont_fragment=True,
        ),
        id="empty, of a protocol that has no name here",
    ),
]


@pytest.mark.parametrize(("octets", "packet"), VECTORS)
def test_octets_and_packet_both_ways(octets: str, packet: Ipv4Packet) -> None:
    assert packet.encode().hex() == octets.replace(" ", "")
    assert Ipv4Packet.decode(Reader(bytes.fromhex(octets))) == packet


def test_padding_of_the_link_is_cut_off() -> None:
    assert Ipv4Packet.decode(Reader(FRAGMENT.encode() + bytes(22))) == FRAGMENT


def _with(octets: bytes, at: int, value: int) -> bytes:
    """Octets with one changed, under a header checksum that is right again."""
    changed = bytearray(octets)
    changed[at] = value
    length = min(len(changed), (changed[0] & 0x0F) * 4)
    changed[10:12] = bytes(2)
    changed[10:12] = internet_checksum(bytes(changed[:length])).to_bytes(2, "big")
    return bytes(changed)


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"", "1 octets expected, 0 left"),
        (_with(FRAGMENT.encode(), 0, 0x65), "IP version 6"),
        (_with(FRAGMENT.encode(), 0, 0x44), "an IPv4 header of 16 octets"),
        (_with(FRAGMENT.encode(), 0, 0x4F), "59 octets expected, 23 left"),
        (_with(FRAGMENT.encode(), 3, 19), "a total length of 19 octets, less than the header's"),
        (_with(FRAGMENT.encode(), 3, 25), "5 octets expected, 4 left"),
        (FRAGMENT.encode()[:8] + b"\x41" + FRAGMENT.encode()[9:], "wrong IPv4 header checksum"),
    ],
)
def test_a_header_that_contradicts_itself_is_an_error(octets: bytes, what: str) -> None:
    with pytest.raises(DecodeError, match=what):
        Ipv4Packet.decode(Reader(octets))


PACKETS = st.builds(
    Ipv4Packet,
    source=st.ip_addresses(v=4),
    destination=st.ip_addresses(v=4),
    protocol=st.integers(0, 255),
    payload=st.binary(max_size=40),
    ttl=st.integers(0, 255),
    tos=st.integers(0, 255),
    identification=st.integers(0, 0xFFFF),
    dont_fragment=st.booleans(),
    more_fragments=st.booleans(),
    fragment_offset=st.integers(0, 0x1FFF).map(lambda units: units * 8),
    options=st.integers(0, 10).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n)),
)


@given(PACKETS)
def test_every_packet_survives_the_wire(packet: Ipv4Packet) -> None:
    assert Ipv4Packet.decode(Reader(packet.encode())) == packet


@given(PACKETS)
def test_scapy_reads_the_same(packet: Ipv4Packet) -> None:
    seen = IP(replace(packet, options=b"").encode())
    assert (seen.src, seen.dst) == (str(packet.source), str(packet.destination))
    assert (seen.ttl, seen.tos, seen.id) == (packet.ttl, packet.tos, packet.identification)
    assert (seen.proto, seen.frag * 8) == (packet.protocol, packet.fragment_offset)
    assert (seen.flags.DF, seen.flags.MF) == (packet.dont_fragment, packet.more_fragments)
