"""The entries of a running program's tables, as the native tables keep them.

There is no other record of an entry: what packets need, and what means nothing to them and is read
back (`Cookies`), stand together in C. `Engine` adds, changes and removes entries; here they are
found and read.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NewType

from softswitch import native
from softswitch.bmv2json.model import Action, Key
from softswitch.encoding import decode_args
from softswitch.errors import EngineError, ErrorKind
from softswitch.profiles import Reference, ReferenceKind
from softswitch.program import Program, RuntimeTable

EntryHandle = NewType("EntryHandle", int)


@dataclass(frozen=True, slots=True)
class Cookies:
    """Data of the controller, opaque to the switch."""

    metadata: bytes = b""
    controller_metadata: int = 0


NO_COOKIES = Cookies()


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry; its action is one of the program's, by name, or a reference into the profile."""

    handle: EntryHandle
    key: tuple[Key, ...]
    priority: int
    action: str | Reference
    arguments: tuple[int, ...]
    cookies: Cookies
    is_const: bool


class Entries:
    """The entries of one switch, by the names of their tables."""

    def __init__(self, program: Program, switch: ctypes.c_void_p) -> None:
        self._tables = program.tables
        self._actions = program.pipeline.actions
        self._library = program.library
        self._switch = switch

    def find(self, table: str, key: tuple[Key, ...], priority: int) -> EntryHandle | None:
        """The entry with this key, and priority where it counts."""
        runtime = self._tables[table]
        encoded = runtime.encoder.encode(key, priority)
        handle = self._library.sw_table_find(
            self._switch,
            runtime.number,
            encoded.key,
            encoded.mask,
            encoded.high,
            encoded.priority,
        )
        return None if handle < 0 else EntryHandle(handle)

    def get(self, table: str, handle: EntryHandle) -> StoredEntry:
        """One entry."""
        found = self._from(self._tables[table], handle)
        if found is None or found.handle != handle:
            raise EngineError(ErrorKind.NOT_FOUND, f"table {table} has no entry {handle}")
        return found

    def all(self, table: str) -> Iterator[StoredEntry]:
        """All entries, by their handles; the table must not change meanwhile."""
        runtime, handle = self._tables.get(table), 0
        if runtime is None:
            return  # a table without a key whose action is constant does not exist at run time
        while (entry := self._from(runtime, handle)) is not None:
            yield entry
            handle = entry.handle + 1

    def set_cookies(self, table: str, handle: EntryHandle, cookies: Cookies) -> None:
        """Replace what the controller keeps with an entry."""
        octets = cookies.metadata
        self._library.sw_table_cookies_set(
            self._switch,
            self._tables[table].number,
            handle,
            cookies.controller_metadata,
            octets,
            len(octets),
        )

    def _from(self, runtime: RuntimeTable, handle: int) -> StoredEntry | None:
        view = native.EntryView()
        number = runtime.number
        found = self._library.sw_table_view(self._switch, number, handle, ctypes.byref(view))
        if found < 0:
            return None
        action, arguments = self._call(runtime, view)
        return StoredEntry(
            handle=EntryHandle(found),
            key=runtime.encoder.decode(view.key, view.mask, view.high),
            priority=view.priority,
            action=action,
            arguments=arguments,
            cookies=_cookies(view),
            is_const=bool(view.fixed),
        )

    def _call(
        self, runtime: RuntimeTable, view: native.EntryView
    ) -> tuple[str | Reference, tuple[int, ...]]:
        if runtime.table.profile is not None:
            [number] = native.words(view.args, 1)
            return Reference(ReferenceKind(view.action), number), ()
        action: Action = self._actions[view.action]
        return action.name, decode_args(action, view.args)


def _cookies(view: native.EntryView) -> Cookies:
    if view.cookies is None:
        return NO_COOKIES
    return Cookies(ctypes.string_at(view.cookies, view.cookies_length), view.cookie_number)
