"""Table entries <-> P4Runtime messages.

There may be a hundred thousand, so a table's numbers are looked up once a pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4r

from controlplane.p4rt import bytestring, names
from controlplane.p4rt.entities import ActionSet, Member, TableEntry
from controlplane.p4rt.pipeline import MatchField, Pipeline, Table


class TableCodec:
    """The tables of one pipeline that the control plane writes."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._tables = {name: pipeline.tables[name] for name in names.KEYS}
        self._actions = {name: pipeline.actions[name] for name in names.ARGUMENTS}
        self._tables_by_id = {table.id: table for table in self._tables.values()}
        self._actions_by_id = {action.id: action for action in self._actions.values()}

    def wildcards(self) -> Iterator[p4r.Entity]:
        """What selects all entries of all these tables in a read."""
        for table in self._tables.values():
            entry = p4r.TableEntry(table_id=table.id, is_default_action=not table.fields)
            yield p4r.Entity(table_entry=entry)

    def encode(self, entry: TableEntry | ActionSet, message: p4r.TableEntry) -> None:
        """Fill in a message."""
        table = self._tables[entry.table]
        message.table_id = table.id
        message.is_default_action = not table.fields
        values = iter(entry.match)
        for field in table.fields:
            _encode_field(field, values, message)
        if isinstance(entry, TableEntry):
            self._encode_action((entry.action, entry.args), message.action.action)
        else:
            for member in sorted(entry.members):
                one = message.action.action_profile_action_set.action_profile_actions.add(weight=1)
                self._encode_action(member, one.action)

    def decode(self, message: p4r.TableEntry) -> TableEntry | ActionSet | None:
        """The entry; None for what is of no table and action of ours."""
        table = self._tables_by_id.get(message.table_id)
        if table is None or message.is_default_action == bool(table.fields):
            return None
        match message.action.WhichOneof("type"):
            case "action":
                member = self._decode_action(message.action.action)
                return member and TableEntry(table.name, _match(table, message), *member)
            case "action_profile_action_set":
                return self._decode_set(table, message)
            case _:
                return None

    def _decode_set(self, table: Table, message: p4r.TableEntry) -> ActionSet | None:
        actions = message.action.action_profile_action_set.action_profile_actions
        members = {self._decode_action(one.action) for one in actions}
        known = frozenset(member for member in members if member is not None)
        return ActionSet(table.name, _match(table, message), known) if known == members else None

    def _encode_action(self, member: Member, message: p4r.Action) -> None:
        name, args = member
        action = self._actions[name]
        message.action_id = action.id
        for parameter, argument in zip(action.parameters, args, strict=True):
            message.params.add(param_id=parameter, value=bytestring.encode(argument))

    def _decode_action(self, message: p4r.Action) -> Member | None:
        action = self._actions_by_id.get(message.action_id)
        if action is None:
            return None
        params = {param.param_id: param.value for param in message.params}
        args = (bytestring.decode(params[parameter]) for parameter in action.parameters)
        return action.name, tuple(args)


def _match(table: Table, message: p4r.TableEntry) -> tuple[int, ...]:
    given = {field.field_id: field for field in message.match}
    return tuple(value for field in table.fields for value in _decode_field(field, given))


def _encode_field(field: MatchField, values: Iterator[int], message: p4r.TableEntry) -> None:
    value = bytestring.encode(next(values))
    if not field.is_lpm:
        message.match.add(field_id=field.id).exact.value = value
        return
    prefix_length = next(values)
    if prefix_length > 0:  # the field that matches everything is left out (P4Runtime 9.1.1)
        lpm = message.match.add(field_id=field.id).lpm
        lpm.value, lpm.prefix_len = value, prefix_length


def _decode_field(field: MatchField, given: dict[int, p4r.FieldMatch]) -> tuple[int, ...]:
    if not field.is_lpm:
        return (bytestring.decode(given[field.id].exact.value),)
    if field.id not in given:
        return 0, 0
    lpm = given[field.id].lpm
    return bytestring.decode(lpm.value), lpm.prefix_len
