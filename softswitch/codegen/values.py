"""C expressions that know the range of their value.

BMv2 computes with unlimited precision. The generated code computes in the narrowest of five C
types that provably holds the exact value, found by interval arithmetic; see `expressions`. Four of
them are C's own; `sw_wide` is a struct with functions for operators (runtime/wide.h), for the rare
program with more than 128 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from softswitch.errors import PipelineError
from softswitch.words import split_words, word_count

WIDE_BITS = 33 * 64


class CType(Enum):
    """A C type, and the interval of what it holds."""

    U64 = ("uint64_t", 0, (1 << 64) - 1)
    S64 = ("int64_t", -(1 << 63), (1 << 63) - 1)
    U128 = ("sw_u128", 0, (1 << 128) - 1)
    S128 = ("sw_s128", -(1 << 127), (1 << 127) - 1)
    WIDE = ("sw_wide", -(1 << (WIDE_BITS - 1)), (1 << (WIDE_BITS - 1)) - 1)

    def __init__(self, c_name: str, low: int, high: int) -> None:
        self.c_name = c_name
        self.low = low
        self.high = high

    @property
    def signed(self) -> bool:
        return self.low < 0

    @classmethod
    def for_bits(cls, bits: int) -> CType:
        """The type in which so many low bits are computed modularly."""
        return cls.U64 if bits <= 64 else cls.U128 if bits <= 128 else cls.WIDE


def type_for(low: int, high: int) -> CType:
    """The narrowest type that holds the interval."""
    for ctype in CType:
        if ctype.low <= low and high <= ctype.high:
            return ctype
    raise PipelineError(f"a computation needs more than {WIDE_BITS} bits")


@dataclass(frozen=True)
class Value:
    """A C expression of the type that fits its interval."""

    text: str
    low: int
    high: int

    @property
    def ctype(self) -> CType:
        return type_for(self.low, self.high)

    def as_type(self, ctype: CType) -> str:
        """The text, converted; conversions to unsigned types are modular."""
        if ctype is self.ctype:
            return self.text
        if ctype is CType.WIDE:
            return f"sw_wide_{'signed' if self.ctype.signed else 'unsigned'}({self.text})"
        if self.ctype is CType.WIDE:
            return f"({ctype.c_name})sw_wide_low({self.text})"
        return f"({ctype.c_name}){self.text}"

    def fits(self, width: int) -> bool:
        """True when no bits are lost in an unsigned field of that width."""
        return self.low >= 0 and self.high < 1 << width


def literal(value: int) -> str:
    """A number that is not negative, as C writes it."""
    if value < 1 << 64:
        return f"UINT64_C({value:#x})"
    if value < 1 << 128:
        return f"SW_U128(UINT64_C({value >> 64:#x}), UINT64_C({value & (1 << 64) - 1:#x}))"
    words = [f"UINT64_C({word:#x})" for word in split_words(value, value.bit_length())]
    return f"sw_wide_of((const uint64_t[]){{{', '.join(words)}}}, {len(words)})"


def constant(value: int) -> Value:
    """A number as a C literal of its type."""
    ctype = type_for(value, value)
    match ctype:
        case CType.U64 | CType.U128:
            text = literal(value)
        case CType.S64:
            text = f"(-INT64_C({-value - 1}) - 1)"
        case CType.S128:
            text = f"((sw_s128){literal(value & (1 << 128) - 1)})"
        case CType.WIDE:
            text = literal(value) if value >= 0 else f"sw_wide_negate({literal(-value)})"
    return Value(text, value, value)


def unsigned(text: str, width: int) -> Value:
    """Something unsigned of that many bits."""
    ctype = CType.for_bits(width)
    typed = text if ctype is CType.WIDE else f"(({ctype.c_name}){text})"
    return Value(typed, 0, (1 << width) - 1)


def from_words(words: str, width: int) -> Value:
    """Something unsigned of that many bits from a pointer to its words, the lowest one first."""
    if width <= 64:
        return unsigned(f"{words}[0]", width)
    if width <= 128:
        return unsigned(f"SW_U128({words}[1], {words}[0])", width)
    return unsigned(f"sw_wide_of({words}, {word_count(width)})", width)


def to_words(value: Value, width: int) -> Iterator[str]:
    """The words of an unsigned value of that many bits, the lowest one first."""
    text = value.as_type(CType.for_bits(width))
    if width <= 64:
        yield text
    elif width <= 128:
        yield f"(uint64_t){text}"
        yield f"(uint64_t)({text} >> 64)"
    else:
        yield from (f"sw_wide_word({text}, {i})" for i in range(word_count(width)))


def truth(text: str) -> Value:
    """A C truth value, 0 or 1."""
    return Value(f"((uint64_t){text})", 0, 1)
