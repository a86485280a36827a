"""Processes that take part in a measurement: run for a while, and what they use."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final

EMPTY: Final[Mapping[str, str]] = MappingProxyType({})


@contextmanager
def running(
    command: Sequence[str], standard_input: bytes = b"", environment: Mapping[str, str] = EMPTY
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the end of the block."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    assert process.stdin is not None
    process.stdin.write(standard_input)
    process.stdin.close()
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep all threads that this process has now on one core, until the end of the block.

    Python runs one of them at a time. When each wakes the next for every message, as grpcio's do,
    to wake one on another core that has gone to sleep takes most of the time.
    """
    cores = os.sched_getaffinity(0)
    _place({max(cores)})
    try:
        yield
    finally:
        _place(cores)


def _place(cores: set[int]) -> None:
    for task in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # it has ended
            os.sched_setaffinity(int(task.name), cores)


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads (proc(5): fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def thread_seconds(pid: int, name: str) -> float:
    """Time on a processor of a thread, by its name (schedstat: in nanoseconds)."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int((task / "schedstat").read_text().split()[0]) / 1e9
    raise LookupError(f"process {pid} has no thread {name}")


def resident_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
