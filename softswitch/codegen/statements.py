"""The primitives of actions and parser states, as C statements.

Every primitive that v1model programs use has a handler; what has none is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature

from softswitch.bmv2json.model import Parameter
from softswitch.bmv2json.statements import Operand, Primitive
from softswitch.codegen import operands
from softswitch.codegen.calculations import CalculationWriter
from softswitch.codegen.digests import DigestStatements
from softswitch.codegen.expressions import ExpressionWriter
from softswitch.codegen.extern_statements import ExternStatements
from softswitch.codegen.externs import ExternNumbers
from softswitch.codegen.header_statements import HeaderStatements
from softswitch.codegen.layout import Layout
from softswitch.codegen.logs import LogStatements
from softswitch.codegen.packet_statements import PacketStatements
from softswitch.codegen.stores import Stores
from softswitch.errors import PipelineError


class StatementWriter:
    """Writes primitives for one action (with its parameters) or for the parser."""

    def __init__(
        self,
        layout: Layout,
        calculations: CalculationWriter,
        externs: ExternNumbers,
        parameters: tuple[Parameter, ...] = (),
    ) -> None:
        self.expressions = ExpressionWriter(layout, parameters)
        self._stores = Stores(layout, self.expressions)
        self._handlers: dict[str, operands.Handler] = {
            "assign": self._assign,
            **HeaderStatements(layout, self.expressions).handlers,
            **DigestStatements(layout).handlers,
            **PacketStatements(self.expressions).handlers,
            **LogStatements(self.expressions).handlers,
            **ExternStatements(self.expressions, self._stores, calculations, externs).handlers,
        }

    def write(self, primitive: Primitive) -> Iterator[str]:
        """The statements of one primitive."""
        handler = self._handlers.get(primitive.op)
        if handler is None:
            raise PipelineError(f"the statement {primitive.op!r} is not supported")
        try:
            signature(handler).bind(*primitive.parameters)
        except TypeError:
            raise PipelineError(f"{primitive.op}: wrong number of arguments") from None
        yield from handler(*primitive.parameters)

    def condition(self, operand: Operand) -> str:
        """A C condition from an argument."""
        return self.expressions.truth(operands.value(operand))

    def _assign(self, target: Operand, value: Operand) -> Iterator[str]:
        width = self._stores.width(target)
        yield self._stores.store(target, self.expressions.low_bits(operands.value(value), width))
