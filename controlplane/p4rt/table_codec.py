"""Table entries <-> P4Runtime messages.

There may be a hundred thousand, so a table's numbers are looked up once a pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4r

from controlplane.p4rt import bytestring, names
from controlplane.p4rt.entities import TableEntry
from controlplane.p4rt.pipeline import MatchField, Pipeline


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
            yield p4r.Entity(table_entry=p4r.TableEntry(table_id=table.id))

    def encode(self, entry: TableEntry, message: p4r.TableEntry) -> None:
        """Fill in a message."""
        table, action = self._tables[entry.table], self._actions[entry.action]
        message.table_id = table.id
        values = iter(entry.match)
        for field in table.fields:
            _encode_field(field, values, message)
        message.action.action.action_id = action.id
        for parameter, argument in zip(action.parameters, entry.args, strict=True):
            message.action.action.params.add(param_id=parameter, value=bytestring.encode(argument))

    def decode(self, message: p4r.TableEntry) -> TableEntry | None:
        """The entry; None for a default entry, and what is of no table and action of ours."""
        table = self._tables_by_id.get(message.table_id)
        action = self._actions_by_id.get(message.action.action.action_id)
        if message.is_default_action or table is None or action is None:
            return None
        given = {field.field_id: field for field in message.match}
        match = [value for field in table.fields for value in _decode_field(field, given)]
        params = {param.param_id: param.value for param in message.action.action.params}
        args = (bytestring.decode(params[parameter]) for parameter in action.parameters)
        return TableEntry(table.name, tuple(match), action.name, tuple(args))


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
