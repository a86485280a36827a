"""Expressions in C.

Two ways to compute: `exact` gives the value with BMv2's unlimited precision, for comparisons,
shifts to the right and divisions; `low_bits` gives a number whose lowest bits alone are right,
which is all that a store to a field needs and which wraps freely in one machine word. A mask of
n bits turns the second into the first, and p4c puts one around all modular arithmetic, so that
nearly everything stays in 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeGuard

from softswitch.bmv2json.expressions import (
    Binary,
    Conditional,
    Constant,
    ElementField,
    Expression,
    FieldRef,
    HeaderRef,
    LastField,
    Lookahead,
    RuntimeData,
    StackElement,
    StackSize,
    Unary,
    UnionValidRef,
    ValidRef,
)
from softswitch.bmv2json.model import Field, Parameter
from softswitch.codegen import arithmetic
from softswitch.codegen.layout import Layout
from softswitch.codegen.values import (
    CType,
    Value,
    constant,
    from_words,
    truth,
    type_for,
    unsigned,
)
from softswitch.errors import PipelineError
from softswitch.words import word_count

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
MODULAR = frozenset({"+", "-", "*", "&", "|", "^"})
MAX_BITS = arithmetic.MAX_BITS


class ExpressionWriter:
    """Writes expressions for one place: an action with its parameters, or anything else."""

    def __init__(self, layout: Layout, parameters: tuple[Parameter, ...] = ()) -> None:
        self._layout = layout
        self._parameters = parameters

    def truth(self, expression: Expression) -> str:
        """A C condition."""
        return self.exact(expression).text

    # -- the lowest bits -----------------------------------------------------------------------

    def low_bits(self, expression: Expression, bits: int) -> Value:
        """A value that is right in its lowest `bits` bits, of an unsigned type."""
        exact = self._exact_if_narrow(expression, bits)
        if exact is not None:
            return exact
        ctype = CType.for_bits(bits)
        return Value(self._modular(expression, bits, ctype), ctype.low, ctype.high)

    def _exact_if_narrow(self, expression: Expression, bits: int) -> Value | None:
        try:
            value = self.exact(expression)
        except PipelineError:
            if not isinstance(expression, Binary | Unary | Conditional):
                raise
            return None
        return value if value.fits(max(64, 128 if bits > 64 else 0, bits)) else None

    def _modular(self, expression: Expression, bits: int, ctype: CType) -> str:
        def part(operand: Expression) -> str:
            value = self.low_bits(operand, bits)
            if ctype is CType.WIDE:
                return value.as_type(ctype)
            return f"({ctype.c_name})({value.text})"

        match expression:
            case Binary(op, left, right) if op in MODULAR:
                return arithmetic.operation(op, part(left), part(right), ctype)
            case Binary("<<", left, right):
                return self._shift_left(part(left), right, ctype)
            case Binary("two_comp_mod", left, Constant(width)) if bits <= width:
                return part(left)
            case Unary("~" | "-" as op, operand):
                return arithmetic.inversion(op, part(operand), ctype)
            case Conditional(condition, left, right):
                return f"({self.truth(condition)} ? {part(left)} : {part(right)})"
        exact = self.exact(expression)
        if CType.WIDE in (ctype, exact.ctype):
            return exact.as_type(ctype)
        return f"({ctype.c_name})({exact.text})"

    def _shift_left(self, left: str, amount: Expression, ctype: CType) -> str:
        by = self.exact(amount)
        if ctype is CType.WIDE:
            return f"sw_wide_shift_left({left}, {by.as_type(CType.U128)})"
        if ctype is CType.U64 and by.high < 64:
            return f"({left} << {by.text})"
        return f"({ctype.c_name})sw_shift_left({left}, {by.text})"

    # -- the exact value -----------------------------------------------------------------------

    def exact(self, expression: Expression) -> Value:
        """The value as BMv2 computes it; a `PipelineError` when no type can hold it."""
        match expression:
            case Constant(value):
                return constant(value)
            case FieldRef():
                return self._load(
                    self._layout.field(expression), self._layout.declaration(expression)
                )
            case ElementField():
                return self._load(
                    self.element_field(expression), self._layout.element_declaration(expression)
                )
            case LastField(stack, field):
                type_ = self._layout.pipeline.stacks[stack].type
                return self._load(self.last_field(expression), type_.by_name[field])
            case UnionValidRef(union):
                return unsigned(self._layout.union_valid(union), 1)
            case ValidRef(header):
                return unsigned(f"{self.header(header)}.valid", 1)
            case StackSize():
                return self._stack_size(expression)
            case RuntimeData(index):
                return self._argument(index)
            case Lookahead(offset, width):
                load = "sw_load_bits" if width <= 128 else "sw_wide_load"
                return unsigned(f"{load}(p->data, {offset}, {width})", width)
            case Unary(op, operand):
                return self._unary(op, operand)
            case Binary(op, left, right):
                return self._binary(op, left, right)
            case Conditional():
                return self._conditional(expression)
        raise PipelineError("a whole header or stack cannot stand in a computation")

    def _load(self, place: str, field: Field) -> Value:
        if field.varbit:
            raise PipelineError(f"varbit field {field.name} cannot stand in a computation")
        if not field.signed:
            return unsigned(place, field.width)
        return arithmetic.sign_extended(unsigned(place, field.width), field.width)

    def _stack_size(self, expression: StackSize) -> Value:
        size = self._layout.stack_length(expression.stack)
        text = self._layout.stack_next(expression.stack)
        if expression.last:
            return Value(f"((int64_t){text} - 1)", -1, size - 1)
        return Value(f"((uint64_t){text})", 0, size)

    def _argument(self, index: int) -> Value:
        if index >= len(self._parameters):
            raise PipelineError(f"there is no action parameter number {index}")
        word = argument_word(self._parameters, index)
        return from_words(f"(a + {word})", self._parameters[index].width)

    def _unary(self, op: str, operand: Expression) -> Value:
        value = self.exact(operand)
        match op:
            case "not":
                return truth(f"!{value.text}")
            case "d2b":
                return truth(f"({value.text} != 0)")
            case "b2d":
                return value
        return arithmetic.negated(op, value)

    def _conditional(self, expression: Conditional) -> Value:
        left, right = self.exact(expression.left), self.exact(expression.right)
        low, high = min(left.low, right.low), max(left.high, right.high)
        ctype = type_for(low, high)
        a, b = left.as_type(ctype), right.as_type(ctype)
        return Value(f"({self.truth(expression.condition)} ? {a} : {b})", low, high)

    def _binary(self, op: str, left: Expression, right: Expression) -> Value:
        match op:
            case "==" | "!=" if self._is_varbit(left) and self._is_varbit(right):
                return self._compare_varbits(op, left, right)
            case "and" | "or":
                word = "&&" if op == "and" else "||"
                return truth(f"({self.truth(left)} {word} {self.truth(right)})")
            case "&":
                return self._and(left, right)
            case "two_comp_mod" | "sat_cast" | "usat_cast":
                return self._cast(op, left, right)
        return self._operators(op)(self.exact(left), self.exact(right))

    def _is_varbit(self, expression: Expression) -> TypeGuard[FieldRef]:
        return isinstance(expression, FieldRef) and self._layout.declaration(expression).varbit

    def _compare_varbits(self, op: str, left: FieldRef, right: FieldRef) -> Value:
        """P4_16 8.10: equal are those of one length with the same bits."""
        a, b = self._layout.field(left), self._layout.field(right)
        same = f"{a}.bits == {b}.bits && memcmp({a}.octets, {b}.octets, {a}.bits / 8) == 0"
        return truth(f"({same})" if op == "==" else f"!({same})")

    def _operators(self, op: str) -> Callable[[Value, Value], Value]:
        if op in COMPARISONS:
            return partial(arithmetic.comparison, op)
        match op:
            case "<<":
                return arithmetic.shift_left
            case ">>":
                return arithmetic.shift_right
            case "/" | "%":
                return partial(arithmetic.division, op)
            case "|" | "^":
                return partial(arithmetic.bitwise, op)
        return partial(arithmetic.arithmetic, op)

    def _and(self, left: Expression, right: Expression) -> Value:
        for value, mask in ((left, right), (right, left)):
            if isinstance(mask, Constant) and mask.value >= 0:
                bits = max(mask.value.bit_length(), 1)
                return arithmetic.masked(self.low_bits(value, bits), mask.value)
        return arithmetic.bitwise("&", self.exact(left), self.exact(right))

    def _cast(self, op: str, value: Expression, width: Expression) -> Value:
        if not isinstance(width, Constant) or not 0 < width.value <= MAX_BITS:
            raise PipelineError(f"{op} needs a constant width of up to {MAX_BITS} bits")
        bits = width.value
        match op:
            case "two_comp_mod":
                return arithmetic.sign_extended(self.low_bits(value, bits), bits)
            case "sat_cast":
                limit = 1 << (bits - 1)
                return arithmetic.clamped(self.exact(value), -limit, limit - 1)
        return arithmetic.clamped(self.exact(value), 0, (1 << bits) - 1)

    # -- places --------------------------------------------------------------------------------

    def header(self, ref: HeaderRef | StackElement) -> str:
        """The C place of a header instance or a computed stack element."""
        if isinstance(ref, HeaderRef):
            return self._layout.header(ref.name)
        size = len(self._layout.pipeline.stacks[ref.stack].headers)
        return f"{self._layout.stack(ref.stack)}[sw_index({self.exact(ref.index).text}, {size})]"

    def element_field(self, ref: ElementField) -> str:
        """The C place of a field of a computed stack element."""
        type_ = self._layout.pipeline.stacks[ref.element.stack].type
        member = self._layout.member(type_, type_.fields[ref.index].name)
        return f"{self.header(ref.element)}.{member}"

    def last_field(self, ref: LastField) -> str:
        """The C place of a field of the last element in use."""
        stack = self._layout.pipeline.stacks[ref.stack]
        index = f"sw_last({self._layout.stack_next(ref.stack)}, {len(stack.headers)})"
        return (
            f"{self._layout.stack(ref.stack)}[{index}].{self._layout.member(stack.type, ref.field)}"
        )


def argument_word(parameters: tuple[Parameter, ...], index: int) -> int:
    """The position of an action argument among the words of an entry."""
    return sum(word_count(parameter.width) for parameter in parameters[:index])
