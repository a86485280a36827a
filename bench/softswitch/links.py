"""Links to and from a switch: veth pairs, `sw<n>` at the switch and `h<n>` at the far end."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.softswitch.processes import cpu_seconds, running, thread_seconds
from softswitch.build import compiler

INPUT = 1
OUTPUTS = tuple(range(2, 18))
STORM = OUTPUTS[-1]
"""What few copies leave on can be filled from the far end."""
PACKET_THREAD = "packets"
SETTLE, MEASURE = 0.3, 1.0  # seconds


class Rate(NamedTuple):
    """Frames out, by the clock and by the processor time that the forwarder got."""

    a_second: float
    a_cpu_second: float


class Flow(NamedTuple):
    """A stream of a given rate: what part of its copies was lost, and the packet thread's CPU."""

    lost: float
    cpu_seconds: float


class Links:
    """One link in, sixteen out, and a tool that sends and copies as fast as the kernel lets it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tool = folder / "wire_speed"
        source = Path(__file__).with_name("wire_speed.c")
        subprocess.run([compiler(), "-O2", "-o", str(self._tool), str(source)], check=True)
        for number in (INPUT, *OUTPUTS):
            _make_link(number)

    @contextmanager
    def sending(self, frame: bytes, link: int = INPUT, rate: int = 0) -> Iterator[None]:
        """Send one frame on a link so many times a second, or as often as it can."""
        with running([str(self._tool), "send", f"h{link}", str(rate)], frame):
            yield

    @contextmanager
    def copying(self, outputs: int) -> Iterator[int]:
        """The bare loop; its process."""
        names = [f"sw{number}" for number in OUTPUTS[:outputs]]
        with running([str(self._tool), "copy", f"sw{INPUT}", *names]) as process:
            yield process.pid

    def measure(self, frame: bytes, forwarder: int) -> Rate:
        """What leaves while the link in is full; `forwarder` is the process in between."""
        with self.sending(frame):
            time.sleep(SETTLE)
            frames, used, started = received_frames(), cpu_seconds(forwarder), time.perf_counter()
            time.sleep(MEASURE)
            frames, used = received_frames() - frames, cpu_seconds(forwarder) - used
            return Rate(frames / (time.perf_counter() - started), frames / used)

    def flow(self, frame: bytes, rate: int, copies: int, switch: int) -> Flow:
        """Send a frame at a rate, behind the last copies of what was sent before."""
        time.sleep(SETTLE)
        sent, received, used = _sent(), received_frames(), thread_seconds(switch, PACKET_THREAD)
        with self.sending(frame, rate=rate):
            time.sleep(MEASURE)
        time.sleep(SETTLE)
        expected = (_sent() - sent) * copies
        used = thread_seconds(switch, PACKET_THREAD) - used
        return Flow(1 - (received_frames() - received) / expected, used)


def ports() -> Sequence[str]:
    """A switch's options for all links."""
    return [word for number in (INPUT, *OUTPUTS) for word in ("-i", f"{number}@sw{number}")]


def received_frames() -> int:
    """Frames that have arrived at the far ends of the links out."""
    return _counted({f"h{number}" for number in OUTPUTS}, 1)


def _sent() -> int:
    """Frames that the sender has put on the link in."""
    return _counted({f"h{INPUT}"}, 9)


def _counted(names: set[str], column: int) -> int:
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    interfaces = (line.split(":") for line in lines)
    return sum(int(values.split()[column]) for name, values in interfaces if name.strip() in names)


def _make_link(number: int) -> None:
    ends = (f"sw{number}", f"h{number}")
    subprocess.run(["ip", "link", "add", ends[0], "type", "veth", "peer", ends[1]], check=True)
    for end in ends:
        Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
        subprocess.run(["ip", "link", "set", end, "up", "arp", "off"], check=True)
