"""Reading header types, header instances and stacks."""

from __future__ import annotations

from collections.abc import Mapping

from softswitch.bmv2json.document import Node
from softswitch.bmv2json.model import Field, Header, HeaderStack, HeaderType
from softswitch.bmv2json.operands import MAX_WIDTH


def read_header_types(root: Node) -> dict[str, HeaderType]:
    """All header types, by name."""
    types = (_read_header_type(node) for node in root.list("header_types"))
    return {type_.name: type_ for type_ in types}


def _read_header_type(node: Node) -> HeaderType:
    items = [_read_item(item) for item in node.list("fields")]
    fixed = sum(width.number for _, width, _ in items if width.value != "*")
    fields = tuple(_read_field(name, width, signed, node, fixed) for name, width, signed in items)
    if sum(field.varbit for field in fields) > 1:
        raise node.error("a header type has at most one varbit")
    return HeaderType(node["name"].text, fields)


def _read_item(item: Node) -> tuple[Node, Node, bool]:
    parts = tuple(item)
    if len(parts) not in (2, 3):
        raise item.error("expected a name, a width and maybe a sign")
    # p4c writes the sign as true or false, and as 0 for a bool.
    return parts[0], parts[1], len(parts) == 3 and bool(parts[2].value)


def _read_field(name: Node, width: Node, signed: bool, owner: Node, fixed_bits: int) -> Field:
    if width.value == "*":
        bits = owner["max_length"].count * 8 - fixed_bits
        return Field(name.text, bits, varbit=True)
    if not 0 < width.number <= MAX_WIDTH:
        raise name.error(f"field {name.text!r} is {width.number} bits wide, not 1 to {MAX_WIDTH}")
    return Field(name.text, width.number, signed)


def read_headers(root: Node, types: Mapping[str, HeaderType]) -> dict[str, Header]:
    """All header and metadata instances, by name."""
    headers = (_read_header(node, types) for node in root.list("headers"))
    return {header.name: header for header in headers}


def _read_header(node: Node, types: Mapping[str, HeaderType]) -> Header:
    header = Header(node["name"].text, _type_of(node, types), node["metadata"].flag)
    if not header.metadata and header.type.fixed_bits % 8:
        raise node.error(f"header {header.name!r} does not fill whole octets")
    return header


def read_stacks(root: Node, types: Mapping[str, HeaderType]) -> dict[str, HeaderStack]:
    """All header stacks, by name."""
    names = {node["id"].number: node["name"].text for node in root.list("headers")}
    stacks = (_read_stack(node, types, names) for node in root.list("header_stacks"))
    return {stack.name: stack for stack in stacks}


def _read_stack(
    node: Node, types: Mapping[str, HeaderType], names: Mapping[int, str]
) -> HeaderStack:
    ids = [item.number for item in node["header_ids"]]
    if not ids or any(id_ not in names for id_ in ids):
        raise node.error("header_ids names headers that do not exist")
    members = tuple(names[id_] for id_ in ids)
    return HeaderStack(node["name"].text, _type_of(node, types), members)


def _type_of(node: Node, types: Mapping[str, HeaderType]) -> HeaderType:
    name = node["header_type"]
    if name.text not in types:
        raise name.error(f"no header type is named {name.text!r}")
    return types[name.text]
