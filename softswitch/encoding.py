"""Keys and arguments as the words that the native tables take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from struct import Struct

from softswitch import native
from softswitch.bmv2json.model import (
    Action,
    Exact,
    Key,
    KeyField,
    Lpm,
    MatchKind,
    Range,
    Table,
    Ternary,
)
from softswitch.codegen.keys import key_layout
from softswitch.errors import EngineError, ErrorKind
from softswitch.words import join_words, split_words, word_count

MAX_PRIORITY = (1 << 31) - 1

MATCH_TYPES: dict[MatchKind, type[Key]] = {
    MatchKind.EXACT: Exact,
    MatchKind.LPM: Lpm,
    MatchKind.TERNARY: Ternary,
    MatchKind.RANGE: Range,
}


@dataclass(frozen=True)
class EncodedKey:
    """Packed words, and the priority by which the native table orders the entry."""

    key: bytes
    mask: bytes
    high: bytes | None
    priority: int


@dataclass(frozen=True)
class _Part:
    """One field: what to compare with, under which mask (0 for ranges), up to where."""

    value: int
    mask: int
    high: int
    prefix_len: int = 0


class TableEncoder:
    """Checks and packs the keys of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._layout = key_layout(table)
        self._words = Struct(f"={self._layout.words}Q")
        self._ranges = any(field.kind is MatchKind.RANGE for field in table.key)

    def encode(self, key: tuple[Key, ...], priority: int) -> EncodedKey:
        """Pack a key; an `EngineError` says which field is wrong."""
        table = self._table
        if not table.key:
            raise _invalid(f"table {table.name} has no key: only its default action can be set")
        if len(key) != len(table.key):
            raise _invalid(f"table {table.name} has {len(table.key)} key fields, not {len(key)}")
        parts = [self._part(field, match) for field, match in zip(table.key, key, strict=True)]
        return EncodedKey(
            key=self._pack([part.value for part in parts]),
            mask=self._pack([part.mask for part in parts]),
            high=self._pack([part.high for part in parts]) if self._ranges else None,
            priority=self._priority(parts, priority),
        )

    def decode(self, key: int, mask: int, high: int | None) -> tuple[Key, ...]:
        """The key of an entry, from the addresses of its words."""
        count = self._layout.words
        values = self._layout.unpack(native.words(key, count))
        masks = self._layout.unpack(native.words(mask, count))
        highs = self._layout.unpack(native.words(high, count)) if high else values
        fields = zip(self._table.key, values, masks, highs, strict=True)
        return tuple(_match(field.kind, *parts) for field, *parts in fields)

    def _pack(self, values: list[int]) -> bytes:
        return self._words.pack(*self._layout.pack(tuple(values)))

    def _priority(self, parts: Sequence[_Part], priority: int) -> int:
        match self._table.kind:
            case MatchKind.EXACT:
                return 0
            case MatchKind.LPM:
                return sum(part.prefix_len for part in parts)
        if not 0 < priority <= MAX_PRIORITY:
            raise _invalid(f"table {self._table.name} needs a priority of 1 to {MAX_PRIORITY}")
        return priority

    def _part(self, field: KeyField, match: Key) -> _Part:
        if not isinstance(match, MATCH_TYPES[field.kind]):
            raise self._wrong(field, f"matches {field.kind.value}")
        full = (1 << field.width) - 1
        match match:
            case Exact(value):
                return _Part(self._checked(field, value), full, 0)
            case Lpm(value, prefix_len):
                if not 0 <= prefix_len <= field.width:
                    raise self._wrong(field, f"has no prefix of {prefix_len} bits")
                mask = full ^ (full >> prefix_len)
                return _Part(self._checked(field, value) & mask, mask, 0, prefix_len)
            case Ternary(value, mask):
                mask = self._checked(field, mask)
                return _Part(self._checked(field, value) & mask, mask, 0)
            case Range(low, high):
                if low > high:
                    raise self._wrong(field, f"cannot match {low} to {high}")
                return _Part(self._checked(field, low), 0, self._checked(field, high))

    def _checked(self, field: KeyField, value: int) -> int:
        if value < 0 or value >> field.width:
            raise self._wrong(field, f"has {field.width} bits, too few for {value:#x}")
        return value

    def _wrong(self, field: KeyField, what: str) -> EngineError:
        return _invalid(f"table {self._table.name}: key field {field.name} {what}")


def encode_args(action: Action, args: Sequence[int]) -> tuple[bytes, int]:
    """The words of an action's arguments, and how many they are."""
    if len(args) != len(action.parameters):
        wanted = len(action.parameters)
        raise _invalid(f"action {action.name} takes {wanted} arguments, not {len(args)}")
    words: list[int] = []
    for parameter, value in zip(action.parameters, args, strict=True):
        if value < 0 or value >> parameter.width:
            raise _invalid(
                f"action {action.name}: parameter {parameter.name} has {parameter.width} bits, "
                f"too few for {value:#x}"
            )
        words += split_words(value, parameter.width)
    return Struct(f"={len(words)}Q").pack(*words), len(words)


def decode_args(action: Action, address: int) -> tuple[int, ...]:
    """An action's arguments, from the address of their words."""
    counts = [word_count(parameter.width) for parameter in action.parameters]
    words = iter(native.words(address, sum(counts)))
    return tuple(join_words(islice(words, count)) for count in counts)


def _match(kind: MatchKind, value: int, mask: int, high: int) -> Key:
    match kind:
        case MatchKind.EXACT:
            return Exact(value)
        case MatchKind.LPM:
            return Lpm(value, mask.bit_count())
        case MatchKind.TERNARY:
            return Ternary(value, mask)
        case MatchKind.RANGE:
            return Range(value, high)


def _invalid(message: str) -> EngineError:
    return EngineError(ErrorKind.INVALID_ARGUMENT, message)
