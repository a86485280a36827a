"""S-PMSI Joins: RFC 6513 7.4.2.2, RFC 6037 7."""

from __future__ import annotations

import shutil
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from controlplane.net.multicast import SourceGroup
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.s_pmsi import (
    OtherJoin,
    SPmsiJoin,
    datagrams,
    decode_joins,
    encode_joins,
)
from controlplane.wire.udp import UdpDatagram

FLOW = SourceGroup(IPv4Address("10.1.1.10"), IPv4Address("232.1.1.1"))
JOIN = SPmsiJoin(FLOW, IPv4Address("232.10.1.0"))
OCTETS = bytes.fromhex("01 0010 00 0a01010a e8010101 e80a0100")
IPV6 = OtherJoin(4, bytes(37))

addresses = st.integers(0, 2**32 - 1).map(IPv4Address)
joins = st.builds(SPmsiJoin, st.builds(SourceGroup, addresses, addresses), addresses)
others = st.builds(
    OtherJoin, st.integers(0, 255).filter(lambda kind: kind != 1), st.binary(max_size=40)
)


def test_octets_and_join_both_ways() -> None:
    assert JOIN.encode() == OCTETS
    assert decode_joins(Reader(OCTETS)) == (JOIN,)


def test_the_reserved_octet_is_ignored() -> None:
    assert decode_joins(Reader(OCTETS[:3] + b"\xff" + OCTETS[4:])) == (JOIN,)


def test_other_types_are_skipped_by_their_lengths() -> None:
    octets = encode_joins([IPV6, JOIN, OtherJoin(200, b""), JOIN])
    assert decode_joins(Reader(octets)) == (IPV6, JOIN, OtherJoin(200, b""), JOIN)


@given(st.lists(st.one_of(joins, others), min_size=1, max_size=5))
def test_what_is_encoded_is_decoded(values: list[SPmsiJoin | OtherJoin]) -> None:
    assert decode_joins(Reader(encode_joins(values))) == tuple(values)


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"", "1 octets expected"),
        (OCTETS[:2], "2 octets expected"),
        (b"\x01\0\x02", "a TLV of 2 octets"),
        (OCTETS[:-1], "a length of 13 octets, 12 left"),
        (b"\x01\0\x0f" + OCTETS[3:-1], "4 octets expected, 3 left"),
        (b"\x01\0\x11" + OCTETS[3:] + b"\0", "1 octets left over"),
        (OCTETS + b"\0", "2 octets expected"),
        (b"\x04\0\x28" + bytes(30), "a length of 37 octets"),
    ],
)
def test_what_is_no_row_of_tlvs_is_an_error(octets: bytes, what: str) -> None:
    with pytest.raises(DecodeError, match=what):
        decode_joins(Reader(octets))


@pytest.mark.parametrize(("room", "sizes"), [(48, [48, 32]), (47, [32, 32, 16]), (16, [16] * 5)])
def test_datagrams_have_as_many_joins_as_fit(room: int, sizes: list[int]) -> None:
    payloads = list(datagrams([JOIN] * 5, room))
    assert [len(payload) for payload in payloads] == sizes
    assert b"".join(payloads) == OCTETS * 5


def test_nothing_to_say_is_no_datagram() -> None:
    assert list(datagrams([], 1448)) == []


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_tshark_finds_the_tlvs_in_a_sound_datagram_of_udp(tmp_path: Path) -> None:
    """It has no dissector for them, so it judges what is around, and shows their octets."""
    me, everybody = IPv4Address("192.0.2.1"), IPv4Address("224.0.0.13")
    udp = UdpDatagram(source_port=3232, destination_port=3232, payload=encode_joins([JOIN, IPV6]))
    packet = IP(src=str(me), dst=str(everybody), ttl=1, proto=17) / udp.encode(me, everybody)
    capture = tmp_path / "one.pcap"
    wrpcap(str(capture), [Ether(dst="01:00:5e:00:00:0d") / packet])
    fields = ["-e", "udp.dstport", "-e", "udp.payload", "-e", "udp.checksum.status"]
    checked = ["-o", "udp.check_checksum:TRUE", "-d", "udp.port==3232,data"]
    command = ["tshark", "-n", "-r", str(capture), *checked, "-T", "fields", *fields]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    good = "1"
    assert result.stdout.split() == ["3232", encode_joins([JOIN, IPV6]).hex(), good]
    assert bytes(UDP(udp.encode(me, everybody)).payload) == encode_joins([JOIN, IPV6])
