"""The names that expressions may refer to: headers, their fields, stacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from softswitch.bmv2json.document import Node
from softswitch.bmv2json.expressions import (
    ElementField,
    Expression,
    FieldRef,
    LastField,
    Lookahead,
    StackSize,
    ValidRef,
)
from softswitch.bmv2json.model import Field, Header, HeaderStack, HeaderType
from softswitch.bmv2json.unions import HeaderUnion, UnionStack

STACK_INDEX_WIDTH = 32  # P4_16 8.18: lastIndex is a bit<32>


@dataclass(frozen=True)
class Scope:
    """Resolves references, and complains at the place that made them."""

    headers: Mapping[str, Header]
    stacks: Mapping[str, HeaderStack]
    unions: Mapping[str, HeaderUnion]
    union_stacks: Mapping[str, UnionStack]

    def header(self, node: Node) -> Header:
        found = self.headers.get(node.text)
        if found is None:
            raise node.error(f"no header is named {node.text!r}")
        return found

    def stack(self, node: Node) -> HeaderStack:
        found = self.stacks.get(node.text)
        if found is None:
            raise node.error(f"no header stack is named {node.text!r}")
        return found

    def union(self, node: Node) -> HeaderUnion:
        found = self.unions.get(node.text)
        if found is None:
            raise node.error(f"no header union is named {node.text!r}")
        return found

    def union_stack(self, node: Node) -> UnionStack:
        found = self.union_stacks.get(node.text)
        if found is None:
            raise node.error(f"no stack of header unions is named {node.text!r}")
        return found

    def union_member(self, stack: UnionStack, node: Node) -> str:
        """The name of a member that a stack's unions have."""
        if node.text not in stack.unions[0].members:
            raise node.error(f"the unions of {stack.name!r} have no member {node.text!r}")
        return node.text

    def member(self, type_: HeaderType, node: Node) -> Field:
        found = type_.by_name.get(node.text)
        if found is None:
            raise node.error(f"header type {type_.name!r} has no field {node.text!r}")
        return found

    def field(self, ref: FieldRef) -> Field:
        """The declaration of a field that is known to exist."""
        return self.headers[ref.header].type.by_name[ref.field]

    def width(self, expression: Expression, node: Node) -> int:
        """The width in bits of what may stand in a select or a table key."""
        match expression:
            case FieldRef():
                return self.field(expression).width
            case ValidRef():
                return 1
            case LastField():
                return self.stacks[expression.stack].type.by_name[expression.field].width
            case ElementField():
                fields = self.stacks[expression.element.stack].type.fields
                return fields[expression.index].width
            case Lookahead():
                return expression.width
            case StackSize():
                return STACK_INDEX_WIDTH
        raise node.error("a computed value cannot be matched on")
