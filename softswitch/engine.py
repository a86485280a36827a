"""The switch core: a compiled program, its tables, replication, counters, and `process`.

An `Engine` is one instance of one program. It speaks in the program's names and in plain numbers;
P4Runtime's ids and bytestrings stand above it. The packet path is native code (see `codegen`), reached
through ctypes; the only Python on it is the unpacking of the copies that leave.

Control calls and packets exclude each other inside the library, so any thread may call anything.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import NewType

from softswitch.bmv2json.model import Action, Key, Pipeline, Table
from softswitch.build import build_library
from softswitch.codegen.program import generate
from softswitch.encoding import TableEncoder, encode_args, split_words
from softswitch.errors import EngineError, ErrorKind
from softswitch.native import STATISTICS, Native

EntryHandle = NewType("EntryHandle", int)

MAX_GROUP = 0xFFFF
MAX_SESSION = 0x7FFF

_COPY_HEADER = Struct("=II")


@dataclass(frozen=True)
class CounterValue:
    """What a counter has counted."""

    packets: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class MeterConfig:
    """RFC 2698: committed and peak rate, a second, and burst; in packets or bytes as the meter."""

    cir: int
    cburst: int
    pir: int
    pburst: int


class Engine:
    """One running switch; closed once, by whoever made it."""

    def __init__(self, pipeline: Pipeline) -> None:
        """Compile the program, or load it from the cache, and install its constant entries."""
        raise NotImplementedError

    def close(self) -> None:
        """Free the switch; nothing may be called afterwards."""

    @property
    def library(self) -> ctypes.CDLL:
        """The compiled program; runtime/switch.h says what it exports."""

    @property
    def pointer(self) -> ctypes.c_void_p:
        """The `struct sw_switch *` that the library's functions take."""

    # -- tables --------------------------------------------------------------------------------

    def table_insert(
        self,
        table: str,
        key: tuple[Key, ...],
        action: str,
        args: tuple[int, ...],
        priority: int = 0,
    ) -> EntryHandle:
        """Add an entry; ALREADY_EXISTS for the same key (and priority, where it counts)."""

    def table_modify(
        self, table: str, handle: EntryHandle, action: str, args: tuple[int, ...]
    ) -> None:
        """Replace the action of an entry; its counter and meter stay."""

    def table_delete(self, table: str, handle: EntryHandle) -> None:
        """Remove an entry."""

    def table_set_default(self, table: str, action: str, args: tuple[int, ...]) -> None:
        """Set what a miss runs."""

    def table_reset_default(self, table: str) -> None:
        """Back to the default action of the program."""

    def table_counter(self, table: str, handle: EntryHandle) -> CounterValue:
        """Read the direct counter of an entry."""

    def table_counter_set(self, table: str, handle: EntryHandle, value: CounterValue) -> None:
        """Write the direct counter of an entry."""

    def table_meter_configure(
        self, table: str, handle: EntryHandle, config: MeterConfig | None
    ) -> None:
        """Configure the direct meter of an entry; None makes everything green."""

    # -- replication ---------------------------------------------------------------------------

    def multicast_group_set(self, group: int, replicas: Sequence[tuple[int, int]]) -> None:
        """Create or replace a group, as a whole; replicas are (port, instance), in order."""

    def multicast_group_delete(self, group: int) -> None:
        """Remove a group."""

    def clone_session_set(
        self, session: int, replicas: Sequence[tuple[int, int]], packet_length: int = 0
    ) -> None:
        """Create or replace a clone session; a length other than 0 truncates the clones."""

    def clone_session_delete(self, session: int) -> None:
        """Remove a clone session."""

    # -- indirect counters, meters, registers ----------------------------------------------------

    def counter_read(self, name: str, index: int) -> CounterValue:
        """Read one cell of a counter array."""

    def counter_write(self, name: str, index: int, value: CounterValue) -> None:
        """Write one cell of a counter array."""

    def meter_configure(self, name: str, index: int, config: MeterConfig | None) -> None:
        """Configure one meter of an array; None makes everything green."""

    def register_read(self, name: str, index: int) -> int:
        """Read one cell of a register array."""

    def register_write(self, name: str, index: int, value: int) -> None:
        """Write one cell of a register array."""

    # -- packets -------------------------------------------------------------------------------

    def process(self, port: int, frame: bytes, now: int) -> list[tuple[int, bytes]]:
        """Run one frame through the program; the copies that leave, as (port, frame), in order.

        `now` is in microseconds and never decreases; frames for the CPU port are returned like any.
        """

    def statistics(self) -> dict[str, int]:
        """Count of packets by what became of them, since the start."""
