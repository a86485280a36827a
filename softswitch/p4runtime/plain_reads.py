"""Reads of entries, without Python objects but their messages (runtime/read.c).

The native code writes messages in canonical form, as `entry` would; protobuf turns many at once
into objects, ten times faster than they are made one by one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator

from finsy.proto import p4r

from softswitch import native
from softswitch.engine import Engine
from softswitch.p4runtime.p4info import Table
from softswitch.schema import Schema

_ROOM = 1 << 15  # octets; packets wait as long as it takes to fill them
_COUNTERS, _METERS = 1, 2  # enum sw_parts


class PlainReads:
    """Reads the tables of a schema."""

    def __init__(self, engine: Engine, schema: Schema) -> None:
        self._library = engine.library
        self._switch = engine.pointer
        self._schema = schema
        self._tables = {table.id: table for table in schema.tables[: schema.n_tables]}

    def all(self, table: Table, request: p4r.TableEntry) -> Iterator[p4r.TableEntry] | None:
        """What a read selects of a table that is in the schema; None if it takes not all of it."""
        if table.id not in self._tables or request.match or request.priority or _narrows(request):
            return None
        chunks = self._all(table.id, _parts(table, request))
        return (entry for octets in chunks for entry in _entries(octets))

    def one(self, table: Table, request: p4r.TableEntry) -> p4r.TableEntry | None:
        """The entry that a read names by its key; None if it does not, or there is none."""
        if not request.match or _narrows(request):
            return None
        key = p4r.TableEntry(table_id=table.id, match=request.match, priority=request.priority)
        wanted = p4r.Update(entity=p4r.Entity(table_entry=key)).SerializeToString()
        return next(_entries(self._one(wanted, _parts(table, request))), None)

    def _all(self, table_id: int, parts: int) -> Iterator[bytes]:
        table, handle = ctypes.byref(self._tables[table_id]), ctypes.c_uint32()
        read = self._library.sw_read_entries
        while octets := _with_room(read, self._switch, table, parts, ctypes.byref(handle)):
            yield octets

    def _one(self, wanted: bytes, parts: int) -> bytes:
        read, schema = self._library.sw_read_entry, ctypes.byref(self._schema)
        return _with_room(read, self._switch, schema, wanted, len(wanted), parts)


def _with_room(read: Callable[..., int], *arguments: object) -> bytes:
    """What a native read writes, which may be more than there is usually room for."""
    size = _ROOM
    while True:
        room = ctypes.create_string_buffer(size)
        used = read(*arguments, room, size)
        if used != native.FULL:
            return ctypes.string_at(room, used)
        size *= 2


def _narrows(request: p4r.TableEntry) -> bool:
    """Whether a read asks for some of the entries by anything but their keys."""
    by_cookies = request.metadata or request.controller_metadata
    return bool(by_cookies) or request.HasField("action")


def _parts(table: Table, request: p4r.TableEntry) -> int:
    counters = table.has_counter and request.HasField("counter_data")
    meters = table.has_meter and request.HasField("meter_config")
    return _COUNTERS * counters | _METERS * meters


def _entries(octets: bytes) -> Iterator[p4r.TableEntry]:
    return (entity.table_entry for entity in p4r.ReadResponse.FromString(octets).entities)
