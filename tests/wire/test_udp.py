"""UDP datagrams: RFC 768."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP
from scapy.layers.inet import UDP as SCAPY_UDP

from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.udp import UdpDatagram

SOURCE = IPv4Address("10.0.0.1")
GROUP = IPv4Address("224.0.0.13")
DATAGRAM = UdpDatagram(source_port=3232, destination_port=3232, payload=b"abc")
OCTETS = bytes.fromhex("0ca0 0ca0 000b 3827 616263")


def test_octets_and_datagram_both_ways() -> None:
    assert DATAGRAM.encode(SOURCE, GROUP) == OCTETS
    assert UdpDatagram.decode(Reader(OCTETS), SOURCE, GROUP) == DATAGRAM


def test_a_checksum_of_zero_means_that_there_is_none() -> None:
    assert (
        UdpDatagram.decode(Reader(OCTETS[:6] + bytes(2) + b"xyz"), SOURCE, GROUP).payload == b"xyz"
    )


def test_a_computed_checksum_of_zero_is_sent_as_all_ones() -> None:
    sum_so_far = int.from_bytes(
        UdpDatagram(source_port=1, destination_port=2, payload=bytes(2)).encode(SOURCE, GROUP)[6:8],
        "big",
    )
    datagram = UdpDatagram(source_port=1, destination_port=2, payload=sum_so_far.to_bytes(2, "big"))
    octets = datagram.encode(SOURCE, GROUP)
    assert octets[6:8] == b"\xff\xff"
    assert UdpDatagram.decode(Reader(octets), SOURCE, GROUP) == datagram


def test_octets_behind_the_length_are_skipped() -> None:
    assert UdpDatagram.decode(Reader(OCTETS + b"more"), SOURCE, GROUP) == DATAGRAM


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (OCTETS[:7], "8 octets expected, 7 left"),
        (OCTETS[:4] + b"\0\x07" + OCTETS[6:], "a UDP length of 7 octets"),
        (OCTETS[:-1], "3 octets expected, 2 left"),
        (OCTETS[:-1] + b"d", "wrong UDP checksum"),
    ],
)
def test_a_short_or_damaged_datagram_is_an_error(octets: bytes, what: str) -> None:
    with pytest.raises(DecodeError, match=what):
        UdpDatagram.decode(Reader(octets), SOURCE, GROUP)


def test_the_checksum_covers_the_addresses() -> None:
    with pytest.raises(DecodeError, match="wrong UDP checksum"):
        UdpDatagram.decode(Reader(OCTETS), SOURCE, IPv4Address("224.0.0.14"))


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=20))
def test_scapy_writes_the_same(source_port: int, destination_port: int, payload: bytes) -> None:
    ours = UdpDatagram(
        source_port=source_port, destination_port=destination_port, payload=payload
    ).encode(SOURCE, GROUP)
    header = IP(src=str(SOURCE), dst=str(GROUP))
    theirs = header / SCAPY_UDP(sport=source_port, dport=destination_port) / payload
    assert ours == bytes(theirs)[20:]
