"""A daemon of a peer, seen from outside: what it has used of the machine so far."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.peers.namespace import Namespace

_QUIET, _LIMIT = 1.0, 60.0
_TICK: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Daemon:
    """The one of this name in a namespace; among the processes of this machine it has a number of
    its own."""

    def __init__(self, namespace: Namespace, name: str) -> None:
        space = Path(f"/proc/{namespace.pid}/ns/pid").readlink()
        found = (one for one in _named(name) if (one / "ns/pid").readlink() == space)
        self._process = next(found)

    def cpu(self) -> float:
        """CPU seconds of all its threads: utime and stime of proc(5), the 14th and 15th field."""
        fields = (self._process / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def octets(self) -> int:
        """Its resident memory, the second field of statm."""
        return int((self._process / "statm").read_text().split()[1]) * _PAGE

    def settled(self) -> float:
        """The CPU time once it is quiet."""
        before = -1.0
        while (now := self.cpu()) != before:
            before = now
            time.sleep(_QUIET)
        return now


def _named(name: str) -> list[Path]:
    return [one.parent for one in Path("/proc").glob("[0-9]*/comm") if _name(one) == name]


def _name(comm: Path) -> str:
    try:
        return comm.read_text().strip()
    except OSError:  # it has ended meanwhile
        return ""


def wait(holds: Callable[[], bool]) -> None:
    """Until a daemon has come to it."""
    end = time.monotonic() + _LIMIT
    while not holds():
        assert time.monotonic() < end, "the daemon does not come to it"
        time.sleep(_QUIET / 4)
