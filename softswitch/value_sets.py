"""Parser value sets of a running program: tables without actions, replaced as a whole.

A set is a ternary table, since the JSON does not say how its members match: values, prefixes and
masks are entries of it as they are, and a range is the prefixes that it consists of.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product

from softswitch.bmv2json.model import Exact, Key, KeyField, Lpm, Range, Ternary
from softswitch.errors import EngineError, ErrorKind
from softswitch.program import Program, RuntimeTable

Member = tuple[Key, ...]
MaskedKey = tuple[Ternary, ...]

MAX_ENTRIES = 1 << 16  # of a set whose members have ranges
ANY_PRIORITY = 1


class ValueSets:
    """The value sets of one switch, by their names."""

    def __init__(self, program: Program, switch: ctypes.c_void_p) -> None:
        self._library = program.library
        self._switch = switch
        self._tables = {name: program.tables[name] for name in program.pipeline.value_sets}
        self._handles: dict[str, dict[MaskedKey, int]] = {name: {} for name in self._tables}

    def replace(self, name: str, members: Sequence[Member]) -> None:
        """Make these the members; those that stay are matched all the time."""
        if name not in self._tables:
            raise EngineError(ErrorKind.NOT_FOUND, f"no value set is named {name!r}")
        table = self._tables[name]
        if len(members) > table.table.max_size:
            limit = f"value set {name} has room for {table.table.max_size}, not {len(members)}"
            raise EngineError(ErrorKind.RESOURCE_EXHAUSTED, limit)
        keys = dict.fromkeys(_masked_keys(table, members))
        encoded = {key: table.encoder.encode(key, ANY_PRIORITY) for key in keys}
        handles = self._handles[name]
        for key in handles.keys() - encoded.keys():
            self._library.sw_table_delete(self._switch, table.number, handles.pop(key))
        for key in encoded.keys() - handles.keys():
            words = encoded[key]
            handles[key] = self._library.sw_table_insert(
                self._switch, table.number, words.key, words.mask, None, words.priority, 0, b"", 0
            )


def _masked_keys(table: RuntimeTable, members: Iterable[Member]) -> list[MaskedKey]:
    fields = table.table.key
    keys = (key for member in members for key in product(*map(_masked, fields, member)))
    found = list(islice(keys, MAX_ENTRIES + 1))
    if len(found) > MAX_ENTRIES:
        raise EngineError(
            ErrorKind.RESOURCE_EXHAUSTED,
            f"value set {table.table.name}: its ranges are more than {MAX_ENTRIES} masks",
        )
    return found


def _masked(field: KeyField, key: Key) -> list[Ternary]:
    full = (1 << field.width) - 1
    match key:
        case Exact(value):
            return [Ternary(value, full)]
        case Lpm(value, length):
            return [Ternary(value, full ^ full >> length)]
        case Ternary():
            return [key]
        case Range(low, high):
            return list(prefixes(low, high, full))


def prefixes(low: int, high: int, full: int) -> Iterator[Ternary]:
    """The fewest prefixes that are the range: each as large as its start and the end allow."""
    while low <= high:
        aligned = low & -low or full + 1
        size = min(aligned, 1 << (high - low + 1).bit_length() - 1)
        yield Ternary(low, full & -size)
        low += size
