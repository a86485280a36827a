"""Reading a control: its tables, conditions and action calls."""

from __future__ import annotations

from collections.abc import Mapping

from softswitch.bmv2json.document import Node
from softswitch.bmv2json.expressions import Expression, HeaderRef, ValidRef
from softswitch.bmv2json.model import (
    Action,
    ActionCall,
    ActionData,
    ActionProfile,
    Condition,
    ConstEntry,
    Control,
    ControlNode,
    DefaultEntry,
    Exact,
    Key,
    KeyField,
    Lpm,
    MatchKind,
    Range,
    Table,
    Ternary,
)
from softswitch.bmv2json.operands import read_expression, read_field
from softswitch.bmv2json.scope import Scope

HIT, MISS = "__HIT__", "__MISS__"
VALID = "valid"  # the match kind of P4_14 for the validity of a header


def read_control(
    root: Node,
    name: str,
    scope: Scope,
    actions: Mapping[int, Action],
    profiles: Mapping[str, ActionProfile],
) -> Control:
    """Read ingress or egress."""
    found = [node for node in root.list("pipelines") if node["name"].text == name]
    if len(found) != 1:
        raise root["pipelines"].error(f"expected one control named {name!r}, not {len(found)}")
    node = found[0]
    nodes: dict[str, ControlNode] = {}
    for item in node.list("tables"):
        nodes[item["name"].text] = _read_table(item, scope, actions, profiles)
    for item in node.list("conditionals"):
        nodes[item["name"].text] = _read_condition(item, scope)
    for item in node.list("action_calls"):
        nodes[item["name"].text] = _read_action_call(item, actions)
    control = Control(name, _next(node, "init_table"), nodes)
    _check_references(node, control)
    return control


def _check_references(node: Node, control: Control) -> None:
    targets = {control.start}
    for item in control.nodes.values():
        match item:
            case Table():
                targets |= {item.base_next, item.hit_next, item.miss_next}
                targets |= set(item.next_by_action.values())
            case Condition():
                targets |= {item.true_next, item.false_next}
            case ActionCall():
                targets.add(item.next_node)
    for target in targets - {None}:
        if target not in control.nodes:
            raise node.error(f"no table or condition is named {target!r}")


def _next(node: Node, key: str) -> str | None:
    target = node.get(key)
    return None if target is None else target.text


def _read_condition(node: Node, scope: Scope) -> Condition:
    return Condition(
        name=node["name"].text,
        expression=read_expression(node["expression"], scope),
        true_next=_next(node, "true_next"),
        false_next=_next(node, "false_next"),
    )


def _read_action_call(node: Node, actions: Mapping[int, Action]) -> ActionCall:
    action = _action(node["action_id"], actions)
    return ActionCall(node["name"].text, action.id, _next(node, "next_node"))


def _action(node: Node, actions: Mapping[int, Action]) -> Action:
    if node.number not in actions:
        raise node.error(f"no action has the id {node.number}")
    return actions[node.number]


def _read_table(
    node: Node,
    scope: Scope,
    actions: Mapping[int, Action],
    profiles: Mapping[str, ActionProfile],
) -> Table:
    own = tuple(_action(item, actions) for item in node.list("action_ids"))
    key = tuple(_read_key_field(item, scope) for item in node.list("key"))
    next_tables = node["next_tables"]
    default = node.get("default_entry")
    meter = node.get("direct_meters")
    return Table(
        id=node["id"].number,
        name=node["name"].text,
        kind=_match_kind(node["match_type"]),
        key=key,
        actions=own,
        profile=_read_implementation(node, profiles),
        max_size=node["max_size"].count,
        with_counters=node["with_counters"].flag,
        ages=node["support_timeout"].flag,
        direct_meter=None if meter is None else meter.text,
        default=None if default is None else _read_default(default, actions),
        entries=_read_entries(node, key, actions),
        is_const=node.get("entries") is not None,
        next_by_action={action.id: _next(next_tables, action.name) for action in own},
        base_next=_next(node, "base_default_next"),
        hit_next=_next(next_tables, HIT),
        miss_next=_next(next_tables, MISS),
        next_on_hit=_has_hit_or_miss(next_tables),
    )


def _read_implementation(node: Node, profiles: Mapping[str, ActionProfile]) -> str | None:
    kind = node["type"]
    if kind.text == "simple":
        return None
    if kind.text not in {"indirect", "indirect_ws"}:
        raise kind.error(f"tables of type {kind.text!r} are not supported")
    name = node["action_profile"]
    profile = profiles.get(name.text)
    if profile is None:
        raise name.error(f"no action profile is named {name.text!r}")
    if (profile.selector is not None) != (kind.text == "indirect_ws"):
        raise kind.error(f"{kind.text!r} does not fit the action profile {name.text!r}")
    for section in ("entries", "default_entry"):
        if node.get(section) is not None:
            raise node.error(f"a table with an action profile cannot have {section!r}")
    return name.text


def _has_hit_or_miss(node: Node) -> bool:
    return isinstance(node.value, dict) and not {HIT, MISS}.isdisjoint(node.value)


def _match_kind(node: Node) -> MatchKind:
    try:
        return MatchKind(node.text)
    except ValueError:
        raise node.error(f"the match kind {node.text!r} is not supported") from None


def _read_key_field(node: Node, scope: Scope) -> KeyField:
    target, kind = _read_target(node, scope)
    mask, name = node.get("mask"), node.get("name")
    return KeyField(
        name=node["target"].path if name is None else name.text,
        kind=kind,
        target=target,
        width=scope.width(target, node),
        mask=None if mask is None else mask.hex,
    )


def _read_target(node: Node, scope: Scope) -> tuple[Expression, MatchKind]:
    target = node["target"]
    if node["match_type"].text == VALID:
        return ValidRef(HeaderRef(scope.header(target).name)), MatchKind.EXACT
    # An element of a stack by a computed index is an expression, with a value of its own.
    read = read_expression if target.is_object else read_field
    return read(target, scope), _match_kind(node["match_type"])


def _read_default(node: Node, actions: Mapping[int, Action]) -> DefaultEntry:
    const = _flag(node, "action_entry_const")
    if _flag(node, "action_const") and not const:
        raise node.error("a constant action with arguments that are not is not supported")
    return DefaultEntry(_read_action_data(node, actions), const)


def _flag(node: Node, key: str) -> bool:
    found = node.get(key)
    return found is not None and found.flag


def _read_action_data(node: Node, actions: Mapping[int, Action]) -> ActionData:
    action = _action(node["action_id"], actions)
    args = tuple(item.hex for item in node.list("action_data"))
    if len(args) != len(action.parameters):
        raise node.error(f"{action.name} takes {len(action.parameters)} arguments, not {len(args)}")
    return ActionData(action.id, args)


def _read_entries(
    node: Node, key: tuple[KeyField, ...], actions: Mapping[int, Action]
) -> tuple[ConstEntry, ...]:
    # BMv2 gives the first entry the lowest number and the highest precedence; P4Runtime's
    # order is the reverse.
    items = node.list("entries")
    numbers = [item["priority"].number for item in items]
    top = max(numbers, default=0) + 1
    return tuple(
        ConstEntry(
            key=_read_entry_key(item, key),
            data=_read_action_data(item["action_entry"], actions),
            priority=top - number,
        )
        for item, number in zip(items, numbers, strict=True)
    )


def _read_entry_key(node: Node, fields: tuple[KeyField, ...]) -> tuple[Key, ...]:
    items = node.list("match_key")
    if len(items) != len(fields):
        raise node.error(f"expected {len(fields)} key fields, not {len(items)}")
    return tuple(_read_match(item, field) for item, field in zip(items, fields, strict=True))


def _read_match(node: Node, field: KeyField) -> Key:
    kind = node["match_type"]
    if kind.text not in (field.kind.value, VALID):
        raise kind.error(f"{field.name!r} is matched as {field.kind.value!r}")
    match field.kind:
        case MatchKind.EXACT:
            key = node["key"]
            return Exact(int(key.flag) if isinstance(key.value, bool) else key.hex)
        case MatchKind.LPM:
            return Lpm(node["key"].hex, node["prefix_length"].count)
        case MatchKind.TERNARY:
            return Ternary(node["key"].hex, node["mask"].hex)
        case MatchKind.RANGE:
            return Range(node["start"].hex, node["end"].hex)
