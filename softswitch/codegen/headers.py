"""C functions that extract a header from a packet and emit it again, one pair a header type."""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.model import Field, HeaderType
from softswitch.codegen.layout import Layout
from softswitch.codegen.wire import Piece, load_run, runs, store_run
from softswitch.errors import PipelineError


def header_functions(layout: Layout) -> Iterator[str]:
    """The functions for every type that packets can carry."""
    pipeline = layout.pipeline
    carried = {header.type.name for header in pipeline.headers.values() if not header.metadata}
    for type_ in pipeline.header_types.values():
        if type_.name in carried:
            yield from _extract(layout, type_)
            yield from _emit(layout, type_)


def _split(type_: HeaderType) -> tuple[list[Field], Field | None, list[Field]]:
    """The fixed fields before a varbit, the varbit, and those behind it."""
    varbit = type_.varbit
    if varbit is None:
        return list(type_.fields), None, []
    at = type_.fields.index(varbit)
    before, after = list(type_.fields[:at]), list(type_.fields[at + 1 :])
    if sum(field.width for field in before) % 8 or sum(field.width for field in after) % 8:
        raise PipelineError(f"varbit {type_.name}.{varbit.name} is not aligned to octets")
    return before, varbit, after


def _pieces(layout: Layout, type_: HeaderType, fields: list[Field]) -> list[Piece]:
    return [Piece(f"h->{layout.member(type_, field.name)}", field.width) for field in fields]


def _octets(fields: list[Field]) -> int:
    return sum(field.width for field in fields) // 8


# A function for each direction. `bits` is the length of the varbit, 0 where there is none; the
# caller has checked that it is a multiple of eight and not too long.


def _extract(layout: Layout, type_: HeaderType) -> Iterator[str]:
    before, varbit, after = _split(type_)
    name = layout.type_name(type_)
    yield "static __attribute__((unused))"
    yield f"bool extract_{name}(struct packet *p, struct {name} *h, uint32_t bits)"
    yield "{"
    yield "    __attribute__((unused)) uint64_t run;"
    yield "    const uint8_t *d = p->data;"
    yield f"    uint32_t octets = {_octets(before) + _octets(after)} + bits / 8;"
    yield "    if (p->left < octets)"
    yield "        return false;"
    for run in runs(_pieces(layout, type_, before)):
        yield from (f"    {line}" for line in load_run(run, "d"))
    if varbit is not None:
        member = layout.member(type_, varbit.name)
        yield f"    h->{member}.bits = bits;"
        yield f"    memcpy(h->{member}.octets, d + {_octets(before)}, bits / 8);"
        yield f"    d += {_octets(before)} + bits / 8;"
        for run in runs(_pieces(layout, type_, after)):
            yield from (f"    {line}" for line in load_run(run, "d"))
    yield "    h->valid = 1;"
    yield "    p->data += octets;"
    yield "    p->left -= octets;"
    yield "    return true;"
    yield "}"


def _emit(layout: Layout, type_: HeaderType) -> Iterator[str]:
    before, varbit, after = _split(type_)
    name = layout.type_name(type_)
    yield f"static __attribute__((unused)) uint8_t *emit_{name}(const struct {name} *h, uint8_t *d)"
    yield "{"
    for run in runs(_pieces(layout, type_, before)):
        yield from (f"    {line}" for line in store_run(run, "d"))
    yield f"    d += {_octets(before)};"
    if varbit is not None:
        member = layout.member(type_, varbit.name)
        yield f"    memcpy(d, h->{member}.octets, h->{member}.bits / 8);"
        yield f"    d += h->{member}.bits / 8;"
        for run in runs(_pieces(layout, type_, after)):
            yield from (f"    {line}" for line in store_run(run, "d"))
        yield f"    d += {_octets(after)};"
    yield "    return d;"
    yield "}"
