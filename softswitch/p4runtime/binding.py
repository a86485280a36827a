"""Do a P4Info and a BMv2 JSON belong together?

p4c writes both from one program, and a controller sends both in one message; a mix of two builds
would fail later in ways that are hard to read. So every table and action that P4Info shows is
looked up in the program when the pipeline is set. What p4c has dropped from the program, since
nothing uses it, stays in the P4Info: such a table is as good as not there, and so are arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from softswitch.bmv2json.model import Action as ProgramAction
from softswitch.bmv2json.model import Pipeline
from softswitch.bmv2json.model import Table as ProgramTable
from softswitch.p4runtime.p4info import Action, Field, MatchField, P4Info, Table, ValueSet
from softswitch.p4runtime.status import P4RuntimeError, invalid


def bind(info: P4Info, program: Pipeline) -> P4Info:
    """The P4Info as far as the program has it; refuses one that is not of this program."""
    used = (table for table in info.tables.values() if table.name in program.tables)
    tables = (_bind_table(info, table, program.tables[table.name]) for table in used)
    sets = (item for item in info.value_sets.values() if item.name in program.value_sets)
    return replace(
        info,
        tables={table.id: table for table in tables},
        value_sets={item.id: _bind_value_set(item, program) for item in sets},
    )


def _bind_value_set(value_set: ValueSet, program: Pipeline) -> ValueSet:
    ours = _widths(value_set.fields)
    theirs = [field.width for field in program.value_sets[value_set.name].key]
    if ours != theirs:
        raise _mismatch(
            f"value set {value_set.name} has widths {ours} in one, {theirs} in the other"
        )
    return value_set


def _bind_table(info: P4Info, table: Table, program: ProgramTable) -> Table:
    bound = replace(table, fields=_bind_fields(table, program))
    _check_key(bound, program)
    _check_implementation(info, table, program)
    _check_idle_timeout(table, program)
    for ref in table.actions.values():
        _check_action(table, ref.action, program.action(ref.action.name))
    return bound


def _bind_fields(table: Table, program: ProgramTable) -> tuple[MatchField, ...]:
    """P4Info has no width for a key of type `error`; the program has."""
    if len(table.fields) != len(program.key):
        return table.fields
    return tuple(
        field if field.width else replace(field, width=key.width)
        for field, key in zip(table.fields, program.key, strict=True)
    )


def _check_key(table: Table, program: ProgramTable) -> None:
    ours, theirs = _widths(table.fields), [field.width for field in program.key]
    if ours != theirs:
        raise _mismatch(
            f"the key of table {table.name} has widths {ours} in one, {theirs} in the other"
        )


def _check_implementation(info: P4Info, table: Table, program: ProgramTable) -> None:
    ours = info.profiles[table.profile].name if table.profile else None
    if ours != program.profile:
        theirs = program.profile
        raise _mismatch(f"table {table.name} has the action profile {ours} in one, not {theirs}")


def _check_idle_timeout(table: Table, program: ProgramTable) -> None:
    if table.idle_timeout != program.ages:
        raise _mismatch(f"table {table.name} has idle timeouts in one, and not in the other")


def _check_action(table: Table, action: Action, program: ProgramAction | None) -> None:
    if program is None:
        raise _mismatch(f"table {table.name} has no action {action.name} in the program")
    ours, theirs = _widths(action.params), [param.width for param in program.parameters]
    if ours != theirs:
        raise _mismatch(
            f"the parameters of {action.name} have widths {ours} in one, {theirs} in the other"
        )


def _widths(fields: Sequence[Field]) -> list[int]:
    return [field.width for field in fields]


def _mismatch(what: str) -> P4RuntimeError:
    return invalid(f"P4Info and device config are of different programs: {what}")
