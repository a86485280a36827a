"""Do a P4Info and a BMv2 JSON belong together?

p4c writes both from one program, and a controller sends both in one message; a mix of two builds
would fail later in ways that are hard to read. So every table and action that P4Info shows is
looked up in the program when the pipeline is set. Arrays are not: p4c drops those that nothing
uses.
"""

from __future__ import annotations

from collections.abc import Sequence

from softswitch.bmv2json.model import Action as ProgramAction
from softswitch.bmv2json.model import Pipeline
from softswitch.bmv2json.model import Table as ProgramTable
from softswitch.p4runtime.p4info import Action, Field, P4Info, Table
from softswitch.p4runtime.status import P4RuntimeError, invalid


def check_binding(info: P4Info, program: Pipeline) -> None:
    """Refuse a P4Info that is not of this program."""
    for table in info.tables.values():
        found = program.tables.get(table.name)
        if found is None:
            raise _mismatch(f"the program has no table {table.name}")
        _check_key(table, found)
        _check_implementation(info, table, found)
        for ref in table.actions.values():
            _check_action(table, ref.action, found.action(ref.action.name))


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
