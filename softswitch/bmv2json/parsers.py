"""Reading the parser's states.

A transition's value is the concatenation of the key's components, each padded to whole octets;
it is cut into one value and mask a component here.
"""

from __future__ import annotations

from softswitch.bmv2json.actions import read_primitive
from softswitch.bmv2json.document import Node
from softswitch.bmv2json.expressions import Constant, HeaderRef, StackRef
from softswitch.bmv2json.operands import read_expression, read_operand
from softswitch.bmv2json.parser_states import (
    Advance,
    Extract,
    NextUnion,
    Parser,
    ParserOp,
    ParseState,
    Transition,
    Verify,
)
from softswitch.bmv2json.scope import Scope
from softswitch.bmv2json.statements import Primitive


def read_parser(root: Node, scope: Scope) -> Parser:
    """Read the one parser of a v1model program."""
    parsers = root.list("parsers")
    if len(parsers) != 1:
        raise root["parsers"].error(f"expected one parser, not {len(parsers)}")
    node = parsers[0]
    states = {state.name: state for state in _read_states(node, scope)}
    for state in node.list("parse_states"):
        for transition in state.list("transitions"):
            target = transition.get("next_state")
            if target is not None and target.text not in states:
                raise target.error(f"no parser state is named {target.text!r}")
    start = node["init_state"]
    if start.text not in states:
        raise start.error(f"no parser state is named {start.text!r}")
    return Parser(start.text, states)


def _read_states(node: Node, scope: Scope) -> list[ParseState]:
    return [_read_state(state, scope) for state in node.list("parse_states")]


def _read_state(node: Node, scope: Scope) -> ParseState:
    keys = node.list("transition_key")
    key = tuple(read_expression(item, scope) for item in keys)
    widths = [scope.width(part, item) for part, item in zip(key, keys, strict=True)]
    return ParseState(
        name=node["name"].text,
        ops=tuple(_read_op(op, scope) for op in node.list("parser_ops")),
        key=key,
        transitions=tuple(_read_transition(item, widths) for item in node.list("transitions")),
    )


def _read_op(node: Node, scope: Scope) -> ParserOp:
    op = node["op"].text
    args = node.list("parameters")
    match op, len(args):
        case "extract", 1:
            return Extract(_read_target(args[0], scope))
        case "extract_VL", 2:
            return Extract(_read_target(args[0], scope), read_expression(args[1], scope))
        case "set", 2:
            return Primitive("assign", tuple(read_operand(arg, scope) for arg in args))
        case "verify", 2:
            return Verify(read_expression(args[0], scope), read_expression(args[1], scope))
        case "shift", 1:
            return Advance(Constant(args[0].number * 8))
        case "advance", 1:
            return Advance(read_expression(args[0], scope))
        case "primitive", 1:
            return read_primitive(args[0], scope)
    raise node.error(f"the parser operation {op!r} is not supported")


def _read_target(node: Node, scope: Scope) -> HeaderRef | StackRef | NextUnion:
    kind = node["type"].text
    match kind:
        case "regular":
            return HeaderRef(scope.header(node["value"]).name)
        case "stack":
            return StackRef(scope.stack(node["value"]).name)
        case "union_stack":
            owner, member = node["value"].pair()
            stack = scope.union_stack(owner)
            return NextUnion(stack.name, scope.union_member(stack, member))
    raise node.error(f"extracting to {kind!r} is not supported")


def _read_transition(node: Node, widths: list[int]) -> Transition:
    target = node.get("next_state")
    next_state = None if target is None else target.text
    value = node.get("value")
    kind = node.get("type")
    if (kind is not None and kind.text == "default") or value is None or value.value == "default":
        return Transition((), (), next_state)
    if kind is not None and kind.text == "parse_vset":
        return Transition((), (), next_state, value.text)
    mask = node.get("mask")
    return Transition(
        _split(value.hex, widths),
        _full_masks(widths) if mask is None else _split(mask.hex, widths),
        next_state,
    )


def _full_masks(widths: list[int]) -> tuple[int, ...]:
    return tuple((1 << width) - 1 for width in widths)


def _split(value: int, widths: list[int]) -> tuple[int, ...]:
    parts = []
    for width in reversed(widths):
        padded = (width + 7) // 8 * 8
        parts.append(value & ((1 << width) - 1))
        value >>= padded
    return tuple(reversed(parts))
