"""Captures: one dumpcap a link, on one of its ends, with every frame that passed.

A capture is running once dumpcap has named its file. It is complete when the file holds as many
frames as the interface has counted since: frames wait in the kernel's ring for up to a quarter of
a second, and a dumpcap that is stopped meanwhile loses them.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controlplane.engine.time import Duration
from controlplane.lab.errors import LabError
from controlplane.lab.testbed.namespace import inside
from controlplane.lab.testbed.processes import Child, Processes, end_all, require_alive
from controlplane.lab.testbed.rights import require_program

_RING_MEBIBYTES: Final = 16
_POLL: Final[Duration] = 0.05
_START_LIMIT: Final[Duration] = 20.0
_FLUSH_LIMIT: Final[Duration] = 20.0

# pcap-savefile(5): the file's header, and where in a packet's header its captured length stands.
_FILE_HEADER: Final = 24
_PACKET_HEADER: Final = struct.Struct("=III4x")


@dataclass(frozen=True, slots=True)
class Tap:
    """Where a link is captured: an interface in the namespace of a process."""

    link: str
    namespace: int
    interface: str


@dataclass(frozen=True, slots=True)
class Capture:
    """`counted` is what the interface had counted when dumpcap was running."""

    tap: Tap
    path: Path
    child: Child
    counted: int

    def missing(self, count: int) -> bool:
        """True while frames that the interface has counted are not in the file."""
        return count_frames(self.path) < count - self.counted


class Captures:
    """The captures of one run, into one folder; started before anything sends."""

    def __init__(self, taps: Sequence[Tap], folder: Path, processes: Processes) -> None:
        if taps:
            require_program("dumpcap", "captures need Debian's tshark")
        folder.mkdir(parents=True, exist_ok=True)
        children = [_dumpcap(tap, folder, processes) for tap in taps]
        _wait_until_running(children)
        self._captures = [
            Capture(tap, _file(folder, tap), child, _count(tap))
            for tap, child in zip(taps, children, strict=True)
        ]
        self._running = list(self._captures)

    def finish(self) -> dict[str, Path]:
        """Stop capturing when everything so far is in the files; returns them by link."""
        running, self._running = self._running, []
        require_alive(capture.child for capture in running)
        counts = [_count(capture.tap) for capture in running]
        deadline = time.monotonic() + _FLUSH_LIMIT
        while any(map(Capture.missing, running, counts)):
            if time.monotonic() > deadline:
                raise LabError("captures lack frames: dumpcap cannot keep up, or the disk is full")
            time.sleep(_POLL)
        end_all([capture.child for capture in running])
        return {capture.tap.link: capture.path for capture in self._captures}


def count_frames(path: Path) -> int:
    """How many whole frames a pcap file holds by now."""
    data = path.read_bytes()
    frames, at = 0, _FILE_HEADER
    while at + _PACKET_HEADER.size <= len(data):
        at += _PACKET_HEADER.size + _PACKET_HEADER.unpack_from(data, at)[2]
        frames += at <= len(data)
    return frames


def _dumpcap(tap: Tap, folder: Path, processes: Processes) -> Child:
    ring, path = str(_RING_MEBIBYTES), str(_file(folder, tap))
    command = ["dumpcap", "-q", "-P", "-B", ring, "-i", tap.interface, "-w", path]
    return processes.start(f"capture-{tap.link}", command, namespace=tap.namespace)


def _file(folder: Path, tap: Tap) -> Path:
    return folder / f"{tap.link}.pcap"


def _wait_until_running(children: Sequence[Child]) -> None:
    deadline = time.monotonic() + _START_LIMIT
    while not all(child.has_said("File: ") for child in children):
        require_alive(children)
        if time.monotonic() > deadline:
            raise LabError("dumpcap does not start to capture")
        time.sleep(_POLL)


def _count(tap: Tap) -> int:
    """Frames that a capture on the interface sees, also those that a peer being down drops."""
    fields = inside(tap.namespace, lambda: _counters(tap.interface))
    received, sent, dropped_on_send = fields[1], fields[9], fields[11]  # proc(5), net/dev
    return received + sent + dropped_on_send


def _counters(interface: str) -> list[int]:
    for line in Path("/proc/thread-self/net/dev").read_text().splitlines():
        name, _, counters = line.partition(":")
        if name.strip() == interface:
            return [int(counter) for counter in counters.split()]
    raise LabError(f"captured interface {interface} is gone")
