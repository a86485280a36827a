"""Operators over `Value`s: the C text and the interval of the result.

Operands are converted to the type of the result, modularly; compiled with wrapping signed
arithmetic, the result is exact because its interval fits its type.
"""

from __future__ import annotations

from softswitch.codegen.values import CType, Value, literal, truth, type_for
from softswitch.errors import PipelineError

MAX_BITS = 128


def comparison(op: str, left: Value, right: Value) -> Value:
    """Compare in a type that holds both."""
    ctype = type_for(min(left.low, right.low), max(left.high, right.high))
    return truth(f"({left.as_type(ctype)} {op} {right.as_type(ctype)})")


def arithmetic(op: str, left: Value, right: Value) -> Value:
    """Sum, difference or product."""
    match op:
        case "+":
            low, high = left.low + right.low, left.high + right.high
        case "-":
            low, high = left.low - right.high, left.high - right.low
        case _:
            ends = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
            low, high = min(ends), max(ends)
    return _joined(op, left, right, low, high)


def bitwise(op: str, left: Value, right: Value) -> Value:
    """And, or, exclusive or, as over two's complement of unlimited length."""
    limit = (1 << max(v.bit_length() for v in _ends(left, right))) - 1
    low, high = (0 if left.low >= 0 and right.low >= 0 else ~limit), limit
    if op == "&":
        natural = [value.high for value in (left, right) if value.low >= 0]
        if natural:
            low, high = 0, min(natural)
    return _joined(op, left, right, low, high)


def _ends(left: Value, right: Value) -> tuple[int, ...]:
    return left.low, left.high, right.low, right.high


def _joined(op: str, left: Value, right: Value, low: int, high: int) -> Value:
    ctype = type_for(low, high)
    return Value(f"({left.as_type(ctype)} {op} {right.as_type(ctype)})", low, high)


def masked(value: Value, mask: int) -> Value:
    """The value's low bits under a constant mask; the value is right in those bits."""
    high = min(mask, value.high)
    if value.high <= mask and (mask & (mask + 1)) == 0:
        return value
    text = f"({value.text} & {literal(mask)})"
    ctype = type_for(0, high)
    return Value(text if ctype is value.ctype else f"(({ctype.c_name}){text})", 0, high)


def negated(op: str, value: Value) -> Value:
    """`~x` and `-x`."""
    low, high = (~value.high, ~value.low) if op == "~" else (-value.high, -value.low)
    return Value(f"({op}{value.as_type(type_for(low, high))})", low, high)


def division(op: str, left: Value, right: Value) -> Value:
    """Quotient or remainder of unsigned numbers; by zero it is zero."""
    if left.low < 0 or right.low < 0:
        raise PipelineError("division of signed numbers is not supported")
    ctype = type_for(0, max(left.high, right.high))
    high = left.high if op == "/" else min(left.high, max(right.high - 1, 0))
    a, b = left.as_type(ctype), right.as_type(ctype)
    return _narrowed(f"({b} != 0 ? {a} {op} {b} : 0)", 0, high)


def shift_left(left: Value, by: Value) -> Value:
    """The exact result, where 128 bits hold it."""
    if by.low < 0 or by.high > MAX_BITS:
        raise PipelineError("a shift to the left needs more than 128 bits")
    low, high = min(left.low << by.high, left.low), left.high << by.high
    ctype = type_for(low, high)
    if by.high < 64 or (ctype.wide and by.high < MAX_BITS):
        return Value(f"({left.as_type(ctype)} << {by.text})", low, high)
    return _narrowed(f"sw_shift_left({left.as_type(CType.U128)}, {by.text})", low, high)


def shift_right(left: Value, by: Value) -> Value:
    """An arithmetic shift; by more bits than there are, nothing (or the sign) is left."""
    if by.low < 0:
        raise PipelineError("a shift by a negative number is not supported")
    low, high = min(left.low, 0), max(left.high >> min(by.low, MAX_BITS), 0)
    if by.high < 64:
        return _narrowed(f"({left.text} >> {by.text})", low, high)
    function = "sw_shift_right_signed" if left.low < 0 else "sw_shift_right"
    return _narrowed(f"{function}({left.text}, {by.text})", low, high)


def sign_extended(value: Value, width: int) -> Value:
    """The lowest `width` bits as two's complement."""
    limit = 1 << (width - 1)
    if width > 64:
        return Value(f"sw_sign_extend({value.text}, {width})", -limit, limit - 1)
    shift = 64 - width
    text = f"((int64_t)((uint64_t){value.text} << {shift}) >> {shift})"
    # One bit of sign fits every type; the interval must stay signed for the type to be.
    return Value(text, -limit, limit - 1)


def clamped(value: Value, low: int, high: int) -> Value:
    """A saturating cast to an interval."""
    bounds = f"{_s128(low)}, {_s128(high)}"
    return _narrowed(f"sw_clamp({value.as_type(CType.S128)}, {bounds})", low, high)


def _s128(number: int) -> str:
    return f"(sw_s128){literal(number & (1 << MAX_BITS) - 1)}"


def _narrowed(text: str, low: int, high: int) -> Value:
    return Value(f"(({type_for(low, high).c_name}){text})", low, high)
