"""The tables whose entries are plain: written and read natively (`plain_writes`, `plain_reads`).

All are, but those whose entries have what C does not keep (an action profile, idle timeouts), and
constant tables, which nobody writes.
"""

from __future__ import annotations

from collections.abc import Mapping

from softswitch.bmv2json.model import MatchKind as ProgramKind
from softswitch.p4runtime.p4info import ActionRef, MatchKind, P4Info, Scope, Table
from softswitch.program import Program, RuntimeTable
from softswitch.schema import PlainAction, PlainTable, Schema, WireKind, make_schema

_KINDS: Mapping[MatchKind, tuple[WireKind, ProgramKind]] = {
    MatchKind.EXACT: (WireKind.EXACT, ProgramKind.EXACT),
    MatchKind.LPM: (WireKind.LPM, ProgramKind.LPM),
    MatchKind.TERNARY: (WireKind.TERNARY, ProgramKind.TERNARY),
    MatchKind.RANGE: (WireKind.RANGE, ProgramKind.RANGE),
    MatchKind.OPTIONAL: (WireKind.OPTIONAL, ProgramKind.TERNARY),
}
"""How a field is written, and how the program must have it for that."""


def plain_schema(info: P4Info, program: Program) -> Schema:
    """The native description of a pipeline's plain tables."""
    tables = (
        _plain(table, program.tables[table.name])
        for table in info.tables.values()
        if table.name in program.tables
    )
    return make_schema([table for table in tables if table is not None])


def _plain(table: Table, runtime: RuntimeTable) -> PlainTable | None:
    kinds = [_KINDS[field.kind] for field in table.fields]
    if table.profile or table.is_const or table.idle_timeout or not kinds:
        return None
    if [kind for _, kind in kinds] != [field.kind for field in runtime.table.key]:
        return None
    fields = [(field.id, kind) for field, (kind, _) in zip(table.fields, kinds, strict=True)]
    actions = [_action(ref, runtime) for ref in table.actions.values()]
    return PlainTable(table.id, runtime, fields, actions, table.has_counter, table.has_meter)


def _action(ref: ActionRef, runtime: RuntimeTable) -> PlainAction:
    action = runtime.table.action(ref.action.name)
    assert action is not None, "P4Info is bound to the program"
    params = [param.id for param in ref.action.params]
    return PlainAction(ref.action.id, action, params, ref.scope is Scope.DEFAULT_ONLY)
