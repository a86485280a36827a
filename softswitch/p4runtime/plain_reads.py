"""Reads of all entries of a table, without a Python object for any of them (runtime/read.c).

The native code writes messages in canonical form, as `entry` would; protobuf turns many at once
into objects, ten times faster than they are made one by one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

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
        self._read = engine.library.sw_read_entries
        self._switch = engine.pointer
        self._tables = {table.id: table for table in schema.tables[: schema.n_tables]}
        self._schema = schema

    def can(self, table: Table, request: p4r.TableEntry) -> bool:
        """Whether a read takes all entries of a table that is in the schema."""
        narrowed = (
            request.match
            or request.priority
            or request.HasField("action")
            or request.metadata
            or request.controller_metadata
        )
        return table.id in self._tables and not narrowed

    def all(self, table: Table, request: p4r.TableEntry) -> Iterator[p4r.TableEntry]:
        """All entries, with the direct resources that are asked for."""
        parts = _COUNTERS * (table.has_counter and request.HasField("counter_data"))
        parts |= _METERS * (table.has_meter and request.HasField("meter_config"))
        for octets in self._octets(table.id, parts):
            for entity in p4r.ReadResponse.FromString(octets).entities:
                yield entity.table_entry

    def _octets(self, table_id: int, parts: int) -> Iterator[bytes]:
        table, handle = ctypes.byref(self._tables[table_id]), ctypes.c_uint32()
        room = ctypes.create_string_buffer(_ROOM)
        while True:
            arguments = (table, parts, ctypes.byref(handle), room, len(room))
            used = self._read(self._switch, *arguments)
            if used == 0:
                return
            if used == native.FULL:
                room = ctypes.create_string_buffer(2 * len(room))
            else:
                yield ctypes.string_at(room, used)
