"""Statements of actions and parser states: a primitive and its arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from softswitch.bmv2json.expressions import Expression

_PLACE = re.compile(r"(?<!\\)\{.*?(?<!\\)\}", re.DOTALL)
_ESCAPE = re.compile(r"\\([{}])")


@dataclass(frozen=True)
class CalculationRef:
    """A named calculation as an argument."""

    name: str


@dataclass(frozen=True)
class ExternRef:
    """A counter, meter or register array as an argument; `kind` is the JSON's type."""

    kind: str
    name: str


@dataclass(frozen=True)
class Text:
    """A string as an argument (log messages); `{}` in it is the place of a value."""

    value: str

    @property
    def pieces(self) -> tuple[str, ...]:
        """What stands around the places; a backslash makes a brace a plain one, as in BMv2."""
        return tuple(_ESCAPE.sub(r"\1", piece) for piece in _PLACE.split(self.value))


@dataclass(frozen=True)
class Vector:
    """A list of values as an argument (log messages)."""

    items: tuple[Expression, ...]


Operand = Expression | CalculationRef | ExternRef | Text | Vector


@dataclass(frozen=True)
class Primitive:
    """One statement of an action, or of a parser state."""

    op: str
    parameters: tuple[Operand, ...]

    @property
    def silent(self) -> Primitive:
        """The same, but nothing that only talks; jumps count statements, so one must stand here."""
        return Primitive("no_op", ()) if self.op == "log_msg" else self
