"""Header unions: several headers of which at most one is valid, and stacks of unions.

The members are headers like any other, named `union.member` by p4c. What makes a union is the rule
that one that becomes valid makes the others invalid (P4_16 8.20).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from softswitch.bmv2json.document import Node


@dataclass(frozen=True)
class HeaderUnion:
    """The header instance of each member, by the member's name."""

    name: str
    members: Mapping[str, str]


@dataclass(frozen=True)
class UnionStack:
    """An array of unions of one type."""

    name: str
    unions: tuple[HeaderUnion, ...]

    def instances(self, member: str) -> tuple[str, ...]:
        """The header of that member in each element."""
        return tuple(union.members[member] for union in self.unions)


def read_unions(root: Node) -> dict[str, HeaderUnion]:
    """All unions, by name; elements of stacks too."""
    headers = {node["id"].number: node["name"].text for node in root.list("headers")}
    members = {node["name"].text: _members(node) for node in root.list("header_union_types")}
    unions = (_read_union(node, headers, members) for node in root.list("header_unions"))
    return {union.name: union for union in unions}


def _members(node: Node) -> tuple[str, ...]:
    return tuple(item.pair()[0].text for item in node["headers"])


def _read_union(
    node: Node, headers: Mapping[int, str], members: Mapping[str, tuple[str, ...]]
) -> HeaderUnion:
    type_ = node["union_type"]
    if type_.text not in members:
        raise type_.error(f"no union type is named {type_.text!r}")
    ids = [item.number for item in node["header_ids"]]
    if len(ids) != len(members[type_.text]) or any(id_ not in headers for id_ in ids):
        raise node.error("header_ids does not name a header for each member")
    instances = (headers[id_] for id_ in ids)
    return HeaderUnion(node["name"].text, dict(zip(members[type_.text], instances, strict=True)))


def read_union_stacks(root: Node, unions: Mapping[str, HeaderUnion]) -> dict[str, UnionStack]:
    """All stacks of unions, by name."""
    by_id = {node["id"].number: unions[node["name"].text] for node in root.list("header_unions")}
    stacks = (_read_union_stack(node, by_id) for node in root.list("header_union_stacks"))
    return {stack.name: stack for stack in stacks}


def _read_union_stack(node: Node, unions: Mapping[int, HeaderUnion]) -> UnionStack:
    ids = [item.number for item in node["header_union_ids"]]
    if not ids or any(id_ not in unions for id_ in ids):
        raise node.error("header_union_ids names unions that do not exist")
    return UnionStack(node["name"].text, tuple(unions[id_] for id_ in ids))
