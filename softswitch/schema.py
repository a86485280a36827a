"""The native description of what P4Info says of tables (runtime/schema.h).

Who makes one says how the ids of a controller map to the program's tables and actions; places are
those of `codegen.keys`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from softswitch.bmv2json.model import Action, MatchKind
from softswitch.codegen.keys import key_layout
from softswitch.program import RuntimeTable
from softswitch.words import word_count

WORDS = 64  # SW_SCHEMA_WORDS
_U32 = ctypes.c_uint32


class WireKind(Enum):
    """The numbers of the fields of FieldMatch's oneof, as in C."""

    EXACT = 2
    TERNARY = 3
    LPM = 4
    RANGE = 6
    OPTIONAL = 7


_ORDERS = {MatchKind.EXACT: 0, MatchKind.LPM: 1, MatchKind.TERNARY: 2, MatchKind.RANGE: 2}


@dataclass(frozen=True, slots=True)
class PlainAction:
    """An action of a table, with the ids of itself and of its parameters."""

    id: int
    action: Action
    params: Sequence[int]
    default_only: bool


@dataclass(frozen=True, slots=True)
class PlainTable:
    """A table, with its id and those of its fields."""

    id: int
    runtime: RuntimeTable
    fields: Sequence[tuple[int, WireKind]]
    actions: Sequence[PlainAction]
    has_counter: bool
    has_meter: bool


class _Place(ctypes.Structure):
    _fields_ = (("width", _U32), ("word", _U32), ("step", ctypes.c_int32), ("shift", _U32))


class _Field(ctypes.Structure):
    _fields_ = (("id", _U32), ("kind", _U32), ("place", _Place))


class _Param(ctypes.Structure):
    _fields_ = (("id", _U32), ("place", _Place))


class _Action(ctypes.Structure):
    _fields_ = (
        ("id", _U32),
        ("number", _U32),
        ("default_only", _U32),
        ("n_words", _U32),
        ("n_params", _U32),
        ("params", ctypes.POINTER(_Param)),
    )


class SchemaTable(ctypes.Structure):
    """struct sw_schema_table"""

    id: int

    _fields_ = (
        ("id", _U32),
        ("number", _U32),
        ("order", _U32),
        ("has_counter", _U32),
        ("has_meter", _U32),
        ("n_fields", _U32),
        ("fields", ctypes.POINTER(_Field)),
        ("n_actions", _U32),
        ("actions", ctypes.POINTER(_Action)),
    )


class Schema(ctypes.Structure):
    """What the native code takes; it keeps alive what it points to."""

    n_tables: int
    tables: Sequence[SchemaTable]

    _fields_ = (("n_tables", _U32), ("tables", ctypes.POINTER(SchemaTable)))


def make_schema(tables: Sequence[PlainTable]) -> Schema:
    """The description of all tables whose entries fit into it; the others are left out."""
    items = [_table(table) for table in tables if _fits(table)]
    return Schema(len(items), (SchemaTable * len(items))(*items))


def _fits(table: PlainTable) -> bool:
    words = [_words(item.action) for item in table.actions]
    return max([key_layout(table.runtime.table).words, *words]) <= WORDS


def _words(action: Action) -> int:
    return sum(word_count(parameter.width) for parameter in action.parameters)


def _table(table: PlainTable) -> SchemaTable:
    fields = [
        _Field(field_id, kind.value, place)
        for (field_id, kind), place in zip(table.fields, _key_places(table.runtime), strict=True)
    ]
    actions = [_action(item) for item in table.actions]
    return SchemaTable(
        table.id,
        table.runtime.number,
        _ORDERS[table.runtime.table.kind],
        table.has_counter,
        table.has_meter,
        len(fields),
        (_Field * len(fields))(*fields),
        len(actions),
        (_Action * len(actions))(*actions),
    )


def _action(item: PlainAction) -> _Action:
    places = _argument_places(item.action)
    params = [_Param(param, place) for param, place in zip(item.params, places, strict=True)]
    return _Action(
        item.id,
        item.action.id,
        item.default_only,
        _words(item.action),
        len(params),
        (_Param * len(params))(*params),
    )


def _key_places(runtime: RuntimeTable) -> Iterator[_Place]:
    """A field that takes several words ends in the last of them."""
    for slot in key_layout(runtime.table).slots:
        yield _Place(slot.width, slot.word, -1, slot.shift)


def _argument_places(action: Action) -> Iterator[_Place]:
    word = 0
    for parameter in action.parameters:
        yield _Place(parameter.width, word, 1, 0)
        word += word_count(parameter.width)
