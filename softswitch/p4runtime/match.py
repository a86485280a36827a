"""Match keys: P4Runtime's `FieldMatch` list <-> one engine key a field, in the table's order.

A "don't care" field is left out of the message, never written as an empty mask or a prefix of
length zero, and bits outside of mask or prefix are zero: so equal entries have equal messages
(section "Match Format"). The engine wants every field; `optional` is a mask of all ones or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from finsy.proto import p4r

from softswitch.bmv2json.model import Exact, Key, Lpm, Range, Ternary
from softswitch.p4runtime import bytestring
from softswitch.p4runtime.p4info import MatchField, MatchKind
from softswitch.p4runtime.status import P4RuntimeError, invalid

MatchKey = tuple[Key, ...]


class Keyed(Protocol):
    """A table, or what has a key like one."""

    @property
    def name(self) -> str: ...
    @property
    def fields(self) -> tuple[MatchField, ...]: ...


_ONEOF: Mapping[MatchKind, str] = {
    MatchKind.EXACT: "exact",
    MatchKind.LPM: "lpm",
    MatchKind.TERNARY: "ternary",
    MatchKind.RANGE: "range",
    MatchKind.OPTIONAL: "optional",
}


def read_match(table: Keyed, matches: Sequence[p4r.FieldMatch]) -> MatchKey:
    """The key of an entry; INVALID_ARGUMENT if it is not a canonical one of this table."""
    given = {match.field_id: match for match in matches}
    key = tuple(_read_field(table, field, given.pop(field.id, None)) for field in table.fields)
    if given:
        raise invalid(f"table {table.name} has no key field with id {min(given)}")
    if len({match.field_id for match in matches}) != len(matches):
        raise invalid(f"table {table.name}: a key field is given twice")
    return key


def write_match(table: Keyed, key: Iterable[Key]) -> list[p4r.FieldMatch]:
    """The canonical message for a key."""
    fields = zip(table.fields, key, strict=True)
    return [_write_field(field, part) for field, part in fields if part != _dont_care(field)]


def describe_match(table: Keyed, key: Iterable[Key], priority: int) -> str:
    """The key for people: `table acl, ipv4.dst=0xe0000000/4, priority 10`."""
    fields = zip(table.fields, key, strict=True)
    parts = [f"{field.name}={_describe(part)}" for field, part in fields]
    if priority:
        parts.append(f"priority {priority}")
    return ", ".join([f"table {table.name}", *parts])


def _describe(key: Key) -> str:
    match key:
        case Exact(value):
            return f"{value:#x}"
        case Lpm(value, length):
            return f"{value:#x}/{length}"
        case Ternary(value, mask):
            return f"{value:#x}&{mask:#x}"
        case Range(low, high):
            return f"{low:#x}..{high:#x}"


def _dont_care(field: MatchField) -> Key | None:
    """The key that matches everything; exact fields have none."""
    match field.kind:
        case MatchKind.EXACT:
            return None
        case MatchKind.LPM:
            return Lpm(0, 0)
        case MatchKind.RANGE:
            return Range(0, (1 << field.width) - 1)
        case MatchKind.TERNARY | MatchKind.OPTIONAL:
            return Ternary(0, 0)


def _read_field(table: Keyed, field: MatchField, message: p4r.FieldMatch | None) -> Key:
    what = f"table {table.name}, key {field.name}"
    if message is None:
        key = _dont_care(field)
        if key is None:
            raise invalid(f"{what}: an exact match may not be left out")
        return key
    expected, got = _ONEOF[field.kind], message.WhichOneof("field_match_type")
    if got != expected:
        raise invalid(f"{what}: the match is of kind {got}, not {expected}")
    key = _read_value(field, message, what)
    if key == _dont_care(field):
        raise _dont_care_error(what)
    return key


def _read_value(field: MatchField, message: p4r.FieldMatch, what: str) -> Key:
    match field.kind:
        case MatchKind.EXACT:
            return Exact(bytestring.decode(message.exact.value, field.width, what))
        case MatchKind.LPM:
            return _read_lpm(field, message.lpm, what)
        case MatchKind.TERNARY:
            return _read_ternary(field, message.ternary, what)
        case MatchKind.RANGE:
            return _read_range(field, message.range, what)
        case MatchKind.OPTIONAL:
            value = bytestring.decode(message.optional.value, field.width, what)
            return Ternary(value, (1 << field.width) - 1)


def _read_lpm(field: MatchField, message: p4r.FieldMatch.LPM, what: str) -> Lpm:
    value = bytestring.decode(message.value, field.width, what)
    length = message.prefix_len
    if length == 0:
        raise _dont_care_error(what)
    if not 0 < length <= field.width:
        raise invalid(f"{what}: a prefix length of {length} is outside of 1..{field.width}")
    if value & ((1 << field.width - length) - 1):
        raise invalid(f"{what}: {value:#x}/{length} has bits set behind the prefix")
    return Lpm(value, length)


def _read_ternary(field: MatchField, message: p4r.FieldMatch.Ternary, what: str) -> Ternary:
    value = bytestring.decode(message.value, field.width, what)
    mask = bytestring.decode(message.mask, field.width, f"{what}, mask")
    if mask == 0:
        raise _dont_care_error(what)
    if value & ~mask:
        raise invalid(f"{what}: {value:#x} has bits set outside of the mask {mask:#x}")
    return Ternary(value, mask)


def _read_range(field: MatchField, message: p4r.FieldMatch.Range, what: str) -> Range:
    low = bytestring.decode(message.low, field.width, f"{what}, low")
    high = bytestring.decode(message.high, field.width, f"{what}, high")
    if low > high:
        raise invalid(f"{what}: the range {low:#x}..{high:#x} is empty")
    return Range(low, high)


def _dont_care_error(what: str) -> P4RuntimeError:
    return invalid(f"{what}: a match of everything is written by leaving the field out")


def _write_field(field: MatchField, key: Key) -> p4r.FieldMatch:
    message = p4r.FieldMatch(field_id=field.id)
    match key:
        case Exact(value):
            message.exact.value = bytestring.encode(value)
        case Lpm(value, length):
            message.lpm.value = bytestring.encode(value)
            message.lpm.prefix_len = length
        case Ternary(value) if field.kind is MatchKind.OPTIONAL:
            message.optional.value = bytestring.encode(value)
        case Ternary(value, mask):
            message.ternary.value = bytestring.encode(value)
            message.ternary.mask = bytestring.encode(mask)
        case Range(low, high):
            message.range.low = bytestring.encode(low)
            message.range.high = bytestring.encode(high)
    return message
