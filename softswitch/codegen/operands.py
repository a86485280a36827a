"""Arguments of primitives, checked to be what the primitive needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from softswitch.bmv2json.expressions import (
    Constant,
    Expression,
    FieldRef,
    HeaderRef,
    StackElement,
    StackRef,
)
from softswitch.bmv2json.statements import CalculationRef, ExternRef, Operand, Text, Vector
from softswitch.errors import PipelineError

# Writes the C of one primitive from its arguments.
Handler = Callable[..., Iterator[str]]


def value(operand: Operand) -> Expression:
    """Something that can be computed."""
    if isinstance(operand, CalculationRef | ExternRef | Text | Vector):
        raise PipelineError("expected a value")
    return operand


def number(operand: Operand) -> int:
    """A constant of the program that is not negative."""
    if not isinstance(operand, Constant) or operand.value < 0:
        raise PipelineError("expected a constant number")
    return operand.value


def field(operand: Operand) -> FieldRef:
    """A field."""
    if not isinstance(operand, FieldRef):
        raise PipelineError("expected a field")
    return operand


def header(operand: Operand) -> HeaderRef | StackElement:
    """A header, or a computed element of a stack."""
    if not isinstance(operand, HeaderRef | StackElement):
        raise PipelineError("expected a header")
    return operand


def stack(operand: Operand) -> str:
    """The name of a header stack."""
    if not isinstance(operand, StackRef):
        raise PipelineError("expected a header stack")
    return operand.name


def extern(operand: Operand, kind: str) -> str:
    """The name of an array of that kind."""
    if not isinstance(operand, ExternRef) or operand.kind != kind:
        raise PipelineError(f"expected a {kind}")
    return operand.name


def text(operand: Operand) -> Text:
    """A string."""
    if not isinstance(operand, Text):
        raise PipelineError("expected a string")
    return operand


def vector(operand: Operand) -> Vector:
    """A list of values."""
    if not isinstance(operand, Vector):
        raise PipelineError("expected a list of values")
    return operand


def calculation(operand: Operand) -> str:
    """The name of a calculation."""
    if not isinstance(operand, CalculationRef):
        raise PipelineError("expected a calculation")
    return operand.name
