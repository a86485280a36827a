"""TCP segments: RFC 9293 3.1, and their signatures: RFC 2385."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP
from scapy.layers.inet import TCP as SCAPY_TCP
from scapy.utils import wrpcap

from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.tcp import TcpFlag, TcpSegment

SOURCE, DESTINATION = IPv4Address("10.255.0.1"), IPv4Address("10.255.0.2")
KEY = b"abc"

# Sent by Linux 6.18 with the key "abc" from SOURCE to DESTINATION: a second opinion on RFC 2385.
LINUX_SYN = bytes.fromhex(
    "91ff0286f6271a9400000000d002a5645b460000"
    "01011312946f7724be1a8c76eb6e4e39f53cc9f0020405b40101040201030309"
)

SYN = TcpSegment(
    source_port=50000,
    destination_port=646,
    sequence=0xFFFFFFFF,
    flags=TcpFlag.SYN,
    window=65535,
    mss=1460,
)
DATA = TcpSegment(
    source_port=646,
    destination_port=50000,
    sequence=1,
    acknowledgment=2,
    flags=TcpFlag.ACK | TcpFlag.PSH,
    window=1000,
    payload=b"hello",
)


def decode(octets: bytes) -> TcpSegment:
    return TcpSegment.decode(Reader(octets), SOURCE, DESTINATION)


@pytest.mark.parametrize("segment", [SYN, DATA])
def test_what_is_encoded_is_decoded(segment: TcpSegment) -> None:
    assert decode(segment.encode(SOURCE, DESTINATION)) == segment


@pytest.mark.parametrize("segment", [SYN, DATA])
def test_scapy_makes_the_same_octets(segment: TcpSegment) -> None:
    options = [("MSS", segment.mss)] if segment.mss else []
    of_scapy = IP(src=str(SOURCE), dst=str(DESTINATION)) / SCAPY_TCP(
        sport=segment.source_port,
        dport=segment.destination_port,
        seq=segment.sequence,
        ack=segment.acknowledgment,
        flags=int(segment.flags),
        window=segment.window,
        options=options,
    )
    assert segment.encode(SOURCE, DESTINATION) == bytes(of_scapy / segment.payload)[20:]


@pytest.mark.parametrize(("segment", "length"), [(SYN, 1), (DATA, 5)])
def test_syn_and_fin_take_a_sequence_number_each(segment: TcpSegment, length: int) -> None:
    assert segment.length == length
    assert replace(segment, flags=segment.flags | TcpFlag.FIN).length == length + 1


class TestSignature:
    """RFC 2385 2.0."""

    def test_that_of_linux_is_right_under_its_key_alone(self) -> None:
        segment = decode(LINUX_SYN)
        assert segment.is_signed_with(LINUX_SYN, SOURCE, DESTINATION, KEY)
        assert not segment.is_signed_with(LINUX_SYN, SOURCE, DESTINATION, b"abd")

    @pytest.mark.parametrize("segment", [SYN, DATA])
    def test_ours_is_right_under_our_key_alone(self, segment: TcpSegment) -> None:
        octets = segment.encode(SOURCE, DESTINATION, KEY)
        received = decode(octets)
        assert received.is_signed_with(octets, SOURCE, DESTINATION, KEY)
        assert not received.is_signed_with(octets, SOURCE, DESTINATION, b"")
        assert not received.is_signed_with(octets, DESTINATION, DESTINATION, KEY)
        assert replace(received, signature=None) == segment

    def test_a_segment_without_one_is_signed_with_no_key(self) -> None:
        octets = DATA.encode(SOURCE, DESTINATION)
        assert not decode(octets).is_signed_with(octets, SOURCE, DESTINATION, b"")


OCTETS = SYN.encode(SOURCE, DESTINATION)


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (OCTETS[:19], "20 octets expected, 19 left"),
        (OCTETS[:12] + b"\x40" + OCTETS[13:], "a TCP header of 16 octets"),
        (OCTETS[:12] + b"\x70" + OCTETS[13:], "8 octets expected, 4 left"),
        (OCTETS[:-1] + b"\0", "wrong TCP checksum"),
    ],
)
def test_a_short_or_damaged_segment_is_an_error(octets: bytes, what: str) -> None:
    with pytest.raises(DecodeError, match=what):
        decode(octets)


@given(st.binary(max_size=80))
def test_any_octets_are_a_segment_or_a_decode_error(octets: bytes) -> None:
    try:
        decode(octets)
    except DecodeError as error:
        assert 0 <= error.offset <= len(octets)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not on PATH")
@pytest.mark.parametrize("key", [None, KEY])
def test_tshark_finds_nothing_to_say_against_it(key: bytes | None, tmp_path: Path) -> None:
    capture = tmp_path / "tcp.pcap"
    packet = Ipv4Packet(
        source=SOURCE,
        destination=DESTINATION,
        protocol=IpProtocol.TCP,
        payload=SYN.encode(SOURCE, DESTINATION, key),
    )
    wrpcap(str(capture), [IP(packet.encode())])
    command = ["tshark", "-r", str(capture), "-T", "json", "-o", "tcp.check_checksum:TRUE"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    tcp = json.loads(ran.stdout)[0]["_source"]["layers"]["tcp"]
    assert (tcp["tcp.checksum.status"], tcp["tcp.flags"]) == ("1", "0x0002")
    assert ("tcp.options.md5" in json.dumps(tcp)) == (key is not None)
