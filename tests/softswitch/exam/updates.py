"""From the statements of a test to P4Runtime's updates, so that every target gets the same ones.

STF names tables, keys and actions by the end of their names, and writes masks as digits left open.
simple_switch_grpc carries none of those for registers out: such a test it cannot sit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

from finsy.proto import p4d, p4i, p4r

from tests.softswitch.exam.stf import (
    Add,
    AssociateNode,
    Call,
    CreateGroup,
    CreateNode,
    Mirror,
    SetDefault,
    SetRates,
    Statement,
    StfError,
    WriteRegister,
)

DIGIT_BITS = {"0x": 4, "0b": 1, "0o": 3}
Match = p4i.MatchField


class Updates:
    """Writes the updates of one test; remembers multicast nodes and groups."""

    def __init__(self, info: p4i.P4Info) -> None:
        self._info = info
        self._nodes: list[CreateNode] = []
        self._groups: dict[int, list[p4r.Replica]] = {}

    def of(self, statement: Statement) -> list[p4r.Update]:
        """The updates of a statement; none for those about packets and time."""
        match statement:
            case Add():
                return [_update(p4r.Update.INSERT, table_entry=self._entry(statement))]
            case SetDefault():
                return [_update(p4r.Update.MODIFY, table_entry=self._default(statement))]
            case CreateGroup(group):
                self._groups[group] = []
                return [self._group(p4r.Update.INSERT, group)]
            case CreateNode():
                self._nodes.append(statement)
            case AssociateNode(group, node):
                self._groups[group] += _replicas(self._nodes[node])
                return [self._group(p4r.Update.MODIFY, group)]
            case Mirror():
                return [self._session(statement)]
            case WriteRegister():
                return list(self._cells(statement))
            case SetRates():
                return list(self._meters(statement))
        return []

    # -- tables --------------------------------------------------------------------------------

    def _entry(self, add: Add) -> p4r.TableEntry:
        table = named(self._info.tables, add.table)
        given = {_key(table, name).id: value for name, value in add.key}
        matches = (_match(field, given.get(field.id)) for field in table.match_fields)
        kinds = {field.match_type for field in table.match_fields}
        entry = p4r.TableEntry(
            table_id=table.preamble.id,
            match=[match for match in matches if match is not None],
            action=self._action(table, add.call),
        )
        if kinds & {Match.TERNARY, Match.RANGE, Match.OPTIONAL}:
            entry.priority = (add.priority or 0) + 1
        return entry

    def _default(self, statement: SetDefault) -> p4r.TableEntry:
        table = named(self._info.tables, statement.table)
        return p4r.TableEntry(
            table_id=table.preamble.id,
            action=self._action(table, statement.call),
            is_default_action=True,
        )

    def _action(self, table: p4i.Table, call: Call) -> p4r.TableAction:
        own = {ref.id for ref in table.action_refs}
        action = named((a for a in self._info.actions if a.preamble.id in own), call.action)
        params = {param.name: param for param in action.params}
        arguments = [
            p4r.Action.Param(param_id=params[name].id, value=octets(value))
            for name, value in call.arguments
        ]
        return p4r.TableAction(action=p4r.Action(action_id=action.preamble.id, params=arguments))

    # -- replication ---------------------------------------------------------------------------

    def _group(self, kind: p4r.Update.Type.ValueType, group: int) -> p4r.Update:
        entry = p4r.MulticastGroupEntry(multicast_group_id=group, replicas=self._groups[group])
        message = p4r.PacketReplicationEngineEntry(multicast_group_entry=entry)
        return _update(kind, packet_replication_engine_entry=message)

    def _session(self, mirror: Mirror) -> p4r.Update:
        if mirror.port is not None:
            replicas = [p4r.Replica(egress_port=mirror.port)]
        else:
            assert mirror.group is not None
            replicas = self._groups[mirror.group]
        entry = p4r.CloneSessionEntry(session_id=mirror.session, replicas=replicas)
        message = p4r.PacketReplicationEngineEntry(clone_session_entry=entry)
        return _update(p4r.Update.INSERT, packet_replication_engine_entry=message)

    # -- cells ---------------------------------------------------------------------------------

    def _cells(self, statement: WriteRegister) -> Iterator[p4r.Update]:
        register = named(self._info.registers, statement.register)
        data = p4d.P4Data(bitstring=octets(statement.value))
        for index in _indexes(statement.index, register.size):
            entry = p4r.RegisterEntry(
                register_id=register.preamble.id, index=p4r.Index(index=index), data=data
            )
            yield _update(p4r.Update.MODIFY, register_entry=entry)

    def _meters(self, statement: SetRates) -> Iterator[p4r.Update]:
        meter = named(self._info.meters, statement.meter)
        config = p4r.MeterConfig(
            cir=round(statement.committed.rate * 1e6),
            cburst=statement.committed.burst,
            pir=round(statement.peak.rate * 1e6),
            pburst=statement.peak.burst,
        )
        for index in _indexes(statement.index, meter.size):
            entry = p4r.MeterEntry(
                meter_id=meter.preamble.id, index=p4r.Index(index=index), config=config
            )
            yield _update(p4r.Update.MODIFY, meter_entry=entry)


class _Named(Protocol):
    @property
    def preamble(self) -> p4i.Preamble: ...


T = TypeVar("T", bound=_Named)


def named(objects: Iterable[T], name: str) -> T:
    """The object of that name, or the only one whose name ends so."""
    candidates = list(objects)
    exact = [item for item in candidates if item.preamble.name == name]
    found = exact or [item for item in candidates if item.preamble.name.endswith(name)]
    if len(found) != 1:
        raise StfError(f"{len(found)} objects of P4Info are named {name!r}")
    return found[0]


def _key(table: p4i.Table, name: str) -> p4i.MatchField:
    # STF cannot write brackets: stack$0 is stack[0]. A key may also be named by its end.
    plain = re.sub(r"\$(\d+)", r"[\1]", name).replace(".valid", ".$valid$")
    for field in table.match_fields:
        if field.name == plain or field.name.endswith(f".{plain}"):
            return field
    raise StfError(f"table {table.preamble.name} has no key {name!r}")


def _match(field: p4i.MatchField, text: str | None) -> p4r.FieldMatch | None:
    """What is not given may be anything; only an exact field must have a value."""
    match field.match_type:
        case Match.EXACT:
            exact = p4r.FieldMatch.Exact(value=octets(int(text or "0", 0)))
            return p4r.FieldMatch(field_id=field.id, exact=exact)
        case Match.LPM if text is not None:
            value, length = _prefix(text)
            behind = field.bitwidth - length
            lpm = p4r.FieldMatch.LPM(value=octets(value >> behind << behind), prefix_len=length)
            return p4r.FieldMatch(field_id=field.id, lpm=lpm) if length else None
        case Match.TERNARY if text is not None:
            value, mask = _masked(text)
            ternary = p4r.FieldMatch.Ternary(value=octets(value & mask), mask=octets(mask))
            return p4r.FieldMatch(field_id=field.id, ternary=ternary) if mask else None
        case Match.OPTIONAL if text is not None:
            optional = p4r.FieldMatch.Optional(value=octets(int(text, 0)))
            return p4r.FieldMatch(field_id=field.id, optional=optional)
    if text is not None:
        raise StfError(f"key {field.name}: STF has no form for this kind of match")
    return None


def _prefix(text: str) -> tuple[int, int]:
    value, slash, length = text.partition("/")
    if slash:
        return int(value, 0), int(length, 0)
    digits = len(text) - 2 - text.count("*")
    return int(text.replace("*", "0"), 0), digits * DIGIT_BITS[text[:2]]


def _masked(text: str) -> tuple[int, int]:
    """The digits that are there count, a `*` does not."""
    full = (1 << DIGIT_BITS[text[:2]]) - 1
    mask = 0
    for digit in text[2:]:
        mask = mask << DIGIT_BITS[text[:2]] | (0 if digit == "*" else full)
    return int(text.replace("*", "0"), 0), mask


def _replicas(node: CreateNode) -> list[p4r.Replica]:
    return [p4r.Replica(egress_port=port, instance=node.instance) for port in node.ports]


def _indexes(index: int | None, size: int) -> Iterable[int]:
    return range(size) if index is None else (index,)


def octets(value: int) -> bytes:
    """The canonical byte string."""
    return value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big")


def _update(kind: p4r.Update.Type.ValueType, **entity: Any) -> p4r.Update:
    return p4r.Update(type=kind, entity=p4r.Entity(**entity))
