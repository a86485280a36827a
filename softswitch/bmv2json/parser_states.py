"""The parser as a graph of states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from softswitch.bmv2json.expressions import Expression, HeaderRef, StackRef
from softswitch.bmv2json.statements import Primitive


@dataclass(frozen=True)
class NextUnion:
    """A member of the next union of a stack (`stack.next.member`)."""

    stack: str
    member: str


@dataclass(frozen=True)
class Extract:
    """`packet.extract(header)`, or of the next element of a stack; a varbit needs its width."""

    target: HeaderRef | StackRef | NextUnion
    varbit_bits: Expression | None = None


@dataclass(frozen=True)
class Advance:
    """`packet.advance(bits)`."""

    bits: Expression


@dataclass(frozen=True)
class Verify:
    """`verify(condition, error)`."""

    condition: Expression
    error: Expression


ParserOp = Extract | Advance | Verify | Primitive


@dataclass(frozen=True)
class Transition:
    """Taken when every (component & mask) equals the value, or when the value set has the key.

    A default has neither.
    """

    values: tuple[int, ...]
    masks: tuple[int, ...]
    next_state: str | None
    value_set: str | None = None

    @property
    def is_default(self) -> bool:
        return not self.values and self.value_set is None


@dataclass(frozen=True)
class ParseState:
    """One state of the parser: operations, then a select over `key`."""

    name: str
    ops: tuple[ParserOp, ...]
    key: tuple[Expression, ...]
    transitions: tuple[Transition, ...]


@dataclass(frozen=True)
class Parser:
    """The parser's states by name, and where it starts."""

    start: str
    states: Mapping[str, ParseState]

    @property
    def silent(self) -> Parser:
        """The same parser without messages to the log."""
        return Parser(self.start, {name: _silent(state) for name, state in self.states.items()})


def _silent(state: ParseState) -> ParseState:
    ops = (op.silent if isinstance(op, Primitive) else op for op in state.ops)
    return replace(state, ops=tuple(ops))
