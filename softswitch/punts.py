"""Punted frames on their way to controllers, as octets of messages (runtime/punts.c, packet_in.c).

The native packet thread puts frames that leave on the CPU port into a ring; one thread of Python
takes them out, already serialized as `StreamMessageResponse`, many at a time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST = 1024
"""Messages that are taken at a time."""
ROOM = 1 << 18
"""Octets that they may have: the longest frame has a quarter."""


@dataclass(frozen=True, slots=True)
class PacketInField:
    """A field of the packet_in header: its id in P4Info, its first bit from the left, its width."""

    id: int
    first: int
    width: int


class PacketInLayout:
    """A packet_in header for native code (`struct packet_in_layout`)."""

    def __init__(self, octets: int, fields: Sequence[PacketInField]) -> None:
        array = (_Field * len(fields))(*(_Field(f.id, f.first, f.width) for f in fields))
        self.native = _Layout(octets, len(fields), array)


class Punts:
    """The consumer's end of the ring, for one thread; `close` may be called by any."""

    def __init__(self, library: ctypes.CDLL, ring: ctypes.c_void_p) -> None:
        self._library = declare(library)
        self._ring = ring
        self._messages = ctypes.create_string_buffer(ROOM)
        self._ends = (ctypes.c_uint32 * MOST)()

    def wait(self) -> bool:
        """Until there are frames; False when the ring is closed."""
        return bool(self._library.punts_wait(self._ring))

    def take(self, layout: PacketInLayout | None) -> list[bytes]:
        """Messages of frames that are there; without a layout the frames are dropped."""
        native = None if layout is None else ctypes.byref(layout.native)
        count = self._library.punts_take(self._ring, native, self._messages, ROOM, self._ends, MOST)
        ends = [0, *self._ends[:count]]
        octets = ctypes.string_at(self._messages, ends[-1])
        return [octets[start:end] for start, end in pairwise(ends)]

    def close(self) -> None:
        """Let `wait` end."""
        self._library.punts_close(self._ring)


class _Field(ctypes.Structure):
    """struct packet_in_field"""

    _fields_ = (("id", ctypes.c_uint32), ("first", ctypes.c_uint32), ("width", ctypes.c_uint32))


class _Layout(ctypes.Structure):
    """struct packet_in_layout"""

    _fields_ = (
        ("octets", ctypes.c_uint32),
        ("count", ctypes.c_uint32),
        ("fields", ctypes.POINTER(_Field)),
    )


def declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """The library, with the signatures of the ring's functions."""
    ring, octets = ctypes.c_void_p, ctypes.c_char_p
    library.punts_create.restype = ring
    library.punts_wait.restype = library.punts_put.restype = ctypes.c_bool
    library.punts_take.restype = ctypes.c_uint32
    library.punts_put.argtypes = [ring, octets, ctypes.c_uint32]
    library.punts_take.argtypes = [
        *(ring, ctypes.c_void_p, octets, ctypes.c_uint32),
        *(ctypes.POINTER(ctypes.c_uint32), ctypes.c_uint32),
    ]
    for name in ("punts_destroy", "punts_publish", "punts_wait", "punts_close"):
        getattr(library, name).argtypes = [ring]
    return library
