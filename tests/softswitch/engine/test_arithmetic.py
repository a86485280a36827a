"""Arithmetic of the generated code against Python's unlimited integers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softswitch.engine import Engine

OPERAND_WIDTHS = (8, 8, 8, 8, 13, 3, 32, 32, 64, 64, 128, 128)


def unsigned(width: int) -> st.SearchStrategy[int]:
    """Numbers of a width, with a preference for the ends of the range."""
    top = (1 << width) - 1
    ends = st.sampled_from([0, 1, top // 2, top // 2 + 1, top - 1, top])
    return st.one_of(ends, st.integers(0, top))


def pack(fields: list[tuple[int, int]]) -> bytes:
    """Concatenate (value, width) pairs; values are taken modulo their width."""
    number, bits = 0, 0
    for value, width in fields:
        number = number << width | (value & (1 << width) - 1)
        bits += width
    return number.to_bytes(bits // 8, "big")


@dataclass(frozen=True)
class Operands:
    a8: int
    b8: int
    i8: int
    j8: int
    a13: int
    b3: int
    a32: int
    b32: int
    a64: int
    b64: int
    a128: int
    b128: int

    def encode(self) -> bytes:
        values = vars(self).values()
        return pack(list(zip(values, OPERAND_WIDTHS, strict=True)))

    @property
    def i(self) -> int:
        return self.i8 - 256 if self.i8 >= 128 else self.i8

    @property
    def j(self) -> int:
        return self.j8 - 256 if self.j8 >= 128 else self.j8


def clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def results(o: Operands) -> Iterator[tuple[int, int]]:
    """What arithmetic.p4 answers, field by field, with widths."""
    yield o.a8 + o.b8, 8
    yield o.a8 - o.b8, 8
    yield o.a8 * o.b8, 8
    yield clamp(o.a8 + o.b8, 0, 255), 8
    yield clamp(o.a8 - o.b8, 0, 255), 8
    yield ~o.a8, 8
    yield -o.a8, 8
    yield o.i + o.j, 8
    yield o.i >> o.b3, 8
    yield clamp(o.i + o.j, -128, 127), 8
    yield o.a8 < o.b8, 8
    yield o.i < o.j, 8
    yield o.a13 << 3 | o.b3, 16
    yield o.a32 + o.b32, 32
    yield o.a32 * o.b32, 32
    yield o.a32 << o.b8, 32
    yield o.a32 >> o.b8, 32
    yield o.a32 | 0xFF if (o.a32 ^ o.b32) > 0x80000000 else o.b32 & 0xFF00FF00, 32
    yield o.a64 + o.b64, 64
    yield o.a64 - o.b64, 64
    yield o.a64 * o.b64, 64
    yield o.a64 << 7 | o.b64 >> 9, 64
    yield o.a128 + o.b128, 128
    yield o.a128 - o.b128, 128
    yield o.a128 * o.b128, 128
    yield o.a128 ^ ~o.b128, 128
    yield o.a128 << o.b8 | o.b128 >> o.a8, 128
    yield o.a128 >> 36, 64
    yield o.a128 < o.b128, 8
    yield o.a8 // 8, 8
    yield o.a8 % 8, 8


@pytest.fixture
def engine(start: Callable[[str], Engine]) -> Engine:
    return start("arithmetic")


@given(st.builds(Operands, *map(unsigned, OPERAND_WIDTHS)))
@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_results_are_those_of_unlimited_integers_cut_to_the_width(
    engine: Engine, operands: Operands
) -> None:
    ((_, answer),) = engine.process(1, operands.encode(), 0)
    assert answer == pack(list(results(operands)))
