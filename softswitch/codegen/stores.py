"""Stores to fields, which truncate to the width of the field."""

from __future__ import annotations

from softswitch.bmv2json.expressions import ElementField, FieldRef, LastField
from softswitch.bmv2json.model import Field
from softswitch.bmv2json.statements import Operand
from softswitch.codegen.expressions import ExpressionWriter
from softswitch.codegen.layout import Layout, c_type
from softswitch.codegen.values import CType, Value, literal
from softswitch.errors import PipelineError


class Stores:
    """Writes assignments to the fields of a layout."""

    def __init__(self, layout: Layout, expressions: ExpressionWriter) -> None:
        self._layout = layout
        self._expressions = expressions

    def width(self, target: Operand) -> int:
        """The width of a field that is assigned to."""
        return self._place(target)[1].width

    def store(self, target: Operand, value: Value) -> str:
        """The statement that stores the low bits of a value."""
        place, field = self._place(target)
        if field.varbit:
            raise PipelineError(f"{field.name}: a number cannot be assigned to a varbit")
        if field.width > 128:
            wide = value.as_type(CType.WIDE)
            fits = value.fits(field.width)
            return f"{place} = {wide if fits else f'sw_wide_truncate({wide}, {field.width})'};"
        ctype = c_type(field.width)
        if value.fits(field.width):
            return f"{place} = ({ctype}){value.text};"
        return f"{place} = ({ctype})({value.text} & {literal((1 << field.width) - 1)});"

    def _place(self, target: Operand) -> tuple[str, Field]:
        match target:
            case FieldRef():
                return self._layout.field(target), self._layout.declaration(target)
            case ElementField():
                field = self._layout.element_declaration(target)
                return self._expressions.element_field(target), field
            case LastField(stack, name):
                type_ = self._layout.pipeline.stacks[stack].type
                return self._expressions.last_field(target), type_.by_name[name]
        raise PipelineError("only a field can be assigned to")
