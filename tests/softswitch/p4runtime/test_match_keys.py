"""Section "Match Format": canonical keys, and what is refused."""

from __future__ import annotations

import pytest
from finsy.proto import p4r

from softswitch.bmv2json.model import Exact, Key, Lpm, Range, Ternary
from softswitch.p4runtime.match import describe_match, read_match, write_match
from softswitch.p4runtime.p4info import MatchField, MatchKind, Table
from softswitch.p4runtime.status import P4RuntimeError

FM = p4r.FieldMatch


def table(kind: MatchKind, width: int = 8) -> Table:
    return Table(
        id=1,
        name="t",
        fields=(MatchField(3, "f", width, kind),),
        actions={},
        needs_priority=False,
        is_const=False,
        const_default=False,
        idle_timeout=False,
        has_counter=False,
        has_meter=False,
    )


def exact(value: bytes) -> p4r.FieldMatch:
    return FM(field_id=3, exact=FM.Exact(value=value))


def lpm(value: bytes, length: int) -> p4r.FieldMatch:
    return FM(field_id=3, lpm=FM.LPM(value=value, prefix_len=length))


def ternary(value: bytes, mask: bytes) -> p4r.FieldMatch:
    return FM(field_id=3, ternary=FM.Ternary(value=value, mask=mask))


def between(low: bytes, high: bytes) -> p4r.FieldMatch:
    return FM(field_id=3, range=FM.Range(low=low, high=high))


def optional(value: bytes) -> p4r.FieldMatch:
    return FM(field_id=3, optional=FM.Optional(value=value))


CANONICAL = [
    (MatchKind.EXACT, [exact(b"\x00")], Exact(0)),
    (MatchKind.EXACT, [exact(b"\xff")], Exact(255)),
    (MatchKind.LPM, [lpm(b"\xe0", 3)], Lpm(0xE0, 3)),
    (MatchKind.LPM, [], Lpm(0, 0)),
    (MatchKind.TERNARY, [ternary(b"\x05", b"\x0f")], Ternary(5, 15)),
    (MatchKind.TERNARY, [], Ternary(0, 0)),
    (MatchKind.RANGE, [between(b"\x01", b"\x02")], Range(1, 2)),
    (MatchKind.RANGE, [], Range(0, 255)),
    (MatchKind.OPTIONAL, [optional(b"\x11")], Ternary(0x11, 0xFF)),
    (MatchKind.OPTIONAL, [], Ternary(0, 0)),
]


@pytest.mark.parametrize(("kind", "message", "key"), CANONICAL)
def test_a_canonical_match_is_read_and_written(
    kind: MatchKind, message: list[p4r.FieldMatch], key: Key
) -> None:
    assert read_match(table(kind), message) == (key,)
    assert write_match(table(kind), (key,)) == message


def test_leading_zeros_are_not_written_back() -> None:
    wide = table(MatchKind.EXACT, 32)
    assert write_match(wide, read_match(wide, [exact(b"\0\0\0\x07")])) == [exact(b"\x07")]


@pytest.mark.parametrize(
    ("kind", "message", "reason"),
    [
        (MatchKind.EXACT, [], "may not be left out"),
        (MatchKind.EXACT, [lpm(b"\x01", 8)], "of kind lpm, not exact"),
        (MatchKind.EXACT, [exact(b"\x01"), exact(b"\x01")], "given twice"),
        (MatchKind.EXACT, [exact(b"\x01"), FM(field_id=9)], "no key field with id 9"),
        (MatchKind.EXACT, [exact(b"\x01\x00")], "does not fit into bit<8>"),
        (MatchKind.LPM, [lpm(b"\x00", 0)], "leaving the field out"),
        (MatchKind.LPM, [lpm(b"\x01", 9)], "outside of 1..8"),
        (MatchKind.LPM, [lpm(b"\x01", -1)], "outside of 1..8"),
        (MatchKind.LPM, [lpm(b"\xe1", 3)], "bits set behind the prefix"),
        (MatchKind.TERNARY, [ternary(b"\x00", b"\x00")], "leaving the field out"),
        (MatchKind.TERNARY, [ternary(b"\x10", b"\x0f")], "outside of the mask"),
        (MatchKind.RANGE, [between(b"\x02", b"\x01")], "is empty"),
        (MatchKind.RANGE, [between(b"\x00", b"\xff")], "leaving the field out"),
        (MatchKind.OPTIONAL, [optional(b"")], "empty string"),
    ],
)
def test_any_other_match_is_refused(
    kind: MatchKind, message: list[p4r.FieldMatch], reason: str
) -> None:
    with pytest.raises(P4RuntimeError, match=reason):
        read_match(table(kind), message)


@pytest.mark.parametrize(
    ("kind", "key", "text"),
    [
        (MatchKind.EXACT, Exact(7), "table t, f=0x7"),
        (MatchKind.LPM, Lpm(0xE0, 4), "table t, f=0xe0/4"),
        (MatchKind.TERNARY, Ternary(1, 3), "table t, f=0x1&0x3"),
        (MatchKind.RANGE, Range(1, 3), "table t, f=0x1..0x3"),
    ],
)
def test_a_key_is_described_for_people(kind: MatchKind, key: Key, text: str) -> None:
    assert describe_match(table(kind), (key,), 0) == text
    assert describe_match(table(kind), (key,), 5) == f"{text}, priority 5"
