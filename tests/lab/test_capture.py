"""Captures are read alike by tshark and by scapy."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap

from controlplane.lab.errors import LabError
from controlplane.lab.judge import capture
from controlplane.lab.judge.carriage import Crossing, LinkCapture
from controlplane.wire.ldp.message import encode_message
from controlplane.wire.ldp.pdu import pack
from tests.wire.ldp_samples import END_OF_LIB, ME

PORT = 5004
"""A port that Wireshark has a dissector for."""

OUTER = (IPv4Address("192.0.2.1"), IPv4Address("232.10.0.1"))

ReadCapture = Callable[[list[Packet]], LinkCapture]


@pytest.fixture(params=["tshark", "scapy"])
def read_packets(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ReadCapture:
    if request.param == "tshark" and not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    monkeypatch.setattr(capture, "judge_name", lambda: request.param)

    def read_them(packets: list[Packet]) -> LinkCapture:
        path = tmp_path / "link.pcap"
        wrpcap(str(path), packets)
        return capture.read_captures({"link": path}, frozenset({PORT}))["link"]

    return read_them


def numbered(stream: int, number: int) -> Packet:
    payload = Raw(struct.pack("!IQ", stream, number) + bytes(20))
    return IP(src="10.1.1.10", dst="232.1.1.1", ttl=9) / UDP(sport=PORT, dport=PORT) / payload


def in_gre(packet: Packet) -> Packet:
    return IP(src=str(OUTER[0]), dst=str(OUTER[1])) / GRE() / packet


def test_numbered_packets_are_found_in_every_form(read_packets: ReadCapture) -> None:
    found = read_packets(
        [
            Ether() / numbered(1, 7),
            Ether() / Dot1Q(vlan=5) / numbered(2, 8),
            Ether() / in_gre(numbered(1, 9)),
            Ether() / Dot1Q(vlan=5) / in_gre(numbered(2, 1 << 40)),
        ]
    )
    assert list(found.crossings) == [
        Crossing(1, 7, None),
        Crossing(2, 8, None, vlan=5),
        Crossing(1, 9, OUTER),
        Crossing(2, 1 << 40, OUTER, vlan=5),
    ]
    assert (found.frames, list(found.malformed)) == (4, [])


def test_a_packet_that_is_quoted_by_icmp_has_not_crossed(read_packets: ReadCapture) -> None:
    error = IP(src="10.1.1.1", dst="10.1.1.10") / ICMP(type=11)
    found = read_packets([Ether() / error / numbered(1, 7)])
    assert list(found.crossings) == []


def test_other_traffic_is_left_alone(read_packets: ReadCapture) -> None:
    short = IP(src="10.1.1.10", dst="232.1.1.1") / UDP(sport=PORT, dport=PORT) / Raw(b"short")
    assert list(read_packets([Ether() / short]).crossings) == []


def test_a_wrong_checksum_is_a_malformed_packet(read_packets: ReadCapture) -> None:
    broken = numbered(1, 7)
    broken[IP].chksum = 1
    found = read_packets([Ether() / numbered(1, 6), Ether() / broken])
    assert len(found.malformed) == 1
    assert found.malformed[0].startswith("frame 2 ")


@pytest.mark.parametrize(("checksum", "malformed"), [(None, 0), (1, 1)])
def test_of_an_end_of_lib_one_error_is_none(
    read_packets: ReadCapture, checksum: int | None, malformed: int
) -> None:
    pdu = Raw(pack(ME, [encode_message(END_OF_LIB, 1)]))
    packet = IP(dst="10.9.0.2", chksum=checksum) / TCP(sport=40_000, dport=646, flags="PA") / pdu
    found = read_packets([Ether() / packet])
    assert len(found.malformed) == malformed


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_what_is_no_capture_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(b"nonsense, and not a capture at all")
    with pytest.raises(LabError, match=r"^mergecap cannot read the captures of link: "):
        capture.read_captures({"link": path}, frozenset())
