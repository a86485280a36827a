"""Statements on whole headers and header stacks."""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.expressions import HeaderRef, UnionStackRef
from softswitch.bmv2json.model import HeaderType
from softswitch.bmv2json.statements import Operand
from softswitch.codegen import operands, union_stacks
from softswitch.codegen.expressions import ExpressionWriter
from softswitch.codegen.layout import Layout
from softswitch.errors import PipelineError


class HeaderStatements:
    """Assigns, adds and removes headers; pushes and pops stacks."""

    def __init__(self, layout: Layout, expressions: ExpressionWriter) -> None:
        self._layout = layout
        self._expressions = expressions
        self.handlers: dict[str, operands.Handler] = {
            "assign_VL": self._assign_varbit,
            "assign_header": self._assign_header,
            "assign_header_stack": self._assign_stack,
            "add_header": self._add_header,
            "remove_header": self._remove_header,
            "push": self._push,
            "pop": self._pop,
        }

    def _assign_varbit(self, target: Operand, source: Operand) -> Iterator[str]:
        to, from_ = operands.field(target), operands.field(source)
        a, b = self._layout.declaration(to), self._layout.declaration(from_)
        if not (a.varbit and b.varbit and a.width == b.width):
            raise PipelineError(f"{to.field}: only varbits of one size can be assigned")
        left, right = self._layout.field(to), self._layout.field(from_)
        yield f"{left}.bits = {right}.bits;"
        yield f"memcpy({left}.octets, {right}.octets, sizeof {left}.octets);"

    def _header(self, operand: Operand) -> tuple[str, HeaderType]:
        ref = operands.header(operand)
        return self._expressions.header(ref), self._layout.header_type(ref)

    def _assign_header(self, target: Operand, source: Operand) -> Iterator[str]:
        to, to_type = self._header(target)
        from_, from_type = self._header(source)
        if to_type is not from_type:
            raise PipelineError(f"{from_type.name} cannot be assigned to {to_type.name}")
        if self._is_struct(source):
            yield f"{to} = {from_};"
            return
        yield f"if ({from_}.valid) {{"
        yield f"    {to} = {from_};"
        yield from self._exclusion(target)
        yield "} else {"
        yield f"    {to}.valid = 0;"
        yield "}"

    def _is_struct(self, operand: Operand) -> bool:
        """Structs of metadata are headers to BMv2, which are there always."""
        ref = operands.header(operand)
        return isinstance(ref, HeaderRef) and self._layout.pipeline.headers[ref.name].metadata

    def _exclusion(self, operand: Operand) -> Iterator[str]:
        """What becomes invalid with a header that has become valid, in a block."""
        ref = operands.header(operand)
        if isinstance(ref, HeaderRef):
            yield from (f"    {line}" for line in self._layout.exclusion(ref.name))

    def _assign_stack(self, target: Operand, source: Operand) -> Iterator[str]:
        to, from_ = operands.stack(target), operands.stack(source)
        a, b = self._layout.pipeline.stacks[to], self._layout.pipeline.stacks[from_]
        if a.type is not b.type or len(a.headers) != len(b.headers):
            raise PipelineError(f"stack {from_} cannot be assigned to {to}")
        place = self._layout.stack(to)
        yield f"memcpy({place}, {self._layout.stack(from_)}, sizeof {place});"
        yield f"{self._layout.stack_next(to)} = {self._layout.stack_next(from_)};"

    def _add_header(self, operand: Operand) -> Iterator[str]:
        place, type_ = self._header(operand)
        yield f"if (!{place}.valid) {{"
        yield f"    memset(&{place}, 0, sizeof {place});"
        yield f"    {place}.valid = 1;"
        yield f"    p->length += {type_.fixed_bits // 8};"
        yield from self._exclusion(operand)
        yield "}"

    def _remove_header(self, operand: Operand) -> Iterator[str]:
        place, type_ = self._header(operand)
        octets = str(type_.fixed_bits // 8)
        if type_.varbit is not None:
            octets += f" + {place}.{self._layout.member(type_, type_.varbit.name)}.bits / 8"
        yield f"if ({place}.valid) {{"
        yield f"    p->length -= {octets};"
        yield f"    {place}.valid = 0;"
        yield "}"

    # P4_16 8.18: elements that push_front makes room for, or pop_front leaves behind, are invalid.

    def _push(self, operand: Operand, amount: Operand) -> Iterator[str]:
        if isinstance(operand, UnionStackRef):
            yield from union_stacks.push(self._layout, operand.name, operands.number(amount))
            return
        array, next_, size, by = self._shift(operand, amount)
        yield f"memmove(&{array}[{by}], &{array}[0], {size - by} * sizeof {array}[0]);"
        yield f"memset(&{array}[0], 0, {by} * sizeof {array}[0]);"
        yield f"{next_} = {next_} + {by} < {size} ? {next_} + {by} : {size};"

    def _pop(self, operand: Operand, amount: Operand) -> Iterator[str]:
        if isinstance(operand, UnionStackRef):
            yield from union_stacks.pop(self._layout, operand.name, operands.number(amount))
            return
        array, next_, size, by = self._shift(operand, amount)
        yield f"memmove(&{array}[0], &{array}[{by}], {size - by} * sizeof {array}[0]);"
        yield f"memset(&{array}[{size - by}], 0, {by} * sizeof {array}[0]);"
        yield f"{next_} = {next_} > {by} ? {next_} - {by} : 0;"

    def _shift(self, operand: Operand, amount: Operand) -> tuple[str, str, int, int]:
        name = operands.stack(operand)
        size = len(self._layout.pipeline.stacks[name].headers)
        by = min(operands.number(amount), size)
        return self._layout.stack(name), self._layout.stack_next(name), size, by
