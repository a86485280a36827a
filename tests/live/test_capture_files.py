"""Counting the frames of a pcap file that is still being written."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from controlplane.lab.testbed.capture import count_frames


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Three frames of different lengths."""
    path = tmp_path / "link.pcap"
    wrpcap(str(path), [Ether() / bytes(length) for length in (1, 100, 1500)])
    return path


def test_every_frame_of_a_whole_file_counts(capture: Path) -> None:
    assert count_frames(capture) == 3


@pytest.mark.parametrize(("missing", "frames"), [(1, 2), (1514 + 15, 2), (1514 + 16, 2), (1531, 1)])
def test_a_frame_that_is_not_all_there_does_not_count(
    capture: Path, missing: int, frames: int
) -> None:
    capture.write_bytes(capture.read_bytes()[:-missing])
    assert count_frames(capture) == frames


@pytest.mark.parametrize("size", [0, 10, 24])
def test_a_file_without_frames_has_none(capture: Path, size: int) -> None:
    capture.write_bytes(capture.read_bytes()[:size])
    assert count_frames(capture) == 0
