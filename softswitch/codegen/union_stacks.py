"""Pushing and popping stacks of header unions, whose members are headers of their own.

What push_front makes room for, or pop_front leaves behind, is invalid (P4_16 8.18).
"""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.unions import UnionStack
from softswitch.codegen.layout import Layout


def push(layout: Layout, name: str, by: int) -> Iterator[str]:
    """Statements that move every union back; from the last one, so that none is lost."""
    stack, next_ = layout.pipeline.union_stacks[name], layout.stack_next(name)
    size = len(stack.unions)
    for number in reversed(range(size)):
        yield from _fill(layout, stack, number, number - by)
    yield f"{next_} = {next_} + {by} < {size} ? {next_} + {by} : {size};"


def pop(layout: Layout, name: str, by: int) -> Iterator[str]:
    """Statements that move every union to the front."""
    stack, next_ = layout.pipeline.union_stacks[name], layout.stack_next(name)
    for number in range(len(stack.unions)):
        yield from _fill(layout, stack, number, number + by)
    yield f"{next_} = {next_} > {by} ? {next_} - {by} : 0;"


def _fill(layout: Layout, stack: UnionStack, to: int, from_: int) -> Iterator[str]:
    source = stack.unions[from_].members if 0 <= from_ < len(stack.unions) else None
    for member, header in stack.unions[to].members.items():
        if source is None:
            yield f"{layout.header(header)}.valid = 0;"
        else:
            yield f"{layout.header(header)} = {layout.header(source[member])};"
