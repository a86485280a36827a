"""The parser as one C function: states are labels, transitions gotos.

An error ends the parsing; what was extracted before stays, and the rest of the packet is
payload. A loop that takes nothing from the packet cannot end by itself, so states that close a
loop count passes and raise ParserTimeout.
"""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.expressions import (
    Binary,
    Conditional,
    Expression,
    Lookahead,
    Unary,
)
from softswitch.bmv2json.parser_states import (
    Advance,
    Extract,
    ParserOp,
    ParseState,
    Transition,
    Verify,
)
from softswitch.bmv2json.statements import Primitive, Vector
from softswitch.codegen.arithmetic import comparison, masked
from softswitch.codegen.externs import ExternNumbers
from softswitch.codegen.extraction import ExtractionWriter
from softswitch.codegen.key_words import key_words
from softswitch.codegen.keys import key_layout
from softswitch.codegen.layout import Identifiers, Layout
from softswitch.codegen.statements import StatementWriter
from softswitch.codegen.values import Value, constant

MAX_LOOPS = 1024

# BMv2's numbers where the program does not list the errors of the core library.
CORE_ERRORS = {
    "NoError": 0,
    "PacketTooShort": 1,
    "NoMatch": 2,
    "StackOutOfBounds": 3,
    "HeaderTooShort": 4,
    "ParserTimeout": 5,
    "ParserInvalidArgument": 6,
}


class ParserWriter:
    """Writes the parser of a program."""

    def __init__(self, layout: Layout, statements: StatementWriter, externs: ExternNumbers) -> None:
        self._layout = layout
        self._externs = externs
        self._parser = layout.pipeline.parser
        self._statements = statements
        self._labels = Identifiers("state_")
        self._extraction = ExtractionWriter(layout, statements.expressions, self._fail)

    def error(self, name: str) -> int:
        """The number of a core error."""
        return self._layout.pipeline.errors.get(name, CORE_ERRORS[name])

    def function(self) -> Iterator[str]:
        yield f"enum {{ NO_ERROR = {self.error('NoError')} }};"
        yield "static void parse(struct packet *p)"
        yield "{"
        yield "    uint32_t error = NO_ERROR;"
        yield "    __attribute__((unused)) uint32_t loops = 0;"
        yield f"    goto {self._labels[self._parser.start]};"
        loops = loop_heads(self._parser.start, self._successors())
        for state in self._parser.states.values():
            yield f"{self._labels[state.name]}: __attribute__((unused)); {{"
            if state.name in loops:
                yield f"    if (++loops > {MAX_LOOPS})"
                yield f"        {self._fail('ParserTimeout')}"
            yield from (f"    {line}" for line in self._state(state))
            yield "}"
        yield "done:"
        yield "    p->parser_error = error;"
        yield "}"

    def _successors(self) -> dict[str, list[str]]:
        return {
            state.name: [t.next_state for t in state.transitions if t.next_state is not None]
            for state in self._parser.states.values()
        }

    def _fail(self, error: str) -> str:
        return f"{{ error = {self.error(error)}; goto done; }}"

    def _state(self, state: ParseState) -> Iterator[str]:
        for op in state.ops:
            yield "{"
            yield from (f"    {line}" for line in self._op(op))
            yield "}"
        yield from self._select(state)

    # -- operations ----------------------------------------------------------------------------

    def _op(self, op: ParserOp) -> Iterator[str]:
        match op:
            case Extract():
                yield from self._lookaheads(op.varbit_bits)
                yield from self._extraction.write(op)
            case Advance(bits):
                yield from self._advance(bits)
            case Verify(condition, error):
                yield from self._lookaheads(condition)
                number = self._statements.expressions.low_bits(error, 32).text
                yield f"if (!{self._statements.expressions.truth(condition)})"
                yield f"    {{ error = (uint32_t){number}; goto done; }}"
            case Primitive():
                for parameter in op.parameters:
                    yield from self._lookaheads(parameter)
                yield from self._statements.write(op)

    def _advance(self, bits: Expression) -> Iterator[str]:
        yield from self._lookaheads(bits)
        yield f"uint64_t octets = {self._statements.expressions.low_bits(bits, 64).text} / 8;"
        yield "if (p->left < octets)"
        yield f"    {self._fail('PacketTooShort')}"
        yield "p->data += octets;"
        yield "p->left -= (uint32_t)octets;"

    def _lookaheads(self, operand: object) -> Iterator[str]:
        for offset, width in sorted(_lookaheads(operand)):
            yield f"if (p->left < {(offset + width + 7) // 8})"
            yield f"    {self._fail('PacketTooShort')}"

    # -- select --------------------------------------------------------------------------------

    def _select(self, state: ParseState) -> Iterator[str]:
        for part in state.key:
            yield from self._lookaheads(part)
        values = [self._statements.expressions.exact(part) for part in state.key]
        for i, value in enumerate(values):
            yield f"const {value.ctype.c_name} k{i} = {value.text};"
            yield f"(void)k{i};"
        for transition in state.transitions:
            goto = self._goto(transition)
            if transition.is_default:
                yield goto
                return
            if transition.value_set is not None:
                yield from self._look_up(transition.value_set, values, goto)
            else:
                yield f"if ({self._condition(transition, values)})"
                yield f"    {goto}"
        yield self._fail("NoMatch") if state.transitions else "goto done;"

    def _goto(self, transition: Transition) -> str:
        if transition.next_state is None:
            return "goto done;"
        return f"goto {self._labels[transition.next_state]};"

    def _look_up(self, name: str, values: list[Value], goto: str) -> Iterator[str]:
        table = self._layout.pipeline.value_sets[name]
        layout = key_layout(table)
        words = key_words(layout, list(_named_keys(values)))
        yield "{"
        yield f"    const struct sw_table *t = &p->sw->tables[{self._externs.table(table)}];"
        yield f"    const uint64_t key[] = {words};"
        yield f"    if (sw_table_lookup(t, key, {layout.words}) != NULL)"
        yield f"        {goto}"
        yield "}"

    def _condition(self, transition: Transition, values: list[Value]) -> str:
        tests, keys = [], list(_named_keys(values))
        for i, (value, mask) in enumerate(zip(transition.values, transition.masks, strict=True)):
            if mask == 0:
                continue
            key = keys[i]
            whole = key.low >= 0 and mask & key.high == key.high
            relevant = key if whole else masked(key, mask)
            tests.append(comparison("==", relevant, constant(value & mask)).text)
        return " && ".join(tests) or "true"


def _named_keys(values: list[Value]) -> Iterator[Value]:
    """The components of the select's key as the variables that hold them."""
    return (Value(f"k{i}", value.low, value.high) for i, value in enumerate(values))


def _lookaheads(operand: object) -> set[tuple[int, int]]:
    match operand:
        case Lookahead(offset, width):
            return {(offset, width)}
        case Unary(_, inner):
            return _lookaheads(inner)
        case Vector(items):
            return set().union(*map(_lookaheads, items))
        case Binary(_, left, right):
            return _lookaheads(left) | _lookaheads(right)
        case Conditional(condition, left, right):
            return _lookaheads(condition) | _lookaheads(left) | _lookaheads(right)
    return set()


def loop_heads(start: str, successors: dict[str, list[str]]) -> set[str]:
    """The nodes of a graph that some path comes back to (targets of back edges)."""
    heads: set[str] = set()
    open_: set[str] = set()
    seen: set[str] = set()

    def visit(node: str) -> None:
        seen.add(node)
        open_.add(node)
        for successor in successors[node]:
            if successor in open_:
                heads.add(successor)
            elif successor not in seen:
                visit(successor)
        open_.remove(node)

    visit(start)
    return heads
