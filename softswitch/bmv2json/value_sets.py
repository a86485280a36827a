"""Parser value sets: values that a select matches and that a controller writes.

In a switch a value set is a table of entries without actions, looked up by the parser; so it is
described here by a `Table` whose key is that of the select. How members match only P4Info says, so
the table is a ternary one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from softswitch.bmv2json.document import Node
from softswitch.bmv2json.expressions import Expression
from softswitch.bmv2json.model import KeyField, MatchKind, Table
from softswitch.bmv2json.parser_states import Parser
from softswitch.bmv2json.scope import Scope


def read_value_sets(root: Node, scope: Scope, parser: Parser) -> dict[str, Table]:
    """The value sets that some state selects by, each as the table that it is in a switch."""
    keys = _keys(parser)
    sets = {}
    for node in root.list("parse_vsets"):
        name, bits = node["name"].text, node["compressed_bitwidth"].number
        size = node["max_size"].count
        widths = {tuple(scope.width(part, node) for part in key) for key in keys.get(name, ())}
        if len(widths) > 1:
            raise node.error(f"value set {name!r} is matched against keys of different widths")
        for own in widths:
            if sum(own) != bits:
                raise node.error(f"value set {name!r} is matched against a key of another width")
            sets[name] = _table(node, size, keys[name][0], own)
    _check_references(root, sets)
    return sets


def _keys(parser: Parser) -> Mapping[str, list[tuple[Expression, ...]]]:
    """The keys of the selects that use each value set."""
    keys: dict[str, list[tuple[Expression, ...]]] = {}
    for state in parser.states.values():
        for transition in state.transitions:
            if transition.value_set is not None:
                keys.setdefault(transition.value_set, []).append(state.key)
    return keys


def _check_references(root: Node, sets: Iterable[str]) -> None:
    for state in root.list("parsers")[0].list("parse_states"):
        for transition in state.list("transitions"):
            kind = transition.get("type")
            if kind is not None and kind.text == "parse_vset":
                name = transition["value"]
                if name.text not in sets:
                    raise name.error(f"no value set is named {name.text!r}")


def _table(node: Node, size: int, key: tuple[Expression, ...], widths: tuple[int, ...]) -> Table:
    fields = tuple(
        KeyField(f"{number}", MatchKind.TERNARY, part, width, None)
        for number, (part, width) in enumerate(zip(key, widths, strict=True))
    )
    return Table(
        id=node["id"].number,
        name=node["name"].text,
        kind=MatchKind.TERNARY,
        key=fields,
        actions=(),
        profile=None,
        max_size=size,
        with_counters=False,
        ages=False,
        direct_meter=None,
        default=None,
        entries=(),
        is_const=False,
        next_by_action={},
        base_next=None,
        hit_next=None,
        miss_next=None,
        next_on_hit=False,
    )
