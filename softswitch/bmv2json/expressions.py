"""Expressions of the BMv2 JSON, as a small tree.

BMv2 evaluates with unlimited precision and truncates when it stores to a field; p4c inserts the
masks that P4's modular arithmetic needs. The tree therefore carries no types: widths come from
the fields. Booleans are numbers, 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Constant:
    """A number; negative ones occur."""

    value: int


@dataclass(frozen=True)
class FieldRef:
    """A field of a header or metadata instance."""

    header: str
    field: str


@dataclass(frozen=True)
class ValidRef:
    """The validity of a header, 0 or 1 (the JSON's hidden field `$valid$`)."""

    header: HeaderRef | StackElement


@dataclass(frozen=True)
class UnionValidRef:
    """1 if some member of a union is valid."""

    union: str


@dataclass(frozen=True)
class HeaderRef:
    """A header instance as a whole."""

    name: str


@dataclass(frozen=True)
class StackRef:
    """A header stack as a whole."""

    name: str


@dataclass(frozen=True)
class UnionRef:
    """A header union as a whole."""

    name: str


@dataclass(frozen=True)
class UnionStackRef:
    """A stack of unions as a whole."""

    name: str


@dataclass(frozen=True)
class StackElement:
    """An element of a stack by an index that is computed."""

    stack: str
    index: Expression


@dataclass(frozen=True)
class ElementField:
    """A field, by its position, of a computed stack element."""

    element: StackElement
    index: int


@dataclass(frozen=True)
class LastField:
    """A field of the last extracted element of a stack (`stack.last.field`)."""

    stack: str
    field: str


@dataclass(frozen=True)
class StackSize:
    """The number of elements in use; `last` asks for the index of the last one instead."""

    stack: str
    last: bool


@dataclass(frozen=True)
class RuntimeData:
    """A parameter of the action."""

    index: int


@dataclass(frozen=True)
class Lookahead:
    """Bits ahead of the parser's position."""

    offset: int
    width: int


@dataclass(frozen=True)
class Unary:
    """One of `~ - not d2b b2d`."""

    op: str
    operand: Expression


@dataclass(frozen=True)
class Binary:
    """Arithmetic, bit operations, comparisons, `and`, `or`, `two_comp_mod`, saturating casts."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Conditional:
    """`condition ? left : right`."""

    condition: Expression
    left: Expression
    right: Expression


Expression = (
    Constant
    | FieldRef
    | ValidRef
    | UnionValidRef
    | HeaderRef
    | StackRef
    | UnionRef
    | UnionStackRef
    | StackElement
    | ElementField
    | LastField
    | StackSize
    | RuntimeData
    | Lookahead
    | Unary
    | Binary
    | Conditional
)
