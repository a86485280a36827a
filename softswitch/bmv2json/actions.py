"""Reading actions and their primitives."""

from __future__ import annotations

from collections.abc import Sequence

from softswitch.bmv2json.document import Node
from softswitch.bmv2json.model import Action, Parameter
from softswitch.bmv2json.operands import MAX_WIDTH, read_operand
from softswitch.bmv2json.scope import Scope
from softswitch.bmv2json.statements import Operand, Primitive, Text, Vector


def read_actions(root: Node, scope: Scope) -> dict[int, Action]:
    """All actions, by id."""
    actions = (_read_action(node, scope) for node in root.list("actions"))
    return {action.id: action for action in actions}


def _read_action(node: Node, scope: Scope) -> Action:
    return Action(
        id=node["id"].number,
        name=node["name"].text,
        parameters=tuple(_read_parameter(item) for item in node.list("runtime_data")),
        primitives=read_primitives(node, scope),
    )


def _read_parameter(node: Node) -> Parameter:
    parameter = Parameter(node["name"].text, node["bitwidth"].number)
    if not 0 < parameter.width <= MAX_WIDTH:
        raise node.error(f"parameter {parameter.name!r} is {parameter.width} bits wide")
    return parameter


def read_primitives(node: Node, scope: Scope) -> tuple[Primitive, ...]:
    """Read the statements of an action, or of a deparser."""
    return tuple(read_primitive(item, scope) for item in node.list("primitives"))


def read_primitive(node: Node, scope: Scope) -> Primitive:
    """Read one statement."""
    op = node["op"].text
    parameters = tuple(read_operand(item, scope) for item in node.list("parameters"))
    if op in ("assert", "assume"):
        parameters = (*parameters, Text(_failure(op, node)))
    elif op == "log_msg":
        _check_places(node, parameters)
    return Primitive(op, parameters)


def _failure(op: str, node: Node) -> str:
    """What BMv2 says when an assertion fails."""
    source = node.get("source_info")
    what = f"{op.capitalize()} error"
    if source is None:
        return what
    file, line = source["filename"].text, source["line"].number
    return f"{what}: {source['source_fragment'].text} failed, file {file}, line {line}"


def _check_places(node: Node, parameters: Sequence[Operand]) -> None:
    """BMv2 finds that they do not fit when it comes to say it, and ends."""
    match parameters:
        case [Text() as text, Vector(values)]:
            places = len(text.pieces) - 1
            if places != len(values):
                raise node.error(f"log_msg has {places} places for {len(values)} values")
