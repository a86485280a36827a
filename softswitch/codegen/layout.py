"""Where headers and metadata live in C: names, types, and the struct that holds them all.

A header type becomes a struct of its fields, each in the smallest unsigned type that holds it,
behind a `valid` flag. A stack becomes an array of such structs with the number of elements in
use; one more element lies behind the last, where computed indexes that are too large lead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from softswitch.bmv2json.expressions import ElementField, FieldRef, HeaderRef, StackElement
from softswitch.bmv2json.model import Field, HeaderType, Pipeline


class Identifiers:
    """Gives every P4 name a C identifier of its own."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._of: dict[str, str] = {}
        self._taken: set[str] = set()

    def __getitem__(self, name: str) -> str:
        if name not in self._of:
            plain = self._prefix + re.sub(r"\W+", "_", name)
            candidate, number = plain, 1
            while candidate in self._taken:
                number += 1
                candidate = f"{plain}_{number}"
            self._taken.add(candidate)
            self._of[name] = candidate
        return self._of[name]


def c_type(width: int) -> str:
    """The smallest unsigned C type for a field."""
    for bits in (8, 16, 32, 64):
        if width <= bits:
            return f"uint{bits}_t"
    return "sw_u128" if width <= 128 else "sw_wide"


class Layout:
    """Names the C places of a program's headers, stacks and fields."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self._types = Identifiers("t_")
        self._headers = Identifiers("h_")
        self._fields: dict[str, Identifiers] = {}
        self._elements = {
            header: (stack.name, index)
            for stack in pipeline.stacks.values()
            for index, header in enumerate(stack.headers)
        }
        self._unions = {
            header: union for union in pipeline.unions.values() for header in union.members.values()
        }

    @cached_property
    def instances(self) -> list[str]:
        """The headers that are not elements of a stack."""
        return [name for name in self.pipeline.headers if name not in self._elements]

    # -- places --------------------------------------------------------------------------------

    def type_name(self, type_: HeaderType) -> str:
        return self._types[type_.name]

    def header(self, name: str, phv: str = "p->h") -> str:
        """A header instance, be it an element of a stack or not."""
        if name in self._elements:
            stack, index = self._elements[name]
            return f"{self.stack(stack, phv)}[{index}]"
        return f"{phv}.{self._headers[name]}"

    def stack(self, name: str, phv: str = "p->h") -> str:
        return f"{phv}.{self._headers[name]}"

    def stack_next(self, name: str, phv: str = "p->h") -> str:
        """The number of elements in use."""
        return f"{phv}.next_{self._headers[name]}"

    def stack_length(self, name: str) -> int:
        """The number of elements of a stack, of headers or of unions."""
        stack = self.pipeline.stacks.get(name)
        return len(self.pipeline.union_stacks[name].unions if stack is None else stack.headers)

    def exclusion(self, header: str) -> Iterator[str]:
        """Statements for when a header becomes valid: the others of its union do not stay so."""
        union = self._unions.get(header)
        for other in () if union is None else union.members.values():
            if other != header:
                yield f"{self.header(other)}.valid = 0;"

    def union_valid(self, name: str) -> str:
        """The C condition that some member is valid."""
        members = self.pipeline.unions[name].members.values()
        return "(" + " | ".join(f"{self.header(member)}.valid" for member in members) + ")"

    def member(self, type_: HeaderType, field: str) -> str:
        identifiers = self._fields.setdefault(type_.name, Identifiers("f_"))
        return identifiers[field]

    def field(self, ref: FieldRef, phv: str = "p->h") -> str:
        type_ = self.pipeline.headers[ref.header].type
        return f"{self.header(ref.header, phv)}.{self.member(type_, ref.field)}"

    def header_type(self, ref: HeaderRef | StackElement) -> HeaderType:
        if isinstance(ref, HeaderRef):
            return self.pipeline.headers[ref.name].type
        return self.pipeline.stacks[ref.stack].type

    def declaration(self, ref: FieldRef) -> Field:
        return self.pipeline.headers[ref.header].type.by_name[ref.field]

    def element_declaration(self, ref: ElementField) -> Field:
        return self.pipeline.stacks[ref.element.stack].type.fields[ref.index]

    # -- declarations --------------------------------------------------------------------------

    def structs(self) -> Iterator[str]:
        """The C declarations of all header types and of `struct phv`."""
        for type_ in self.pipeline.header_types.values():
            yield from self._struct(type_)
        yield "struct phv {"
        for name in self.instances:
            type_ = self.pipeline.headers[name].type
            yield f"    struct {self.type_name(type_)} {self._headers[name]};"
        for stack in self.pipeline.stacks.values():
            place = self._headers[stack.name]
            yield f"    struct {self.type_name(stack.type)} {place}[{len(stack.headers) + 1}];"
            yield f"    uint32_t next_{place};"
        for name in self.pipeline.union_stacks:
            yield f"    uint32_t next_{self._headers[name]};"
        if self.pipeline.learn_lists:
            yield "    uint32_t learn_list; /* the digest that is wanted, 0 for none */"
        yield "};"

    def _struct(self, type_: HeaderType) -> Iterator[str]:
        yield f"struct {self.type_name(type_)} {{"
        yield "    uint8_t valid;"
        for field in type_.fields:
            yield f"    {self._member_declaration(type_, field)};"
        yield "};"

    def _member_declaration(self, type_: HeaderType, field: Field) -> str:
        name = self.member(type_, field.name)
        if field.varbit:
            return f"struct {{ uint32_t bits; uint8_t octets[{field.width // 8}]; }} {name}"
        return f"{c_type(field.width)} {name}"
