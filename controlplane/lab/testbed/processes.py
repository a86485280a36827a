"""The long-lived processes of a lab: switches, host agents, captures.

Each runs in the namespace of a node, in a session of its own (so that Ctrl-C reaches the lab alone,
which ends them in order), and is killed by the kernel when the thread that started it ends: start
them from the main thread.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controlplane.engine.time import Duration
from controlplane.lab.errors import LabError
from controlplane.lab.testbed.owner import VARIABLE, Owner

_GRACE: Final[Duration] = 3.0
"""How long a process may take to end by itself."""

_POLL: Final[Duration] = 0.01


@dataclass(frozen=True, slots=True)
class Child:
    """One process; what it says to people is in `log`."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def has_said(self, text: str) -> bool:
        """True once this text stands in the log."""
        return text in self._log_text()

    def last_words(self) -> str:
        """One line on a process that ended: its last of the log, or else its exit status."""
        lines = self._log_text().strip().splitlines()
        return lines[-1] if lines else f"exit status {self.process.poll()}, without a word"

    def _log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Processes:
    """Starts processes for one lab, and ends them all."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._children: list[Child] = []

    def start(
        self, name: str, command: Sequence[str], *, namespace: int, talk: bool = False
    ) -> Child:
        """Start a process in the namespace of another; with `talk`, over two pipes."""
        log = self._owner.folder / f"{name}.log"
        with log.open("wb") as words:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "mnexec", "-a", str(namespace), *command],
                stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talk else words,
                stderr=words,
                env={**os.environ, VARIABLE: self._owner.mark},
                start_new_session=True,
            )
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def stop(self) -> None:
        """End every process: asked to first, killed when it does not."""
        end_all(self._children)
        self._children.clear()


def require_alive(children: Iterable[Child]) -> None:
    """LabError when one of these has ended."""
    for child in children:
        if not child.alive:
            raise LabError(f"{child.name} ended: {child.last_words()}")


def end_all(children: Sequence[Child]) -> None:
    """End these processes: all are asked at once, and killed when they take too long."""
    for child in children:
        child.process.terminate()
    deadline = time.monotonic() + _GRACE
    while any(child.alive for child in children) and time.monotonic() < deadline:
        time.sleep(_POLL)
    for child in children:
        child.process.kill()
        child.process.wait()
        _close_pipes(child.process)


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
