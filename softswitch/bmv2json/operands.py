"""Reading expressions and the arguments of primitives: the JSON's "type value objects"."""

from __future__ import annotations

from softswitch.bmv2json.document import Node
from softswitch.bmv2json.expressions import (
    Binary,
    Conditional,
    Constant,
    ElementField,
    Expression,
    FieldRef,
    HeaderRef,
    LastField,
    Lookahead,
    RuntimeData,
    StackElement,
    StackRef,
    StackSize,
    Unary,
    UnionRef,
    UnionStackRef,
    UnionValidRef,
    ValidRef,
)
from softswitch.bmv2json.scope import Scope
from softswitch.bmv2json.statements import CalculationRef, ExternRef, Operand, Text, Vector

VALID_FIELD = "$valid$"

UNARY_OPS = frozenset({"~", "-", "not", "d2b", "b2d"})
BINARY_OPS = frozenset(
    "+ - * / % << >> == != > >= < <= and or & | ^ two_comp_mod sat_cast usat_cast".split()
)
MAX_WIDTH = 2048


def read_operand(node: Node, scope: Scope) -> Operand:
    """Read an argument of a primitive."""
    kind = node["type"].text
    value = node["value"]
    match kind:
        case "calculation":
            return CalculationRef(value.text)
        case "counter_array" | "meter_array" | "register_array":
            return ExternRef(kind, value.text)
        case "string":
            return Text(value.text)
        case "parameters_vector":
            # p4c writes an empty vector as an object.
            items = () if value.value == {} else value
            return Vector(tuple(read_expression(item, scope) for item in items))
    return read_expression(node, scope)


def read_expression(node: Node, scope: Scope) -> Expression:
    """Read a value: a constant, a reference or a computation."""
    if node.get("op") is not None:
        return _read_operation(node, scope)
    kind = node["type"].text
    value = node["value"]
    match kind:
        case "expression":
            return read_expression(value, scope)
        case "hexstr":
            return Constant(value.hex)
        case "bool":
            return Constant(int(value.flag))
        case "field":
            return read_field(value, scope)
        case "header":
            return HeaderRef(scope.header(value).name)
        case "header_stack":
            return StackRef(scope.stack(value).name)
        case "header_union":
            return UnionRef(scope.union(value).name)
        case "header_union_stack":
            return UnionStackRef(scope.union_stack(value).name)
        case "stack_field":
            return _read_last_field(value, scope)
        case "runtime_data" | "local":
            return RuntimeData(value.number)
        case "lookahead":
            return _read_lookahead(value)
    raise node.error(f"operands of type {kind!r} are not supported")


def read_field(node: Node, scope: Scope) -> FieldRef | ValidRef:
    """Read a reference [header, field]; the field may be the hidden one for validity."""
    owner, member = node.pair()
    if member.text == VALID_FIELD:
        return ValidRef(_read_header(owner, scope))
    header = scope.header(owner)
    return FieldRef(header.name, scope.member(header.type, member).name)


def read_plain_field(node: Node, scope: Scope) -> FieldRef:
    """Read a reference to a field that has storage."""
    field = read_field(node, scope)
    if isinstance(field, ValidRef):
        raise node.error("the validity of a header cannot stand here")
    return field


def _read_header(node: Node, scope: Scope) -> HeaderRef | StackElement:
    if not node.is_object:
        return HeaderRef(scope.header(node).name)
    header = read_expression(node, scope)
    if not isinstance(header, HeaderRef | StackElement):
        raise node.error("expected a header")
    return header


def _read_last_field(node: Node, scope: Scope) -> LastField:
    owner, member = node.pair()
    stack = scope.stack(owner)
    return LastField(stack.name, scope.member(stack.type, member).name)


def _read_lookahead(node: Node) -> Lookahead:
    offset, width = node.pair()
    if width.number > MAX_WIDTH:
        raise node.error(f"a lookahead of {width.number} bits is wider than {MAX_WIDTH}")
    return Lookahead(offset.number, width.number)


def _read_operation(node: Node, scope: Scope) -> Expression:
    op = node["op"].text
    match op:
        case "dereference_header_stack":
            return _read_element(node, scope)
        case "access_field":
            return _read_element_field(node, scope)
        case "last_stack_index" | "size_stack":
            return StackSize(_read_any_stack(node["right"], scope), last=op == "last_stack_index")
        case "valid":
            return ValidRef(_read_header(node["right"], scope))
        case "valid_union":
            return _read_union_validity(node["right"], scope)
        case "?":
            return Conditional(
                read_expression(node["cond"], scope),
                read_expression(node["left"], scope),
                read_expression(node["right"], scope),
            )
    if op in UNARY_OPS and node.get("left") is None:
        return Unary(op, read_expression(node["right"], scope))
    if op in BINARY_OPS:
        return _read_binary(op, node, scope)
    raise node.error(f"the operator {op!r} is not supported")


def _read_element(node: Node, scope: Scope) -> StackElement:
    stack = read_expression(node["left"], scope)
    if not isinstance(stack, StackRef):
        raise node["left"].error("expected a header stack")
    return StackElement(stack.name, read_expression(node["right"], scope))


def _read_union_validity(node: Node, scope: Scope) -> UnionValidRef:
    union = read_expression(node, scope)
    if not isinstance(union, UnionRef):
        raise node.error("expected a header union")
    return UnionValidRef(union.name)


def _read_any_stack(node: Node, scope: Scope) -> str:
    stack = read_expression(node, scope)
    if not isinstance(stack, StackRef | UnionStackRef):
        raise node.error("expected a stack")
    return stack.name


def _read_binary(op: str, node: Node, scope: Scope) -> Binary:
    left = read_expression(node["left"], scope)
    right = read_expression(node["right"], scope)
    if isinstance(left, HeaderRef | StackRef | StackElement | UnionRef | UnionStackRef):
        raise node.error("comparing whole headers is not supported")
    return Binary(op, left, right)


def _read_element_field(node: Node, scope: Scope) -> ElementField:
    element = read_expression(node["left"], scope)
    if not isinstance(element, StackElement):
        raise node.error("expected an element of a header stack")
    index = int(str(node["right"].value))
    if not 0 <= index < len(scope.stacks[element.stack].type.fields):
        raise node.error(f"{element.stack} has no field number {index}")
    return ElementField(element, index)
