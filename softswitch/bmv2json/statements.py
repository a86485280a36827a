"""Statements of actions and parser states: a primitive and its arguments."""

from __future__ import annotations

from dataclasses import dataclass

from softswitch.bmv2json.expressions import Expression


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
    """A string as an argument (log messages)."""

    value: str


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
