"""Writes of plain table entries, without a Python object for any of them (runtime/write.c).

Most of what a controller writes are entries with a match, an action and perhaps metadata. The
native code reads them from the octets of the request and carries them out. It only ever does what
`tables` would do, and has no errors to tell: an update that is anything else, or is refused, is
left to the Python of its store, in its turn.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

from finsy.proto import p4r

from softswitch.engine import Engine
from softswitch.schema import Schema


class _Progress(ctypes.Structure):
    """struct sw_progress"""

    updates: int

    _fields_ = (("at", ctypes.c_uint64), ("updates", ctypes.c_uint64))


class PlainWrites:
    """Carries out what is plain in a request."""

    def __init__(self, engine: Engine, schema: Schema) -> None:
        self._write = engine.library.sw_write
        self._switch = engine.pointer
        self._schema = schema

    def apply(self, update: p4r.Update) -> bool:
        """Carry out one update, unless it is left."""
        request = p4r.WriteRequest(updates=[update]).SerializeToString()
        return next(self.carry_out(request, 1), None) is None

    def carry_out(self, request: bytes, updates: int) -> Iterator[int]:
        """The positions of updates that are left, each when all before it are carried out.

        The caller carries out each, or refuses it, before it asks for the next one. Of a request
        that is written in a way that the native reader does not know, all that it has not reached
        is left.
        """
        progress = _Progress()
        schema, reached = ctypes.byref(self._schema), ctypes.byref(progress)
        while self._write(self._switch, schema, request, len(request), reached):
            yield progress.updates - 1
        yield from range(progress.updates, updates)
