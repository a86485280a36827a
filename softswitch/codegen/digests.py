"""Digests: what a program tells its controller of a packet, without the packet.

`digest` asks for a list of fields; as in BMv2 the last request of the ingress counts, and the
values are those at its end. A message is the number of the list and the fields, each filled up to
whole octets (`softswitch.digests` reads it). It leaves like a frame, on a port of its own. A
program without digests has no code for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.model import LearnList
from softswitch.bmv2json.statements import Operand
from softswitch.codegen import operands
from softswitch.codegen.layout import Layout
from softswitch.codegen.wire import Piece, store_bits
from softswitch.errors import PipelineError

HEADER_OCTETS = 4


def octets(width: int) -> int:
    """The octets that a field takes in a message."""
    return (width + 7) // 8


class DigestStatements:
    """Remembers in the packet's headers and metadata which list is wanted."""

    def __init__(self, layout: Layout) -> None:
        self._lists = layout.pipeline.learn_lists
        self.handlers: dict[str, operands.Handler] = {"generate_digest": self._generate}

    def _generate(self, _receiver: Operand, list_: Operand) -> Iterator[str]:
        number = operands.number(list_)
        if number not in self._lists:
            raise PipelineError(f"there is no learn list {number}")
        yield f"p->h.learn_list = {number};"


def learning(layout: Layout) -> Iterator[str]:
    """The function that emits what the ingress has asked for."""
    lists = layout.pipeline.learn_lists
    yield "SW_INLINE void learn(const struct packet *p, sw_emit_fn emit, void *ctx)"
    yield "{"
    yield "    (void)p, (void)emit, (void)ctx;"
    if lists:
        yield "    switch (p->h.learn_list) {"
        for list_ in lists.values():
            yield f"    case {list_.id}: {{ /* {list_.name} */"
            yield from (f"        {line}" for line in _message(layout, list_))
            yield "        break;"
            yield "    }"
        yield "    }"
    yield "}"


def _message(layout: Layout, list_: LearnList) -> Iterator[str]:
    fields = [(layout.field(ref), layout.declaration(ref)) for ref in list_.fields]
    size = HEADER_OCTETS + sum(octets(field.width) for _, field in fields)
    yield f"uint8_t d[{size}] = {{0}};"
    yield f"sw_store(d, {HEADER_OCTETS}, {list_.id});"
    end = HEADER_OCTETS * 8
    for place, field in fields:
        if field.varbit:
            raise PipelineError(f"digest {list_.name}: {field.name} is a varbit")
        end += octets(field.width) * 8
        yield store_bits(Piece(place, field.width), "d", str(end - field.width))
    yield "emit(ctx, SW_DIGEST_PORT, d, sizeof d);"
