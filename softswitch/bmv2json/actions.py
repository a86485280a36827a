"""Reading actions and their primitives."""

from __future__ import annotations

from softswitch.bmv2json.document import Node
from softswitch.bmv2json.model import Action, Parameter
from softswitch.bmv2json.operands import MAX_WIDTH, read_operand
from softswitch.bmv2json.scope import Scope
from softswitch.bmv2json.statements import Primitive


def read_actions(root: Node, scope: Scope) -> dict[int, Action]:
    """All actions, by id."""
    actions = (_read_action(node, scope) for node in root.list("actions"))
    return {action.id: action for action in actions}


def _read_action(node: Node, scope: Scope) -> Action:
    return Action(
        id=node["id"].number,
        name=node["name"].text,
        parameters=tuple(_read_parameter(item) for item in node.list("runtime_data")),
        primitives=tuple(read_primitive(item, scope) for item in node.list("primitives")),
    )


def _read_parameter(node: Node) -> Parameter:
    parameter = Parameter(node["name"].text, node["bitwidth"].number)
    if not 0 < parameter.width <= MAX_WIDTH:
        raise node.error(f"parameter {parameter.name!r} is {parameter.width} bits wide")
    return parameter


def read_primitive(node: Node, scope: Scope) -> Primitive:
    """Read one statement."""
    parameters = tuple(read_operand(item, scope) for item in node.list("parameters"))
    return Primitive(node["op"].text, parameters)
