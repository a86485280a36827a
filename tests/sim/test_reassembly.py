"""Hosts of the simulator put fragments together: RFC 791 3.2."""

from __future__ import annotations

from ipaddress import IPv4Address
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.sim.reassembly import MOST_PACKETS, Reassembly
from controlplane.wire.fragments import fragments
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet


def packet(number: int, octets: int = 1000) -> Ipv4Packet:
    return Ipv4Packet(
        source=IPv4Address("10.1.0.1"),
        destination=IPv4Address("239.1.1.1"),
        protocol=IpProtocol.UDP,
        payload=bytes((number + at) % 256 for at in range(octets)),
        identification=number,
    )


@given(st.lists(st.integers(0, 5), unique=True, min_size=1), st.randoms(use_true_random=False))
def test_pieces_in_any_order_make_up_their_packets(numbers: list[int], order: Random) -> None:
    pieces = [piece for number in numbers for piece in fragments(packet(number), 300)]
    order.shuffle(pieces)
    reassembly = Reassembly()
    whole = [done for piece in pieces if (done := reassembly.take(piece)) is not None]
    assert sorted(one.identification for one in whole) == sorted(numbers)
    assert all(one == packet(one.identification) for one in whole)


def test_a_whole_packet_passes() -> None:
    assert Reassembly().take(packet(1)) == packet(1)


def test_a_piece_may_come_twice() -> None:
    first, *others = fragments(packet(1), 400)
    reassembly = Reassembly()
    results = [reassembly.take(piece) for piece in (first, first, *others)]
    assert results == [None] * (len(others) + 1) + [packet(1)]


@pytest.mark.parametrize(("between", "whole"), [(MOST_PACKETS - 1, True), (MOST_PACKETS, False)])
def test_the_oldest_packet_goes_when_there_are_too_many(between: int, whole: bool) -> None:
    reassembly = Reassembly()
    first, last = fragments(packet(0), 600)
    reassembly.take(first)
    for number in range(1, between + 1):
        reassembly.take(fragments(packet(number), 600)[0])
    assert (reassembly.take(last) is not None) is whole


def test_an_empty_piece_leads_nowhere() -> None:
    first, second, _ = fragments(packet(1), 400)
    hole = Ipv4Packet(
        source=first.source,
        destination=first.destination,
        protocol=first.protocol,
        payload=b"",
        identification=1,
        more_fragments=True,
        fragment_offset=second.fragment_offset,
    )
    reassembly = Reassembly()
    assert [reassembly.take(piece) for piece in (first, hole)] == [None, None]
