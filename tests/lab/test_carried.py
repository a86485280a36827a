"""The verdict on what links carried, and on what they should not have."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap

from controlplane.lab.judge import capture
from controlplane.lab.judge.carriage import LinkCapture
from controlplane.lab.load import Lab
from controlplane.lab.run import Run
from controlplane.lab.verdict import Row
from tests.lab.fake_world import FakeWorld

LoadText = Callable[[str], Lab]

STREAM = "start: []\nstreams:\n  tv: {from: src, to: 232.1.1.1, rate: 10, count: 2}\n"
LINKS = ("pe1-p1", "p1-pe2", "lan1")


def numbered(number: int) -> Packet:
    payload = Raw(struct.pack("!IQ", 1, number) + bytes(20))
    return Ether() / IP(src="10.0.1.11", dst="232.1.1.1") / UDP(sport=5000, dport=5000) / payload


class Captured(FakeWorld):
    """Links carried the packets with these numbers."""

    def __init__(self, folder: Path, carried: Mapping[str, range]) -> None:
        super().__init__(lambda *_: [])
        self._paths = {link: folder / f"{link}.pcap" for link in LINKS}
        for link, path in self._paths.items():
            wrpcap(str(path), [numbered(number) for number in carried.get(link, ())])

    def captures(self) -> dict[str, Path]:
        return self._paths


def first_row(lab: Lab, world: FakeWorld) -> Row:
    return Run(lab, world, "fake", lambda text: None).play().rows[0]


@pytest.mark.parametrize(
    ("elsewhere", "seen"),
    [
        ({}, "2 packets, one copy a link, none on other core links, by scapy"),
        (
            {"pe1-p1": range(2), "p1-pe2": range(1, 2)},
            "unexpected on p1-pe2: 1, the first is 1; unexpected on pe1-p1: 2, the first is 0",
        ),
    ],
)
def test_packets_where_none_should_be_are_told_with_their_link(
    load_text: LoadText,
    small: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: Mapping[str, range],
    seen: str,
) -> None:
    monkeypatch.setattr(capture, "judge_name", lambda: "scapy")
    monkeypatch.setattr("controlplane.lab.judge.traffic.judge_name", lambda: "scapy")
    lab = load_text(small + STREAM + "expect: [{carried: tv, links: lan1}]\n")
    row = first_row(lab, Captured(tmp_path, {"lan1": range(2), **elsewhere}))
    assert (row.ok, row.seen) == (not elsewhere, seen)


@pytest.mark.parametrize(
    ("malformed", "seen"),
    [
        (["frame 2 (eth:ip)"], "lan1: 1, the first is frame 2 (eth:ip)"),
        (["frame 2 (eth:ip)", "frame 3 (eth)"], "lan1: 2, the first is frame 2 (eth:ip)"),
    ],
)
def test_malformed_frames_are_counted_for_each_link(
    load_text: LoadText,
    small: str,
    monkeypatch: pytest.MonkeyPatch,
    malformed: list[str],
    seen: str,
) -> None:
    captures = {"lan1": LinkCapture([], 3, malformed), "lan2": LinkCapture([], 3, [])}
    monkeypatch.setattr("controlplane.lab.judge.traffic.read_captures", lambda *_: captures)
    row = first_row(load_text(small + "start: []\n"), FakeWorld(lambda *_: []))
    assert (row.ok, row.seen) == (False, seen)
