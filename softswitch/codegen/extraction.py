"""Extraction of headers in the parser: to a header, to the next of a stack, to the next union."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from softswitch.bmv2json.expressions import Expression, HeaderRef, StackRef
from softswitch.bmv2json.model import HeaderType
from softswitch.bmv2json.parser_states import Extract, NextUnion
from softswitch.codegen.expressions import ExpressionWriter
from softswitch.codegen.layout import Layout


class ExtractionWriter:
    """Writes extractions; `fail` gives the statement that ends the parser with an error."""

    def __init__(
        self, layout: Layout, expressions: ExpressionWriter, fail: Callable[[str], str]
    ) -> None:
        self._layout = layout
        self._expressions = expressions
        self._fail = fail

    def write(self, op: Extract) -> Iterator[str]:
        match op.target:
            case HeaderRef(name):
                type_ = self._layout.pipeline.headers[name].type
                yield from self._bits(type_, op.varbit_bits)
                yield from self._take(type_, self._layout.header(name))
                yield from self._layout.exclusion(name)
            case StackRef(name):
                yield from self._take_next(name, op.varbit_bits)
            case NextUnion():
                yield from self._take_union(op.target, op.varbit_bits)

    def _bits(self, type_: HeaderType, varbit_bits: Expression | None) -> Iterator[str]:
        """Declares the length of the varbit, 0 where there is none."""
        if varbit_bits is None or type_.varbit is None:
            yield "const uint32_t bits = 0;"
            return
        text = self._expressions.low_bits(varbit_bits, 32).text
        yield f"const uint32_t bits = (uint32_t){text};"
        # P4_16 13.8.2: a size that is not a multiple of eight is ParserInvalidArgument, one
        # beyond the declared size HeaderTooShort.
        yield "if (bits % 8 != 0)"
        yield f"    {self._fail('ParserInvalidArgument')}"
        yield f"if (bits > {type_.varbit.width})"
        yield f"    {self._fail('HeaderTooShort')}"

    def _take(self, type_: HeaderType, place: str) -> Iterator[str]:
        yield f"if (!extract_{self._layout.type_name(type_)}(p, &{place}, bits))"
        yield f"    {self._fail('PacketTooShort')}"

    def _take_next(self, name: str, varbit_bits: Expression | None) -> Iterator[str]:
        stack = self._layout.pipeline.stacks[name]
        next_ = self._layout.stack_next(name)
        yield from self._bits(stack.type, varbit_bits)
        yield from self._in_bounds(next_, len(stack.headers))
        yield from self._take(stack.type, f"{self._layout.stack(name)}[{next_}]")
        yield f"{next_}++;"

    def _take_union(self, target: NextUnion, varbit_bits: Expression | None) -> Iterator[str]:
        headers = self._layout.pipeline.union_stacks[target.stack].instances(target.member)
        type_ = self._layout.pipeline.headers[headers[0]].type
        next_ = self._layout.stack_next(target.stack)
        yield from self._bits(type_, varbit_bits)
        yield from self._in_bounds(next_, len(headers))
        yield f"switch ({next_}) {{"
        for number, header in enumerate(headers):
            yield f"case {number}:"
            yield from self._take(type_, self._layout.header(header))
            yield from self._layout.exclusion(header)
            yield "break;"
        yield "}"
        yield f"{next_}++;"

    def _in_bounds(self, next_: str, size: int) -> Iterator[str]:
        yield f"if ({next_} >= {size})"
        yield f"    {self._fail('StackOutOfBounds')}"
