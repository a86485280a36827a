"""Operators over `Value`s: the C text and the interval of the result.

Operands are converted to the type of the result, modularly; compiled with wrapping signed
arithmetic, the result is exact because its interval fits its type. What C has no operators for,
`sw_wide`, has functions.
"""

from __future__ import annotations

from softswitch.codegen.values import CType, Value, constant, literal, truth, type_for
from softswitch.errors import PipelineError

MAX_BITS = 2048

WIDE_FUNCTIONS = {
    "+": "sw_wide_add",
    "-": "sw_wide_subtract",
    "*": "sw_wide_multiply",
    "&": "sw_wide_and",
    "|": "sw_wide_or",
    "^": "sw_wide_xor",
}


def comparison(op: str, left: Value, right: Value) -> Value:
    """Compare in a type that holds both."""
    ctype = type_for(min(left.low, right.low), max(left.high, right.high))
    a, b = left.as_type(ctype), right.as_type(ctype)
    if ctype is CType.WIDE:
        return truth(f"(sw_wide_compare({a}, {b}) {op} 0)")
    return truth(f"({a} {op} {b})")


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
    return Value(operation(op, left.as_type(ctype), right.as_type(ctype), ctype), low, high)


def operation(op: str, left: str, right: str, ctype: CType) -> str:
    """One of `+ - * & | ^` on operands of one type."""
    if ctype is CType.WIDE:
        return f"{WIDE_FUNCTIONS[op]}({left}, {right})"
    return f"({left} {op} {right})"


def inversion(op: str, operand: str, ctype: CType) -> str:
    """`~` or `-` of an operand of that type."""
    if ctype is CType.WIDE:
        return f"sw_wide_{'not' if op == '~' else 'negate'}({operand})"
    return f"({op}{operand})"


def masked(value: Value, mask: int) -> Value:
    """The value's low bits under a constant mask; the value is right in those bits."""
    if value.low < 0:
        value = _bits_of(value, max(mask.bit_length(), 1))
    high = min(mask, value.high)
    if value.high <= mask and (mask & (mask + 1)) == 0:
        return value
    if value.ctype is CType.WIDE:
        return _from_wide(
            f"sw_wide_and({value.text}, {constant(mask).as_type(CType.WIDE)})", 0, high
        )
    text = f"({value.text} & {literal(mask & value.ctype.high)})"
    ctype = type_for(0, high)
    return Value(text if ctype is value.ctype else f"(({ctype.c_name}){text})", 0, high)


def _bits_of(value: Value, bits: int) -> Value:
    """So many low bits of a number with a sign, and whatever lies above them."""
    ctype = CType.for_bits(bits)
    return Value(value.as_type(ctype), 0, ctype.high)


def negated(op: str, value: Value) -> Value:
    """`~x` and `-x`."""
    low, high = (~value.high, ~value.low) if op == "~" else (-value.high, -value.low)
    ctype = type_for(low, high)
    return Value(inversion(op, value.as_type(ctype), ctype), low, high)


def division(op: str, left: Value, right: Value) -> Value:
    """Quotient or remainder of unsigned numbers; by zero it is zero."""
    if left.low < 0 or right.low < 0:
        raise PipelineError("division of signed numbers is not supported")
    ctype = type_for(0, max(left.high, right.high))
    if ctype is CType.WIDE:
        raise PipelineError("division of more than 128 bits is not supported")
    high = left.high if op == "/" else min(left.high, max(right.high - 1, 0))
    a, b = left.as_type(ctype), right.as_type(ctype)
    return _narrowed(f"({b} != 0 ? {a} {op} {b} : 0)", 0, high)


def shift_left(left: Value, by: Value) -> Value:
    """The exact result, where the widest type holds it."""
    if by.low < 0 or by.high > MAX_BITS:
        raise PipelineError(f"a shift to the left needs more than {MAX_BITS} bits")
    low, high = min(left.low << by.high, left.low), left.high << by.high
    ctype = type_for(low, high)
    if ctype is CType.WIDE:
        return Value(f"sw_wide_shift_left({left.as_type(ctype)}, {by.text})", low, high)
    if by.high < 64 or (ctype in (CType.U128, CType.S128) and by.high < 128):
        return Value(f"({left.as_type(ctype)} << {by.text})", low, high)
    return _narrowed(f"sw_shift_left({left.as_type(CType.U128)}, {by.text})", low, high)


def shift_right(left: Value, by: Value) -> Value:
    """An arithmetic shift; by more bits than there are, nothing (or the sign) is left."""
    if by.low < 0:
        raise PipelineError("a shift by a negative number is not supported")
    if by.ctype is CType.WIDE:
        raise PipelineError("a shift by a number of more than 128 bits is not supported")
    low, high = min(left.low, 0), max(left.high >> min(by.low, MAX_BITS), 0)
    if left.ctype is CType.WIDE:
        return _from_wide(f"sw_wide_shift_right({left.text}, {by.as_type(CType.U128)})", low, high)
    if by.high < 64:
        return _narrowed(f"({left.text} >> {by.text})", low, high)
    function = "sw_shift_right_signed" if left.low < 0 else "sw_shift_right"
    return _narrowed(f"{function}({left.text}, {by.text})", low, high)


def sign_extended(value: Value, width: int) -> Value:
    """The lowest `width` bits as two's complement."""
    limit = 1 << (width - 1)
    if width > 128:
        text = f"sw_wide_sign_extend({value.as_type(CType.WIDE)}, {width})"
        return Value(text, -limit, limit - 1)
    if width > 64:
        return Value(f"sw_sign_extend({value.text}, {width})", -limit, limit - 1)
    shift = 64 - width
    text = f"((int64_t)((uint64_t){value.text} << {shift}) >> {shift})"
    # One bit of sign fits every type; the interval must stay signed for the type to be.
    return Value(text, -limit, limit - 1)


def clamped(value: Value, low: int, high: int) -> Value:
    """A saturating cast to an interval."""
    operands = (value, constant(low), constant(high))
    if max(value.high, high) <= CType.S128.high and min(value.low, low) >= CType.S128.low:
        texts = ", ".join(operand.as_type(CType.S128) for operand in operands)
        return _narrowed(f"sw_clamp({texts})", low, high)
    texts = ", ".join(operand.as_type(CType.WIDE) for operand in operands)
    return _from_wide(f"sw_wide_clamp({texts})", low, high)


def _from_wide(text: str, low: int, high: int) -> Value:
    """The value of a wide text in the type of its interval."""
    ctype = type_for(low, high)
    return Value(
        text if ctype is CType.WIDE else f"(({ctype.c_name})sw_wide_low({text}))", low, high
    )


def _narrowed(text: str, low: int, high: int) -> Value:
    return Value(f"(({type_for(low, high).c_name}){text})", low, high)
