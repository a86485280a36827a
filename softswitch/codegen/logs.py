"""Messages to the log: `log_msg`, and assertions that fail.

A message is made where the statement stands, as `softswitch.program_log` reads it: its text is a
constant, in which the values are filled in. A failed assertion ends the packet; in BMv2 it ends the
switch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from softswitch.bmv2json.expressions import Expression
from softswitch.bmv2json.statements import Operand
from softswitch.codegen import operands
from softswitch.codegen.expressions import ExpressionWriter
from softswitch.codegen.values import CType, Value
from softswitch.codegen.wire import Piece, store_bits

PLACE = 3  # octets in front of a value


class LogStatements:
    """Says what it is told to say, and that an assertion has failed."""

    def __init__(self, expressions: ExpressionWriter) -> None:
        self._expressions = expressions
        self.handlers: dict[str, operands.Handler] = {
            "log_msg": self._log,
            "assert": self._assert,
            "assume": self._assert,
        }

    def _log(self, text: Operand, values: Operand) -> Iterator[str]:
        pieces = operands.text(text).pieces
        yield from self._say(logging.INFO, pieces, operands.vector(values).items)

    def _assert(self, condition: Operand, failure: Operand) -> Iterator[str]:
        yield f"if (!{self._expressions.truth(operands.value(condition))}) {{"
        message = self._say(logging.ERROR, [operands.text(failure).value], [])
        yield from (f"    {line}" for line in message)
        yield "    sw_fail(p, SW_FAILED_ASSERTIONS);"
        yield "    return;"
        yield "}"

    def _say(
        self, level: int, pieces: Sequence[str], values: Sequence[Expression]
    ) -> Iterator[str]:
        message = bytes([level]) + pieces[0].encode()
        stores = []
        for value, piece in zip(map(self._expressions.exact, values), pieces[1:], strict=True):
            width = _octets(value) * 8
            place = Piece(value.as_type(CType.for_bits(width)), width)
            stores.append(store_bits(place, "d", str((len(message) + PLACE) * 8)))
            message += b"\0" + _octets(value).to_bytes(2, "big") + bytes(_octets(value))
            message += piece.encode()
        yield f"uint8_t d[] = {{{', '.join(map(str, message))}}};"
        yield from stores
        yield "sw_say(&p->sw->log, p->now, d, sizeof d);"


def _octets(value: Value) -> int:
    """What holds the value and a sign."""
    return max(value.low.bit_length(), value.high.bit_length()) // 8 + 1
