"""Whose a running lab is, so that what a killed run left can be told from a running lab.

Each process of a lab carries a mark in its environment: the lab's name, and the id and start time
of the process that runs the lab. A process id is used again sooner or later; together with the
start time it is not, so a marked process whose owner is gone is a leftover and nothing else is.
The lab's folder under /run/mvpn holds the same mark.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from controlplane.lab.errors import LabError

RUN: Final = Path("/run/mvpn")
VARIABLE: Final = "MVPN_LAB"

_PROC: Final = Path("/proc")
_FILE: Final = "owner"
_START_TIME_FIELD: Final = 22  # proc(5), /proc/PID/stat
_LISTENING: Final = (0, errno.EAGAIN, errno.EACCES)
"""connect(2): it is accepted, the listener's queue is full, it is not ours to talk to."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that runs a lab; `started` is its start time in clock ticks since boot."""

    lab: str
    pid: int
    started: int

    @classmethod
    def of_this_process(cls, lab: str) -> Self:
        """This process, as the one that runs a lab."""
        return cls(lab, os.getpid(), _start_time(os.getpid()) or 0)

    @classmethod
    def parse(cls, mark: str) -> Self | None:
        """Read a mark; None when it is none."""
        match mark.rsplit(" ", 2):
            case [lab, pid, started] if pid.isdecimal() and started.isdecimal():
                return cls(lab, int(pid), int(started))
        return None

    @property
    def mark(self) -> str:
        return f"{self.lab} {self.pid} {self.started}"

    @property
    def alive(self) -> bool:
        return _start_time(self.pid) == self.started

    @property
    def folder(self) -> Path:
        """Where the lab's sockets and logs are."""
        return RUN / self.lab


def claim(lab: str) -> Owner:
    """Make the lab's folder for this process; what a killed run of the lab left goes first."""
    owner = Owner.of_this_process(lab)
    with _one_at_a_time():
        running = _owner_in(owner.folder)
        if running is not None and running.alive:
            raise LabError(f"lab {lab} is running already (process {running.pid})")
        _end_processes(lab)
        shutil.rmtree(owner.folder, ignore_errors=True)
        owner.folder.mkdir()
        (owner.folder / _FILE).write_text(owner.mark)
    return owner


def release(owner: Owner) -> None:
    """Remove the lab's folder."""
    shutil.rmtree(owner.folder, ignore_errors=True)


def clean() -> list[str]:
    """Remove what killed runs left, processes and files; returns what was there."""
    if os.geteuid() != 0:
        raise LabError("live labs are root's, and so is what they leave: clean up as root")
    with _one_at_a_time():
        return [*_end_processes(), *_remove_files()]


def _remove_files() -> Iterator[str]:
    """Folders and sockets of labs that nobody runs."""
    for folder in sorted(path for path in RUN.glob("*") if path.is_dir()):
        owner = _owner_in(folder)
        if owner is None or not owner.alive:
            shutil.rmtree(folder, ignore_errors=True)
            yield str(folder)
    for path in sorted(RUN.glob("*.sock")):
        if not accepts(path):
            path.unlink(missing_ok=True)
            yield str(path)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of two that look at the labs and change what is there, the second waits."""
    RUN.mkdir(parents=True, exist_ok=True)
    folder = os.open(RUN, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def accepts(path: Path) -> bool:
    """Whether somebody listens on a Unix socket; never waits for one who does not answer."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        return probe.connect_ex(str(path)) in _LISTENING


def _owner_in(folder: Path) -> Owner | None:
    try:
        return Owner.parse((folder / _FILE).read_text())
    except OSError:
        return None


def _end_processes(lab: str | None = None) -> list[str]:
    """Kill the leftover processes of a lab, or of every lab, and wait until they are gone."""
    orphans = [
        (pid, owner) for pid, owner in _marked() if lab in (None, owner.lab) and not owner.alive
    ]
    for pid, _ in orphans:
        _kill(pid)
    return [f"process {pid} of lab {owner.lab}" for pid, owner in orphans]


def _kill(pid: int) -> None:
    started = _start_time(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    while started is not None and _start_time(pid) == started:
        time.sleep(0.01)


def _marked() -> Iterator[tuple[int, Owner]]:
    """Every process that carries a mark."""
    prefix = f"{VARIABLE}=".encode()
    for folder in _PROC.glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:  # it ended meanwhile, or it is not ours to look at
            continue
        for variable in environment.split(b"\0"):
            if variable.startswith(prefix):
                owner = Owner.parse(variable[len(prefix) :].decode(errors="replace"))
                if owner is not None:
                    yield int(folder.name), owner


def _start_time(pid: int) -> int | None:
    """None when there is no such process, or only its exit status is left of it."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the second field is a name in parentheses
    return None if fields[0] == "Z" else int(fields[_START_TIME_FIELD - 3])
