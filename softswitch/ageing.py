"""When entries were hit last, in tables whose entries age (v1model's `support_timeout`).

Times are those of packets, in microseconds. Nothing happens here when an entry is idle: who wants
to know asks.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from softswitch.program import Program


class Ages:
    """The times of one switch's entries, by table and handle."""

    def __init__(self, program: Program, switch: ctypes.c_void_p) -> None:
        self._library = program.library
        self._switch = switch
        self._numbers = {
            name: runtime.number for name, runtime in program.tables.items() if runtime.table.ages
        }

    def start(self, table: str, handle: int, now_us: int) -> None:
        """An entry is new, as if it were hit now."""
        self._library.sw_age_start(self._switch, self._numbers[table], handle, now_us)

    def last_hits(self, table: str, handles: Sequence[int]) -> list[int]:
        """When each of these entries was hit last."""
        count = len(handles)
        asked, times = (ctypes.c_uint32 * count)(*handles), (ctypes.c_uint64 * count)()
        self._library.sw_age_read(self._switch, self._numbers[table], asked, count, times)
        return list(times)
