"""Fragments of IPv4 packets: RFC 791 3.2, with scapy to put them together again."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, defragment
from scapy.plist import PacketList

from controlplane.wire.fragments import fragments
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet

ROOMS = st.integers(28, 1600)


def packet(octets: int, **fields: int | bool) -> Ipv4Packet:
    """A packet of this length, none of whose octets are in the wrong place unnoticed."""
    payload = bytes((at * 7 + at // 256) % 256 for at in range(octets - 20))
    source, group = IPv4Address("10.1.0.1"), IPv4Address("239.1.1.1")
    whole = Ipv4Packet(
        source=source,
        destination=group,
        protocol=IpProtocol.UDP,
        payload=payload,
        identification=4711,
        ttl=9,
        tos=0xB8,
    )
    for name, value in fields.items():
        object.__setattr__(whole, name, value)
    return whole


def together(pieces: list[Ipv4Packet]) -> bytes:
    """What scapy makes of them: one packet, without its header."""
    packets = PacketList([IP(piece.encode()) for piece in pieces])
    (whole,) = defragment(packets)  # type: ignore[no-untyped-call]
    return bytes(whole.payload)


@given(st.integers(20, 9000), ROOMS)
def test_the_pieces_fit_and_make_up_the_packet(octets: int, room: int) -> None:
    whole = packet(octets)
    pieces = fragments(whole, room)
    assert max(piece.length for piece in pieces) <= room
    assert together(pieces) == whole.payload


@given(st.integers(500, 3000), st.integers(100, 400), st.integers(28, 100))
def test_pieces_can_be_cut_again(octets: int, room: int, narrower: int) -> None:
    whole = packet(octets)
    pieces = [one for piece in fragments(whole, room) for one in fragments(piece, narrower)]
    assert max(piece.length for piece in pieces) <= narrower
    assert together(pieces) == whole.payload


@pytest.mark.parametrize("room", [1500, 1501, 9000])
def test_what_fits_stays_whole(room: int) -> None:
    assert fragments(packet(1500), room) == [packet(1500)]


def test_pieces_are_as_long_as_units_of_eight_octets_allow() -> None:
    lengths = [
        (p.length, p.fragment_offset, p.more_fragments) for p in fragments(packet(3000), 1499)
    ]
    assert lengths == [(1492, 0, True), (1492, 1472, True), (56, 2944, False)]


def test_all_pieces_have_the_header_of_the_packet() -> None:
    heads = {(p.source, p.destination, p.identification, p.ttl, p.tos, p.protocol)
             for p in fragments(packet(3000), 1500)}  # fmt: skip
    whole = packet(3000)
    assert heads == {
        (whole.source, whole.destination, 4711, 9, 0xB8, IpProtocol.UDP),
    }
