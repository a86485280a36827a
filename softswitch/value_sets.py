"""Parser value sets of a running program: tables without actions, replaced as a whole."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from softswitch.bmv2json.model import Exact
from softswitch.errors import EngineError, ErrorKind
from softswitch.program import Program

Member = tuple[Exact, ...]


class ValueSets:
    """The value sets of one switch, by their names."""

    def __init__(self, program: Program, switch: ctypes.c_void_p) -> None:
        self._library = program.library
        self._switch = switch
        self._tables = {name: program.tables[name] for name in program.pipeline.value_sets}
        self._handles: dict[str, dict[Member, int]] = {name: {} for name in self._tables}

    def replace(self, name: str, members: Sequence[Member]) -> None:
        """Make these the members; those that stay are matched all the time."""
        if name not in self._tables:
            raise EngineError(ErrorKind.NOT_FOUND, f"no value set is named {name!r}")
        table = self._tables[name]
        if len(members) > table.table.max_size:
            limit = f"value set {name} has room for {table.table.max_size}, not {len(members)}"
            raise EngineError(ErrorKind.RESOURCE_EXHAUSTED, limit)
        encoded = {member: table.encoder.encode(member, 0) for member in members}
        handles = self._handles[name]
        for member in handles.keys() - encoded.keys():
            self._library.sw_table_delete(self._switch, table.number, handles.pop(member))
        for member in encoded.keys() - handles.keys():
            key = encoded[member]
            handles[member] = self._library.sw_table_insert(
                self._switch, table.number, key.key, key.mask, None, 0, 0, b"", 0
            )
