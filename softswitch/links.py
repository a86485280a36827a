"""The links behind a running switch's ports, whose faults runtime/links.c makes."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from threading import Lock
from typing import Final

from softswitch.faults import Direction, FaultCounters, FaultError, Faults

_SHARE: Final = 1 << 32  # FAULT_CERTAIN
_NANOSECONDS: Final = 1e9


class _Rules(ctypes.Structure):
    """struct fault_rules"""

    _fields_ = tuple((name, ctypes.c_uint64) for name in Faults.__slots__)


class _Counters(ctypes.Structure):
    """struct fault_counters"""

    _fields_ = tuple((name, ctypes.c_uint64) for name in FaultCounters.__slots__)


class PortLinks:
    """Links by their port numbers; any thread may call."""

    def __init__(self, library: ctypes.CDLL, links: int, indices: Mapping[int, int]) -> None:
        """`links` is the library's struct; `indices` has the places of ports in it."""
        self._library = library
        self._links = ctypes.c_void_p(links)
        self._indices = indices
        self._faults: dict[tuple[int, Direction], Faults] = {}
        self._lock = Lock()
        for function in (library.links_set, library.links_read):
            function.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p]

    def set_faults(self, port: int, direction: Direction, faults: Faults | None) -> None:
        """Give a direction of a port's link these faults; FaultError for a port without a link."""
        index = self._index(port)
        rules = None if faults is None else ctypes.byref(_rules(faults))
        with self._lock:
            self._library.links_set(self._links, index, direction, rules)
            self._faults.pop((port, direction), None)
            if faults is not None:
                self._faults[port, direction] = faults

    def faults(self, port: int, direction: Direction) -> tuple[Faults | None, FaultCounters]:
        """The faults of a direction, and what they have done; FaultError as above."""
        index, counters = self._index(port), _Counters()
        self._library.links_read(self._links, index, direction, ctypes.byref(counters))
        values = (getattr(counters, name) for name in FaultCounters.__slots__)
        return self._faults.get((port, direction)), FaultCounters(*values)

    def _index(self, port: int) -> int:
        if port not in self._indices:
            raise FaultError(f"no interface is port {port}")
        return self._indices[port]


def _rules(faults: Faults) -> _Rules:
    return _Rules(
        loss=round(faults.loss * _SHARE),
        duplicate=round(faults.duplicate * _SHARE),
        delay=round(faults.delay * _NANOSECONDS),
        jitter=round(faults.jitter * _NANOSECONDS),
        rate=round(faults.rate),
        limit=faults.limit,
        seed=faults.seed,
    )
