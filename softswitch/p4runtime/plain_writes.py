"""Writes of plain table entries, without a Python object for any of them (runtime/write.c).

Most of what a controller writes are entries with a match, an action and perhaps metadata. The
native code reads them from the octets of the request and carries them out. It only ever does what
`tables` would do, and has no errors to tell: an update that is anything else, or is refused, is
left to the Python of its store, in its turn.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping

from softswitch.bmv2json.model import MatchKind as ProgramKind
from softswitch.engine import Engine
from softswitch.p4runtime.p4info import ActionRef, MatchKind, P4Info, Scope, Table
from softswitch.program import Program, RuntimeTable
from softswitch.schema import Schema, WireKind, WritableAction, WritableTable, make_schema

_KINDS: Mapping[MatchKind, tuple[WireKind, ProgramKind]] = {
    MatchKind.EXACT: (WireKind.EXACT, ProgramKind.EXACT),
    MatchKind.LPM: (WireKind.LPM, ProgramKind.LPM),
    MatchKind.TERNARY: (WireKind.TERNARY, ProgramKind.TERNARY),
    MatchKind.RANGE: (WireKind.RANGE, ProgramKind.RANGE),
    MatchKind.OPTIONAL: (WireKind.OPTIONAL, ProgramKind.TERNARY),
}
"""How a field is written, and how the program must have it for that."""


class _Progress(ctypes.Structure):
    """struct sw_progress"""

    updates: int

    _fields_ = (("at", ctypes.c_uint64), ("updates", ctypes.c_uint64))


class PlainWrites:
    """Carries out what is plain in a request."""

    def __init__(self, engine: Engine, schema: Schema) -> None:
        self._write = engine.library.sw_write
        self._switch = engine.pointer
        self._schema = schema

    def carry_out(self, request: bytes, updates: int) -> Iterator[int]:
        """The positions of updates that are left, each when all before it are carried out.

        The caller carries out each, or refuses it, before it asks for the next one. Of a request
        that is written in a way that the native reader does not know, all that it has not reached
        is left.
        """
        progress = _Progress()
        schema, reached = ctypes.byref(self._schema), ctypes.byref(progress)
        while self._write(self._switch, schema, request, len(request), reached):
            yield progress.updates - 1
        yield from range(progress.updates, updates)


def plain_schema(info: P4Info, program: Program) -> Schema:
    """The tables of a pipeline that are written natively."""
    tables = (
        _writable(table, program.tables[table.name])
        for table in info.tables.values()
        if table.name in program.tables
    )
    return make_schema([table for table in tables if table is not None])


def _writable(table: Table, runtime: RuntimeTable) -> WritableTable | None:
    kinds = [_KINDS[field.kind] for field in table.fields]
    if table.profile or table.is_const or not kinds:
        return None
    if [kind for _, kind in kinds] != [field.kind for field in runtime.table.key]:
        return None
    fields = [(field.id, kind) for field, (kind, _) in zip(table.fields, kinds, strict=True)]
    usable = (ref for ref in table.actions.values() if ref.scope is not Scope.DEFAULT_ONLY)
    actions = [_action(ref, runtime) for ref in usable]
    return WritableTable(table.id, runtime, fields, actions)


def _action(ref: ActionRef, runtime: RuntimeTable) -> WritableAction:
    action = runtime.table.action(ref.action.name)
    assert action is not None, "P4Info is bound to the program"
    return WritableAction(ref.action.id, action, [param.id for param in ref.action.params])
