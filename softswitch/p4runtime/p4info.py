"""The P4Info message as values that can be looked up by id.

Protobuf messages are slow to search and know no names for their neighbours; this is read once when
a pipeline is set, and every later request is checked against it. Names are the fully qualified ones
(`preamble.name`), which are also the names in BMv2's JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

from finsy.proto import p4i

from softswitch.p4runtime.digest_types import Digest, read_digest
from softswitch.p4runtime.status import Code, P4RuntimeError, invalid


class MatchKind(Enum):
    """How a key field is matched (P4Info `MatchField.MatchType`)."""

    EXACT = p4i.MatchField.EXACT
    LPM = p4i.MatchField.LPM
    TERNARY = p4i.MatchField.TERNARY
    RANGE = p4i.MatchField.RANGE
    OPTIONAL = p4i.MatchField.OPTIONAL


MAX_HEADER_BITS = 4096
"""Of what stands in front of a packet from or to a controller."""

# Entries of a table with such a field may overlap, so each needs a priority (section "TableEntry").
PRIORITY_KINDS = frozenset({MatchKind.TERNARY, MatchKind.RANGE, MatchKind.OPTIONAL})


@dataclass(frozen=True, slots=True)
class Field:
    """A named bit field: a match key's, an action's parameter, or of a packet-in/out header."""

    id: int
    name: str
    width: int


@dataclass(frozen=True, slots=True)
class MatchField(Field):
    kind: MatchKind


@dataclass(frozen=True, slots=True)
class Action:
    id: int
    name: str
    params: tuple[Field, ...]


class Scope(Enum):
    """Where a table may use an action: @tableonly, @defaultonly, or both."""

    TABLE_AND_DEFAULT = p4i.ActionRef.TABLE_AND_DEFAULT
    TABLE_ONLY = p4i.ActionRef.TABLE_ONLY
    DEFAULT_ONLY = p4i.ActionRef.DEFAULT_ONLY


@dataclass(frozen=True, slots=True)
class ActionRef:
    action: Action
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`profile` is the id of the action profile that implements it, 0 for none."""

    id: int
    name: str
    fields: tuple[MatchField, ...]
    actions: Mapping[int, ActionRef]
    needs_priority: bool
    is_const: bool
    const_default: bool
    idle_timeout: bool
    has_counter: bool
    has_meter: bool
    profile: int = 0
    initial_default: Action | None = None


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A parser value set; what its members are matched against is a key as a table has one."""

    id: int
    name: str
    fields: tuple[MatchField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionProfile:
    """An action profile, or with `has_groups` an action selector.

    Sizes limit the sum of weights of all groups and of one group, or the number of their members
    if `counts_members`; 0 is no limit.
    """

    id: int
    name: str
    actions: Mapping[int, ActionRef]
    has_groups: bool
    size: int
    max_group_size: int
    counts_members: bool
    max_member_weight: int


@dataclass(frozen=True, slots=True)
class CellArray:
    """An indirect counter, meter or register: `size` cells; `width` bits each in a register.

    The cells of a register of `int<W>` are `signed`.
    """

    id: int
    name: str
    size: int
    width: int = 0
    signed: bool = False


@dataclass(frozen=True, slots=True)
class PacketHeader:
    """The header in front of a packet from (`packet_in`) or to (`packet_out`) the switch."""

    name: str
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class P4Info:
    """Everything of a P4Info message that the server needs."""

    tables: Mapping[int, Table]
    actions: Mapping[int, Action]
    profiles: Mapping[int, ActionProfile]
    counters: Mapping[int, CellArray]
    meters: Mapping[int, CellArray]
    registers: Mapping[int, CellArray]
    value_sets: Mapping[int, ValueSet]
    digests: Mapping[int, Digest]
    packet_in: PacketHeader
    packet_out: PacketHeader


def read_p4info(message: p4i.P4Info) -> P4Info:
    """Read and check a P4Info message; raises INVALID_ARGUMENT naming what does not fit."""
    actions = _by_id(_action(action) for action in message.actions)
    meters = {meter.preamble.id for meter in message.direct_meters}
    counters = {counter.preamble.id for counter in message.direct_counters}
    tables = _by_id(_table(table, actions, counters, meters) for table in message.tables)
    profiles = _by_id(_profile(profile, tables) for profile in message.action_profiles)
    _check_implementations(tables, profiles)
    return P4Info(
        tables=tables,
        actions=actions,
        profiles=profiles,
        counters=_by_id(_cells(counter) for counter in message.counters),
        meters=_by_id(_cells(meter) for meter in message.meters),
        registers=_by_id(_register(register) for register in message.registers),
        value_sets=_by_id(_value_set(value_set) for value_set in message.value_sets),
        digests=_by_id(read_digest(digest, message.type_info) for digest in message.digests),
        packet_in=_packet_header(message, "packet_in"),
        packet_out=_packet_header(message, "packet_out"),
    )


class Identified(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Identified)


def _by_id(objects: Iterable[T]) -> Mapping[int, T]:
    found: dict[int, T] = {}
    for item in objects:
        if item.id in found:
            raise invalid(f"P4Info: {item.name} and {found[item.id].name} share id {item.id:#x}")
        found[item.id] = item
    return found


def look_up(objects: Mapping[int, T], object_id: int, kind: str) -> T:
    """The object with this id; NOT_FOUND if the P4Info has none."""
    found = objects.get(object_id)
    if found is None:
        raise P4RuntimeError(Code.NOT_FOUND, f"P4Info has no {kind} with id {object_id:#010x}")
    return found


def _action(message: p4i.Action) -> Action:
    params = tuple(Field(param.id, param.name, param.bitwidth) for param in message.params)
    return Action(message.preamble.id, message.preamble.name, params)


def _table(
    message: p4i.Table, actions: Mapping[int, Action], counters: set[int], meters: set[int]
) -> Table:
    name = message.preamble.name
    fields = tuple(_match_field(field, name) for field in message.match_fields)
    direct = set(message.direct_resource_ids)
    return Table(
        id=message.preamble.id,
        name=name,
        fields=fields,
        actions={ref.id: _action_ref(ref, actions, name) for ref in message.action_refs},
        profile=message.implementation_id,
        initial_default=actions.get(message.initial_default_action.action_id),
        needs_priority=any(field.kind in PRIORITY_KINDS for field in fields),
        is_const=message.is_const_table,
        # Section "Default Entry": with an action profile it is constant.
        const_default=bool(message.const_default_action_id or message.implementation_id),
        idle_timeout=message.idle_timeout_behavior != p4i.Table.NO_TIMEOUT,
        has_counter=bool(direct & counters),
        has_meter=bool(direct & meters),
    )


def _profile(message: p4i.ActionProfile, tables: Mapping[int, Table]) -> ActionProfile:
    preamble = message.preamble
    users = [table for table in tables.values() if table.profile == preamble.id]
    refs = [ref for table in users for ref in table.actions.items()]
    return ActionProfile(
        id=preamble.id,
        name=preamble.name,
        # Where tables differ on the scope of an action, a member may be what one of them allows.
        actions=dict(sorted(refs, key=lambda ref: ref[1].scope is not Scope.DEFAULT_ONLY)),
        has_groups=message.with_selector,
        size=message.size,
        max_group_size=message.max_group_size,
        counts_members=message.HasField("sum_of_members"),
        max_member_weight=message.sum_of_members.max_member_weight,
    )


def _check_implementations(
    tables: Mapping[int, Table], profiles: Mapping[int, ActionProfile]
) -> None:
    for table in tables.values():
        if table.profile and table.profile not in profiles:
            raise invalid(
                f"P4Info: table {table.name} names action profile id {table.profile:#x}, "
                "which is not there"
            )


def _match_field(message: p4i.MatchField, table: str) -> MatchField:
    try:
        kind = MatchKind(message.match_type)
    except ValueError:
        other = message.other_match_type or message.match_type
        raise P4RuntimeError(
            Code.UNIMPLEMENTED,
            f"table {table}, key {message.name}: match kind {other} is not supported",
        ) from None
    if not message.bitwidth and message.type_name.name:
        raise P4RuntimeError(
            Code.UNIMPLEMENTED,
            f"table {table}, key {message.name}: values that are strings are not supported",
        )
    return MatchField(message.id, message.name, message.bitwidth, kind)


def _value_set(message: p4i.ValueSet) -> ValueSet:
    name = message.preamble.name
    fields = tuple(_match_field(field, name) for field in message.match)
    return ValueSet(message.preamble.id, name, fields)


def _action_ref(message: p4i.ActionRef, actions: Mapping[int, Action], table: str) -> ActionRef:
    if message.id not in actions:
        raise invalid(f"P4Info: table {table} names action id {message.id:#x}, which is not there")
    return ActionRef(actions[message.id], Scope(message.scope))


def _cells(message: p4i.Counter | p4i.Meter) -> CellArray:
    return CellArray(message.preamble.id, message.preamble.name, message.size)


def _register(message: p4i.Register) -> CellArray:
    preamble, type_ = message.preamble, message.type_spec.bitstring
    # A width of 0 is one of another type.
    width = type_.bit.bitwidth or type_.int.bitwidth
    return CellArray(preamble.id, preamble.name, message.size, width, type_.HasField("int"))


def _packet_header(message: p4i.P4Info, name: str) -> PacketHeader:
    for header in message.controller_packet_metadata:
        if header.preamble.name == name:
            fields = (Field(item.id, item.name, item.bitwidth) for item in header.metadata)
            return _checked(PacketHeader(name, tuple(fields)))
    return PacketHeader(name)


def _checked(header: PacketHeader) -> PacketHeader:
    """Native code takes the places of fields as they are."""
    for field in header.fields:
        if field.width < 1:
            raise invalid(f"{header.name} field {field.name}: {field.width} bits are no value")
    width = sum(field.width for field in header.fields)
    if width > MAX_HEADER_BITS:
        raise invalid(f"{header.name}: {width} bits are more than {MAX_HEADER_BITS}")
    return header
