"""Header stacks: parsed in a loop, pushed, popped, indexed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from softswitch.engine import Engine

POP, PUSH, SWAP, READ, WRITE, DEPTH = 1, 2, 3, 4, 5, 6
OUT_OF_BOUNDS, TOO_SHORT = b"\xee\x01", b"\xee\x02"


@pytest.fixture
def engine(start: Callable[[str], Engine]) -> Engine:
    return start("stacks")


def label(value: int, ttl: int, *, traffic_class: int = 0, bottom: bool = False) -> bytes:
    return (value << 12 | traffic_class << 9 | int(bottom) << 8 | ttl).to_bytes(4, "big")


def frame(op: int, *labels: bytes, argument: int = 0, answer: bytes = b"\0\0") -> bytes:
    return bytes((op, argument)) + answer + b"".join(labels) + b"payload"


A, B, C = label(1, 10), label(2, 20), label(3, 30)
LAST = label(9, 90, bottom=True)


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (frame(0, A, B, LAST), frame(0, A, B, LAST)),
        (frame(POP, A, B, LAST), frame(POP, B, LAST)),
        (frame(POP, LAST), frame(POP)),
        (
            frame(PUSH, A, LAST),
            frame(PUSH, label(0xABCDE, 64, traffic_class=5), label(2, 0), A, LAST),
        ),
        (
            frame(PUSH, A, B, C, LAST),
            frame(PUSH, label(0xABCDE, 64, traffic_class=5), label(2, 0), A, B),
        ),
        (frame(SWAP, A, B, LAST), frame(SWAP, B, A, LAST)),
        (
            frame(READ, A, B, LAST, argument=1),
            frame(READ, A, B, LAST, argument=1, answer=b"\0\x14"),
        ),
        (frame(WRITE, A, LAST, argument=0), frame(WRITE, label(1, 7), LAST, argument=0)),
        (frame(DEPTH, A, B, C, LAST), frame(DEPTH, A, B, C, answer=b"\0\x04")),
    ],
)
def test_the_stack_changes_as_the_program_says(
    engine: Engine, sent: bytes, received: bytes
) -> None:
    assert engine.process(3, sent, 0) == [(1, received)]


def test_the_fifth_label_does_not_fit_and_remains_payload(engine: Engine) -> None:
    labels = (A, B, C, A, B, LAST)
    expected = frame(0, *labels, answer=OUT_OF_BOUNDS)
    assert engine.process(3, frame(0, *labels), 0) == [(1, expected)]


def test_a_stack_cut_short_keeps_what_was_parsed(engine: Engine) -> None:
    sent = frame(0, A, B)[:-7] + b"\1\2"
    assert engine.process(3, sent, 0) == [(1, sent[:2] + TOO_SHORT + sent[4:])]
