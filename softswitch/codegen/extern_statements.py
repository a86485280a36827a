"""Statements on counters, meters, registers, hashes and random numbers.

An index beyond the end of an array does nothing, as in BMv2.
"""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.model import RegisterArray
from softswitch.bmv2json.statements import Operand
from softswitch.codegen import operands
from softswitch.codegen.arithmetic import masked
from softswitch.codegen.calculations import CalculationWriter
from softswitch.codegen.expressions import ExpressionWriter
from softswitch.codegen.externs import ExternNumbers
from softswitch.codegen.stores import Stores
from softswitch.codegen.values import Value, from_words, to_words
from softswitch.words import word_count


class ExternStatements:
    """Executes the externs of v1model."""

    def __init__(
        self,
        expressions: ExpressionWriter,
        stores: Stores,
        calculations: CalculationWriter,
        externs: ExternNumbers,
    ) -> None:
        self._expressions = expressions
        self._stores = stores
        self._calculations = calculations
        self._externs = externs
        self.handlers: dict[str, operands.Handler] = {
            "count": self._count,
            "execute_meter": self._execute_meter,
            "register_read": self._register_read,
            "register_write": self._register_write,
            "modify_field_with_hash_based_offset": self._hash,
            "modify_field_rng_uniform": self._random,
        }

    def _word(self, operand: Operand) -> str:
        return self._expressions.low_bits(operands.value(operand), 64).text

    def _count(self, array: Operand, index: Operand) -> Iterator[str]:
        number, size = self._externs.counter(operands.extern(array, "counter_array"))
        yield f"uint64_t i = {self._word(index)};"
        yield f"if (i < {size})"
        yield f"    sw_count(&p->sw->counters[{number}][i], p->received);"

    def _execute_meter(self, array: Operand, index: Operand, to: Operand) -> Iterator[str]:
        number, size, units = self._externs.meter(operands.extern(array, "meter_array"))
        meter = f"&p->sw->meters[{number}][i]"
        colour = Value(f"(uint64_t)sw_meter_execute({meter}, p->now, {units})", 0, 2)
        yield f"uint64_t i = {self._word(index)};"
        yield f"if (i < {size})"
        yield f"    {self._stores.store(to, colour)}"

    def _register_read(self, to: Operand, array: Operand, index: Operand) -> Iterator[str]:
        number, register = self._externs.register(operands.extern(array, "register_array"))
        cell = from_words(f"(&{_cell(number, register)})", register.width)
        yield f"uint64_t i = {self._word(index)};"
        yield f"if (i < {register.size})"
        yield f"    {self._stores.store(to, cell)}"

    def _register_write(self, array: Operand, index: Operand, new: Operand) -> Iterator[str]:
        number, register = self._externs.register(operands.extern(array, "register_array"))
        low = self._expressions.low_bits(operands.value(new), register.width)
        value = masked(low, (1 << register.width) - 1)
        yield f"uint64_t i = {self._word(index)};"
        yield f"if (i < {register.size}) {{"
        yield f"    uint64_t *cell = &{_cell(number, register)};"
        for word, text in enumerate(to_words(value, register.width)):
            yield f"    cell[{word}] = {text};"
        yield "}"

    def _hash(self, to: Operand, base: Operand, hash_: Operand, size: Operand) -> Iterator[str]:
        function = self._calculations.call(operands.calculation(hash_))
        yield f"uint64_t size = {self._word(size)};"
        yield f"uint64_t hash = {function} % (size ? size : 1) + {self._word(base)};"
        yield self._stores.store(to, Value("hash", 0, (1 << 64) - 1))

    def _random(self, to: Operand, low: Operand, high: Operand) -> Iterator[str]:
        yield f"uint64_t low = {self._word(low)};"
        yield f"uint64_t high = {self._word(high)};"
        yield "uint64_t span = high - low + 1;"
        yield "uint64_t number = low + (span ? sw_random(p->sw) % span : sw_random(p->sw));"
        # Without a number between them BMv2 leaves the field alone.
        yield "if (low <= high)"
        yield f"    {self._stores.store(to, Value('number', 0, (1 << 64) - 1))}"


def _cell(number: int, register: RegisterArray) -> str:
    """The first word of the cell number `i`."""
    return f"p->sw->registers[{number}][{word_count(register.width)} * i]"
