"""The switch core: a compiled program, its tables, replication, counters, and `process`.

An `Engine` is one instance of one program. It speaks in the program's names and in plain
numbers; P4Runtime's ids and bytestrings stand above it. The packet path is native code (see
`codegen`), reached through ctypes; the only Python on it is the unpacking of the copies that
leave.

Control calls and packets exclude each other inside the library, so any thread may make control
calls; `process` is for one thread at a time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from struct import Struct
from typing import Protocol

from softswitch import native
from softswitch.ageing import Ages
from softswitch.bmv2json.model import Action, ActionData, Key
from softswitch.encoding import encode_args
from softswitch.entries import Entries, EntryHandle
from softswitch.errors import EngineError, ErrorKind
from softswitch.profiles import ActionProfiles, Reference
from softswitch.program import Program, RuntimeTable
from softswitch.value_sets import ValueSets
from softswitch.words import join_words, split_words, word_count

_COPY_HEADER = Struct("=II")
_PAIR = Struct("=2Q")
_REPLICA = Struct("=II")

# Of an action or a reference: the native id, the words of the arguments, their count.
_EncodedCall = tuple[int, bytes, int]


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

    def encode(self) -> bytes:
        return Struct("=4Q").pack(self.cir, self.cburst, self.pir, self.pburst)


class Engine:
    """One running switch; closed once, by whoever made it."""

    def __init__(self, program: Program) -> None:
        """Make a switch and install the constant entries of its program."""
        self._pipeline = program.pipeline
        self._numbers = program.numbers
        self._tables = program.tables
        self._library = program.library
        self._switch = ctypes.c_void_p(self._library.sw_create())
        self.entries = Entries(program, self._switch)
        self.profiles = ActionProfiles(program, self._switch)
        self.value_sets = ValueSets(program, self._switch)
        self.ages = Ages(program, self._switch)
        self._collect = self._library.sw_collect
        self._copies = memoryview(b"")
        self._install_program()

    def close(self) -> None:
        """Free the switch; nothing may be called afterwards."""
        self._copies = memoryview(b"")
        self._library.sw_destroy(self._switch)

    def set_priority_queues(self, count: int) -> None:
        """The queues of each port, one if nothing is said; packets of others are dropped."""
        self._library.sw_set_priority_queues(self._switch, count)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep packets out: what this thread changes meanwhile they see all at once."""
        self._library.sw_hold(self._switch)
        try:
            yield
        finally:
            self._library.sw_release(self._switch)

    @property
    def library(self) -> ctypes.CDLL:
        """The compiled program; runtime/switch.h says what it exports."""
        return self._library

    @property
    def pointer(self) -> ctypes.c_void_p:
        """The `struct sw_switch *` that the library's functions take."""
        return self._switch

    def _install_program(self) -> None:
        actions = self._pipeline.actions
        for runtime in self._tables.values():
            if runtime.table.default is not None:
                self._set_default(runtime, _encode_data(actions, runtime.table.default.data))
            for entry in runtime.table.entries:
                call = _encode_data(actions, entry.data)
                handle = self._insert(runtime, entry.key, call, entry.priority)
                self._library.sw_table_fix(self._switch, runtime.number, handle)

    # -- tables --------------------------------------------------------------------------------

    def table_insert(
        self,
        table: str,
        key: tuple[Key, ...],
        action: str | Reference,
        args: tuple[int, ...] = (),
        priority: int = 0,
    ) -> EntryHandle:
        """Add an entry; ALREADY_EXISTS for the same key (and priority, where it counts).

        The action goes by its name; tables with an action profile take a reference instead.
        """
        runtime = self._mutable(table)
        return self._insert(runtime, key, _encode_call(runtime, action, args), priority)

    def table_modify(
        self,
        table: str,
        handle: EntryHandle,
        action: str | Reference,
        args: tuple[int, ...] = (),
    ) -> None:
        """Replace the action of an entry; its counter and meter stay."""
        runtime = self._mutable(table)
        call = _encode_call(runtime, action, args)
        status = self._library.sw_table_modify(self._switch, runtime.number, handle, *call)
        _check(status, f"table {table} has no entry {handle}")

    def table_delete(self, table: str, handle: EntryHandle) -> None:
        """Remove an entry."""
        number = self._mutable(table).number
        status = self._library.sw_table_delete(self._switch, number, handle)
        _check(status, f"table {table} has no entry {handle}")

    def table_set_default(self, table: str, action: str, args: tuple[int, ...]) -> None:
        """Set what a miss runs."""
        runtime = self._table(table)
        if runtime.table.default is not None and runtime.table.default.is_const:
            raise EngineError(
                ErrorKind.PERMISSION_DENIED, f"the default action of table {table} is constant"
            )
        self._set_default(runtime, _encode_call(runtime, action, args))

    def table_reset_default(self, table: str) -> None:
        """Back to the default action of the program."""
        runtime = self._table(table)
        if runtime.table.default is not None:
            data = runtime.table.default.data
            self._set_default(runtime, _encode_data(self._pipeline.actions, data))

    def table_counter(self, table: str, handle: EntryHandle) -> CounterValue:
        """Read the direct counter of an entry."""
        value = native.pair()
        number = self._table(table).number
        status = self._library.sw_table_counter_read(self._switch, number, handle, value)
        _check(status, f"table {table} has no entry {handle}")
        return CounterValue(*value)

    def table_counter_set(self, table: str, handle: EntryHandle, value: CounterValue) -> None:
        """Write the direct counter of an entry."""
        words = _PAIR.pack(value.packets, value.bytes)
        number = self._table(table).number
        status = self._library.sw_table_counter_write(self._switch, number, handle, words)
        _check(status, f"table {table} has no entry {handle}")

    def table_meter_configure(
        self, table: str, handle: EntryHandle, config: MeterConfig | None
    ) -> None:
        """Configure the direct meter of an entry; None makes everything green."""
        words = None if config is None else config.encode()
        number = self._table(table).number
        status = self._library.sw_table_meter_configure(self._switch, number, handle, words)
        _check(status, f"table {table} has no entry {handle}")

    def table_meter(self, table: str, handle: EntryHandle) -> MeterConfig | None:
        """How the direct meter of an entry is configured, if it is."""
        words = native.quartet()
        number = self._table(table).number
        status = self._library.sw_table_meter_read(self._switch, number, handle, words)
        return None if status < 0 else MeterConfig(*words)

    def _table(self, name: str) -> RuntimeTable:
        found = self._tables.get(name)
        if found is not None:
            return found
        if name in self._pipeline.tables:
            raise EngineError(ErrorKind.PERMISSION_DENIED, f"table {name} is constant")
        raise EngineError(ErrorKind.NOT_FOUND, f"no table is named {name!r}")

    def _mutable(self, name: str) -> RuntimeTable:
        runtime = self._table(name)
        if runtime.table.is_const:
            raise EngineError(
                ErrorKind.PERMISSION_DENIED, f"the entries of table {name} are constant"
            )
        return runtime

    def _insert(
        self,
        runtime: RuntimeTable,
        key: tuple[Key, ...],
        call: _EncodedCall,
        priority: int,
    ) -> EntryHandle:
        encoded = runtime.encoder.encode(key, priority)
        handle: int = self._library.sw_table_insert(
            self._switch,
            runtime.number,
            encoded.key,
            encoded.mask,
            encoded.high,
            encoded.priority,
            *call,
        )
        if handle == native.EXISTS:
            raise EngineError(
                ErrorKind.ALREADY_EXISTS, f"table {runtime.table.name} has an entry with this key"
            )
        if handle == native.FULL:
            raise EngineError(
                ErrorKind.RESOURCE_EXHAUSTED,
                f"table {runtime.table.name} is full ({runtime.table.max_size} entries)",
            )
        return EntryHandle(handle)

    def _set_default(self, runtime: RuntimeTable, call: _EncodedCall) -> None:
        self._library.sw_table_set_default(self._switch, runtime.number, *call)

    # -- replication ---------------------------------------------------------------------------

    def multicast_group_set(self, group: int, replicas: Sequence[tuple[int, int]]) -> None:
        """Create or replace a group, as a whole; replicas are (port, instance), in order."""
        octets = b"".join(_REPLICA.pack(port, instance) for port, instance in replicas)
        status = self._library.sw_group_set(self._switch, group, octets, len(replicas))
        _check(status, f"multicast group {group} is out of range", ErrorKind.OUT_OF_RANGE)

    def multicast_group_delete(self, group: int) -> None:
        """Remove a group."""
        status = self._library.sw_group_delete(self._switch, group)
        _check(status, f"there is no multicast group {group}")

    def clone_session_set(
        self, session: int, replicas: Sequence[tuple[int, int]], packet_length: int = 0
    ) -> None:
        """Create or replace a clone session; a length other than 0 truncates the clones."""
        octets = b"".join(_REPLICA.pack(port, instance) for port, instance in replicas)
        status = self._library.sw_session_set(
            self._switch, session, octets, len(replicas), packet_length
        )
        _check(status, f"clone session {session} is out of range", ErrorKind.OUT_OF_RANGE)

    def clone_session_delete(self, session: int) -> None:
        """Remove a clone session."""
        status = self._library.sw_session_delete(self._switch, session)
        _check(status, f"there is no clone session {session}")

    # -- indirect counters, meters, registers ----------------------------------------------------

    def counter_read(self, name: str, index: int) -> CounterValue:
        """Read one cell of a counter array."""
        number = _position(self._numbers.counters, name, "counter")
        value = native.pair()
        status = self._library.sw_counter_read(self._switch, number, index, value)
        _check(status, f"counter {name} has no cell {index}", ErrorKind.OUT_OF_RANGE)
        return CounterValue(*value)

    def counter_write(self, name: str, index: int, value: CounterValue) -> None:
        """Write one cell of a counter array."""
        number = _position(self._numbers.counters, name, "counter")
        words = _PAIR.pack(value.packets, value.bytes)
        status = self._library.sw_counter_write(self._switch, number, index, words)
        _check(status, f"counter {name} has no cell {index}", ErrorKind.OUT_OF_RANGE)

    def meter_configure(self, name: str, index: int, config: MeterConfig | None) -> None:
        """Configure one meter of an array; None makes everything green."""
        number = _position(self._numbers.meters, name, "meter")
        words = None if config is None else config.encode()
        status = self._library.sw_meter_configure(self._switch, number, index, words)
        _check(status, f"meter {name} has no cell {index}", ErrorKind.OUT_OF_RANGE)

    def register_read(self, name: str, index: int) -> int:
        """Read one cell of a register array."""
        number = _position(self._numbers.registers, name, "register")
        words = native.word_array(word_count(self._numbers.registers[number].width))
        status = self._library.sw_register_read(self._switch, number, index, words)
        _check(status, f"register {name} has no cell {index}", ErrorKind.OUT_OF_RANGE)
        return join_words(words)

    def register_write(self, name: str, index: int, value: int) -> None:
        """Write one cell of a register array; what does not fit is an error."""
        number = _position(self._numbers.registers, name, "register")
        width = self._numbers.registers[number].width
        if value < 0 or value >> width:
            raise EngineError(
                ErrorKind.OUT_OF_RANGE, f"register {name} has {width} bits, too few for {value:#x}"
            )
        words = split_words(value, width)
        octets = Struct(f"={len(words)}Q").pack(*words)
        status = self._library.sw_register_write(self._switch, number, index, octets)
        _check(status, f"register {name} has no cell {index}", ErrorKind.OUT_OF_RANGE)

    # -- packets -------------------------------------------------------------------------------

    def process(self, port: int, frame: bytes, now: int) -> list[tuple[int, bytes]]:
        """Run one frame through the program; the copies that leave, as (port, frame), in order.

        `now` is in microseconds and never decreases; frames for the CPU port are returned like any.
        """
        used = self._collect(self._switch, port, frame, len(frame), now)
        if used > len(self._copies):
            # The library's buffer has grown, and perhaps moved.
            address = self._library.sw_collected(self._switch)
            self._copies = memoryview((ctypes.c_char * used).from_address(address)).cast("B")
        view, at = self._copies, 0
        copies = []
        while at < used:
            out, length = _COPY_HEADER.unpack_from(view, at)
            at += 8
            copies.append((out, view[at : at + length].tobytes()))
            at += (length + 3) & ~3
        return copies

    def statistics(self) -> dict[str, int]:
        """Count of packets by what became of them, since the start."""
        values = native.statistics_array()
        self._library.sw_statistics(self._switch, values)
        return dict(zip(native.STATISTICS, values, strict=True))


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def _position(arrays: Sequence[_Named], name: str, what: str) -> int:
    for number, array in enumerate(arrays):
        if array.name == name:
            return number
    raise EngineError(ErrorKind.NOT_FOUND, f"no {what} is named {name!r}")


def _action(runtime: RuntimeTable, name: str) -> Action:
    found = runtime.table.action(name)
    if found is None:
        raise EngineError(
            ErrorKind.INVALID_ARGUMENT, f"table {runtime.table.name} has no action {name!r}"
        )
    return found


def _encode_call(
    runtime: RuntimeTable, action: str | Reference, args: tuple[int, ...]
) -> _EncodedCall:
    table = runtime.table
    if isinstance(action, Reference) != (table.profile is not None):
        wants = f"members or groups of {table.profile}" if table.profile else "actions"
        raise EngineError(ErrorKind.INVALID_ARGUMENT, f"entries of table {table.name} are {wants}")
    if isinstance(action, Reference):
        return action.encode()
    found = _action(runtime, action)
    return found.id, *encode_args(found, args)


def _encode_data(actions: Mapping[int, Action], data: ActionData) -> _EncodedCall:
    action = actions[data.action]
    return action.id, *encode_args(action, data.args)


def _check(status: int, message: str, kind: ErrorKind = ErrorKind.NOT_FOUND) -> None:
    if status < 0:
        raise EngineError(kind, message)
