"""Acting inside the network namespace of a node.

A thread has a network namespace of its own (setns(2)), so an action runs in a short-lived thread
that enters the namespace: what it opens, reads under /proc/sys/net and starts belongs there.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from controlplane.lab.errors import LabError

Result = TypeVar("Result")

_CLONE_NEWNET: Final = 0x40000000
_SYSCTL: Final = Path("/proc/sys/net")


def inside(pid: int, action: Callable[[], Result]) -> Result:
    """Call an action in the network namespace of a process."""

    def enter_and_act() -> Result:
        _enter(pid)
        return action()

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(enter_and_act).result()


def _enter(pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        if libc.setns(namespace, _CLONE_NEWNET) != 0:
            error = os.strerror(ctypes.get_errno())
            raise LabError(f"cannot enter the network namespace of process {pid}: {error}")
    finally:
        os.close(namespace)


def set_sysctls(values: Mapping[str, int]) -> None:
    """Write settings below /proc/sys/net of the current namespace."""
    for path, value in values.items():
        (_SYSCTL / path).write_text(str(value))


def ip_batch(commands: Iterable[str]) -> None:
    """Run commands of ip(8) in one process, in the current namespace."""
    ran = subprocess.run(
        ["ip", "-batch", "-"], input="\n".join(commands), text=True, capture_output=True
    )
    if ran.returncode != 0:
        raise LabError(f"ip: {ran.stderr.strip().replace(chr(10), '; ')}")
