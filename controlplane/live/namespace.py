"""Network namespaces of threads.

A thread has a network namespace of its own (setns(2), unshare(2)), so what shall happen in another
namespace happens in another thread; what it opens and starts there belongs there for good, and can
be used from any thread.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

Result = TypeVar("Result")

_CLONE_NEWNET: Final = 0x40000000
_SYSCTL: Final = Path("/proc/sys/net")


class Namespace:
    """A new namespace, which lives as long as its thread, or a socket in it.

    No file and no process holds it. So it ends with this process, however that ends, and nothing
    has to be cleaned up.
    """

    def __init__(self, name: str) -> None:
        """OSError without the right to make one."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        try:
            self.call(_unshare)
        except OSError:
            self.close()
            raise

    def call(self, action: Callable[[], Result]) -> Result:
        """Call an action in the namespace, and wait for it."""
        return self._thread.submit(action).result()

    def close(self) -> None:
        """Leave the namespace to the sockets that are still open in it."""
        self._thread.shutdown()


def inside(pid: int, action: Callable[[], Result]) -> Result:
    """Call an action in the network namespace of a process; OSError when that cannot be entered."""

    def enter_and_act() -> Result:
        _enter(pid)
        return action()

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(enter_and_act).result()


def set_sysctls(values: Mapping[str, int]) -> None:
    """Write settings below /proc/sys/net of the current namespace, where the kernel has them."""
    for path, value in values.items():
        if (_SYSCTL / path).exists():
            (_SYSCTL / path).write_text(str(value))


def _unshare() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise _error("cannot make a network namespace")


def _enter(pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        if libc.setns(namespace, _CLONE_NEWNET) != 0:
            raise _error(f"cannot enter the network namespace of process {pid}")
    finally:
        os.close(namespace)


def _error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")
