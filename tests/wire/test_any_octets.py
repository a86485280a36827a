"""Decoders survive every byte string: they return a message or raise DecodeError, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.wire import icmp, igmp
from controlplane.wire.arp import ArpPacket
from controlplane.wire.bfd import ControlPacket
from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ethernet import EthernetFrame
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.s_pmsi import decode_joins
from controlplane.wire.udp import UdpDatagram

ANY = IPv4Address(0)


def decode_udp(reader: Reader) -> UdpDatagram:
    return UdpDatagram.decode(reader, ANY, ANY)


def survives(decode: Callable[[Reader], object], octets: bytes) -> None:
    reader = Reader(octets)
    try:
        assert decode(reader) is not None
    except DecodeError as error:
        assert 0 <= error.offset <= len(octets)
    else:
        assert reader.remaining == 0


@pytest.mark.parametrize(
    "decode",
    [
        EthernetFrame.decode,
        Ipv4Packet.decode,
        ArpPacket.decode,
        GrePacket.decode,
        decode_udp,
        ControlPacket.decode,
        icmp.decode,
        igmp.decode,
        decode_joins,
    ],
)
@given(octets=st.binary(max_size=80))
def test_any_octets_are_a_message_or_a_decode_error(
    decode: Callable[[Reader], object], octets: bytes
) -> None:
    survives(decode, octets)


def summed(octets: bytes, at: int, covered: int) -> bytes:
    """Octets whose checksum, at a place and over so many of them, is right."""
    changed = bytearray(octets)
    changed[at : at + 2] = bytes(2)
    changed[at : at + 2] = internet_checksum(bytes(changed[:covered])).to_bytes(2, "big")
    return bytes(changed)


@given(
    kind=st.sampled_from([*igmp.IgmpType, 0x13]),
    count=st.sampled_from([0, 1, 2, 0xFFFF]),
    rest=st.binary(min_size=2, max_size=60),
)
def test_any_igmp_message_with_a_right_checksum_survives(
    kind: int, count: int, rest: bytes
) -> None:
    octets = bytes((kind, 0, 0, 0)) + rest[:2] + count.to_bytes(2, "big") + rest[2:]
    survives(igmp.decode, summed(octets, 2, len(octets)))


@given(st.binary(min_size=8, max_size=60))
def test_any_icmp_message_with_a_right_checksum_survives(octets: bytes) -> None:
    survives(icmp.decode, summed(octets, 2, len(octets)))


@given(words=st.integers(0, 15), octets=st.binary(min_size=60, max_size=90))
def test_any_ipv4_header_with_a_right_checksum_survives(words: int, octets: bytes) -> None:
    header = bytes((4 << 4 | words,)) + octets[1:]
    survives(Ipv4Packet.decode, summed(header, 10, max(words, 5) * 4))
