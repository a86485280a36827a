"""The compiled library as typed Python calls (runtime/switch.h).

Arrays of words travel as `bytes`; ctypes hands out their address. Every call releases the GIL.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from struct import Struct

U32, U64, PTR, WORDS = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_char_p

STATISTICS = (
    "received",
    "sent",
    "parser_errors",
    "checksum_errors",
    "ingress_drops",
    "egress_drops",
    "unknown_groups",
    "unknown_sessions",
    "failed_assertions",
    "passes_exceeded",
    "oversized",
)

NOT_FOUND, EXISTS, FULL = -1, -2, -3

_PAIR = U64 * 2
_QUARTET = U64 * 4


class EntryView(ctypes.Structure):
    """struct sw_entry_view"""

    key: int
    mask: int
    high: int | None
    args: int
    cookies: int | None
    cookie_number: int
    cookies_length: int
    action: int
    priority: int
    fixed: int

    _fields_ = (
        ("key", PTR),
        ("mask", PTR),
        ("high", PTR),
        ("args", PTR),
        ("cookies", PTR),
        ("cookie_number", U64),
        ("cookies_length", U32),
        ("action", U32),
        ("priority", ctypes.c_int32),
        ("fixed", U32),
    )


_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "sw_create": (PTR, ()),
    "sw_destroy": (None, (PTR,)),
    "sw_set_priority_queues": (None, (PTR, U32)),
    "sw_hold": (None, (PTR,)),
    "sw_release": (None, (PTR,)),
    "sw_collect": (U32, (PTR, U32, WORDS, U32, U64)),
    "sw_collected": (PTR, (PTR,)),
    "sw_table_insert": (
        ctypes.c_int64,
        (PTR, U32, WORDS, WORDS, WORDS, ctypes.c_int32, U32, WORDS, U32),
    ),
    "sw_table_modify": (ctypes.c_int, (PTR, U32, U32, U32, WORDS, U32)),
    "sw_table_delete": (ctypes.c_int, (PTR, U32, U32)),
    "sw_table_set_default": (None, (PTR, U32, U32, WORDS, U32)),
    "sw_table_find": (ctypes.c_int64, (PTR, U32, WORDS, WORDS, WORDS, ctypes.c_int32)),
    "sw_table_view": (ctypes.c_int64, (PTR, U32, U32, PTR)),
    "sw_table_fix": (ctypes.c_int, (PTR, U32, U32)),
    "sw_table_cookies_set": (ctypes.c_int, (PTR, U32, U32, U64, WORDS, U32)),
    "sw_table_counter_read": (ctypes.c_int, (PTR, U32, U32, PTR)),
    "sw_table_counter_write": (ctypes.c_int, (PTR, U32, U32, WORDS)),
    "sw_age_start": (None, (PTR, U32, U32, U64)),
    "sw_age_read": (None, (PTR, U32, PTR, U32, PTR)),
    "sw_table_meter_configure": (ctypes.c_int, (PTR, U32, U32, WORDS)),
    "sw_table_meter_read": (ctypes.c_int, (PTR, U32, U32, PTR)),
    "sw_counter_read": (ctypes.c_int, (PTR, U32, U64, PTR)),
    "sw_counter_write": (ctypes.c_int, (PTR, U32, U64, WORDS)),
    "sw_meter_configure": (ctypes.c_int, (PTR, U32, U64, WORDS)),
    "sw_register_read": (ctypes.c_int, (PTR, U32, U64, PTR)),
    "sw_register_write": (ctypes.c_int, (PTR, U32, U64, WORDS)),
    "sw_member_set": (ctypes.c_int, (PTR, U32, U32, U32, WORDS, U32)),
    "sw_member_delete": (ctypes.c_int, (PTR, U32, U32)),
    "sw_selection_set": (ctypes.c_int, (PTR, U32, U32, WORDS, U32)),
    "sw_selection_delete": (ctypes.c_int, (PTR, U32, U32)),
    "sw_group_set": (ctypes.c_int, (PTR, U32, WORDS, U32)),
    "sw_group_delete": (ctypes.c_int, (PTR, U32)),
    "sw_session_set": (ctypes.c_int, (PTR, U32, WORDS, U32, U32)),
    "sw_session_delete": (ctypes.c_int, (PTR, U32)),
    "sw_write": (ctypes.c_int, (PTR, PTR, WORDS, U64, PTR)),
    "sw_read_entries": (ctypes.c_int64, (PTR, PTR, U32, PTR, PTR, U64)),
    "sw_read_entry": (ctypes.c_int64, (PTR, PTR, WORDS, U64, U32, PTR, U64)),
    "sw_statistics": (None, (PTR, PTR)),
}


def load(path: Path) -> ctypes.CDLL:
    """Load a compiled program and declare what it exports."""
    library = ctypes.CDLL(str(path))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


def word_array(count: int) -> ctypes.Array[ctypes.c_uint64]:
    """Room for so many words that a call fills in."""
    return (U64 * count)()


def pair() -> ctypes.Array[ctypes.c_uint64]:
    """Room for two words that a call fills in."""
    return _PAIR()


def quartet() -> ctypes.Array[ctypes.c_uint64]:
    """Room for the configuration of a meter."""
    return _QUARTET()


def words(address: int, count: int) -> tuple[int, ...]:
    """Words that the library keeps."""
    return Struct(f"={count}Q").unpack(ctypes.string_at(address, 8 * count))


def statistics_array() -> ctypes.Array[ctypes.c_uint64]:
    """Room for all statistics."""
    return (U64 * len(STATISTICS))()
