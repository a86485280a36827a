"""Counters and meters of table entries, under their entry's key.

They come and go with the entry and can also be written and read as a part of it (section "Direct
Resources"). A read without a match takes all entries of the table, one without a table all tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4r

from softswitch.p4runtime import resources
from softswitch.p4runtime.entry import Entry, write_key
from softswitch.p4runtime.p4info import Table
from softswitch.p4runtime.status import P4RuntimeError, invalid, unsupported
from softswitch.p4runtime.store import UpdateType, require_modify
from softswitch.p4runtime.tables import Tables, TableState


class DirectCounters:
    """What the direct counters of entries have counted."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def write(self, kind: UpdateType, message: p4r.DirectCounterEntry) -> None:
        require_modify(kind, "a direct counter")
        state = self._tables.state(message.table_entry.table_id)
        if not state.table.has_counter:
            raise _no_resource(state.table, "counter")
        entry = state.find(message.table_entry)
        if message.HasField("data"):
            state.write_counter(entry, resources.read_counter(message.data))

    def read(self, request: p4r.DirectCounterEntry) -> Iterator[p4r.DirectCounterEntry]:
        for state in self._tables.selected(request.table_entry.table_id):
            if not state.table.has_counter:
                _require_wildcard(request.table_entry, state.table, "counter")
                continue
            for entry in _entries(state, request.table_entry):
                yield p4r.DirectCounterEntry(
                    table_entry=write_key(state.table, entry), data=state.read_counter(entry)
                )


class DirectMeters:
    """How the direct meters of entries are configured."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def write(self, kind: UpdateType, message: p4r.DirectMeterEntry) -> None:
        require_modify(kind, "a direct meter")
        _refuse_colour_counters(message)
        state = self._tables.state(message.table_entry.table_id)
        if not state.table.has_meter:
            raise _no_resource(state.table, "meter")
        config = resources.read_meter(message.config) if message.HasField("config") else None
        state.configure_meter(state.find(message.table_entry), config)

    def read(self, request: p4r.DirectMeterEntry) -> Iterator[p4r.DirectMeterEntry]:
        _refuse_colour_counters(request)
        for state in self._tables.selected(request.table_entry.table_id):
            if not state.table.has_meter:
                _require_wildcard(request.table_entry, state.table, "meter")
                continue
            for entry in _entries(state, request.table_entry):
                message = p4r.DirectMeterEntry(table_entry=write_key(state.table, entry))
                if entry.meter is not None:
                    message.config.CopyFrom(resources.write_meter(entry.meter))
                yield message


def _entries(state: TableState, request: p4r.TableEntry) -> Iterator[Entry]:
    """With a match: that entry, NOT_FOUND if there is none; without: all."""
    if request.match:
        return iter([state.find(request)])
    return state.select(request)


def _require_wildcard(request: p4r.TableEntry, table: Table, what: str) -> None:
    if request.table_id:
        raise _no_resource(table, what)


def _no_resource(table: Table, what: str) -> P4RuntimeError:
    return invalid(f"table {table.name} has no direct {what}")


def _refuse_colour_counters(message: p4r.DirectMeterEntry) -> None:
    if message.HasField("counter_data"):
        raise unsupported("counters by meter colour")
