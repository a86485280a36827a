"""Hashes and checksums: a C function for each calculation and selector, and the checksum passes.

A calculation's input is the concatenation of its fields, without padding between them; fields
of invalid headers are left out, so the place of what follows is known only at run time. As long
as every header contributes whole octets, runs are stored as in the deparser; otherwise bits
are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from softswitch.bmv2json.expressions import FieldRef, HeaderRef
from softswitch.bmv2json.model import Calculation, Checksum, SizedConstant
from softswitch.codegen.expressions import ExpressionWriter
from softswitch.codegen.layout import Identifiers, Layout
from softswitch.codegen.values import CType, constant
from softswitch.codegen.wire import Piece, runs, store_bits, store_run
from softswitch.errors import PipelineError

ALGORITHMS = {
    "csum16": "sw_csum16",
    "crc16": "sw_crc16",
    "crc32": "sw_crc32",
    "xor16": "sw_xor16",
    "identity": "sw_identity",
    # The custom ones start with the parameters of the plain ones; P4Runtime cannot change them.
    "crc16_custom": "sw_crc16",
    "crc32_custom": "sw_crc32",
}

Input = FieldRef | HeaderRef | SizedConstant


class CalculationWriter:
    """Writes the calculations of a program and names them for their users."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._names = Identifiers("calc_")
        profiles = layout.pipeline.profiles.values()
        selectors = [profile.selector for profile in profiles if profile.selector is not None]
        self._calculations = dict(layout.pipeline.calculations) | {
            selector.name: selector for selector in selectors
        }

    def call(self, name: str) -> str:
        """The C expression for a calculation's result, a 64-bit number."""
        if name not in self._calculations:
            raise PipelineError(f"no calculation is named {name!r}")
        return f"{self._names[name]}(p)"

    def functions(self) -> Iterator[str]:
        for calculation in self._calculations.values():
            yield from self._function(calculation)

    def _function(self, calculation: Calculation) -> Iterator[str]:
        algorithm = ALGORITHMS.get(calculation.algorithm)
        if algorithm is None:
            raise PipelineError(
                f"{calculation.name}: the algorithm {calculation.algorithm!r} is not supported"
            )
        size = (sum(self._bits(item) for item in calculation.inputs) + 7) // 8
        name = self._names[calculation.name]
        yield f"static __attribute__((unused)) uint64_t {name}(const struct packet *p)"
        yield "{"
        if calculation.with_payload:
            yield "    uint8_t *start = p->sw->scratch;"
        else:
            yield f"    uint8_t start[{max(size, 1)}];"
        yield "    uint8_t *d = start;"
        yield "    (void)p;"
        yield from (f"    {line}" for line in self._gather(calculation, size))
        if calculation.with_payload:
            yield "    memcpy(d, p->data, p->left);"
            yield "    d += p->left;"
        yield f"    return {algorithm}(start, (uint32_t)(d - start));"
        yield "}"

    def scratch(self) -> int:
        """The octets that the largest calculation over a payload needs beside it."""
        sizes = (
            sum(self._bits(item) for item in calculation.inputs)
            for calculation in self._calculations.values()
            if calculation.with_payload
        )
        return (max(sizes, default=0) + 7) // 8

    def _bits(self, item: Input) -> int:
        match item:
            case FieldRef():
                return self._layout.declaration(item).width
            case HeaderRef(name):
                return sum(field.width for field in self._layout.pipeline.headers[name].type.fields)
            case SizedConstant():
                return item.width

    # -- the input -----------------------------------------------------------------------------

    def _gather(self, calculation: Calculation, size: int) -> Iterator[str]:
        groups = [(owner, list(items)) for owner, items in groupby(calculation.inputs, _owner)]
        whole = all(sum(self._bits(item) for item in items) % 8 == 0 for _, items in groups)
        if not whole:
            yield "uint32_t bits = 0;"
            yield f"memset(start, 0, {size});"
        for owner, items in groups:
            guard = self._guard(owner)
            body = self._octets(items) if whole else self._loose_bits(items)
            yield f"if ({guard}) {{" if guard else "{"
            yield from (f"    {line}" for line in body)
            yield "}"
        if not whole:
            yield "d += (bits + 7) / 8;"

    def _guard(self, owner: str | None) -> str | None:
        if owner is None or self._layout.pipeline.headers[owner].metadata:
            return None
        return f"{self._layout.header(owner)}.valid"

    def _octets(self, items: list[Input]) -> Iterator[str]:
        pending: list[Piece] = []
        for item in items:
            if isinstance(item, FieldRef | SizedConstant) and not self._is_varbit(item):
                pending.append(self._piece(item))
                continue
            yield from _store(pending)
            pending = []
            yield from self._store_octets(item)
        yield from _store(pending)

    def _is_varbit(self, item: Input) -> bool:
        return isinstance(item, FieldRef) and self._layout.declaration(item).varbit

    def _piece(self, item: FieldRef | SizedConstant) -> Piece:
        if isinstance(item, SizedConstant):
            mask = (1 << item.width) - 1
            ctype = CType.for_bits(item.width)
            return Piece(constant(item.value & mask).as_type(ctype), item.width)
        return Piece(self._layout.field(item), self._layout.declaration(item).width)

    def _store_octets(self, item: Input) -> Iterator[str]:
        if isinstance(item, HeaderRef):
            type_ = self._layout.type_name(self._layout.pipeline.headers[item.name].type)
            yield f"d = emit_{type_}(&{self._layout.header(item.name)}, d);"
        elif isinstance(item, FieldRef):
            place = self._layout.field(item)
            yield f"memcpy(d, {place}.octets, {place}.bits / 8);"
            yield f"d += {place}.bits / 8;"

    def _loose_bits(self, items: list[Input]) -> Iterator[str]:
        for item in items:
            if isinstance(item, HeaderRef) or self._is_varbit(item):
                raise PipelineError("a hash mixes varbits with fields of odd widths")
            piece = self._piece(item)
            yield store_bits(piece, "start", "bits")
            yield f"bits += {piece.width};"


def _owner(item: Input) -> str | None:
    match item:
        case FieldRef(header, _) | HeaderRef(header):
            return header
    return None


def _store(pieces: list[Piece]) -> Iterator[str]:
    for run in runs(pieces):
        yield from store_run(run, "d")
    if pieces:
        yield f"d += {sum(piece.width for piece in pieces) // 8};"


# -- checksums -----------------------------------------------------------------------------------


def checksum_passes(layout: Layout, calculations: CalculationWriter) -> Iterator[str]:
    """The functions that verify after the parser and update before the deparser."""
    writer = ExpressionWriter(layout)
    yield "static void verify_checksums(struct packet *p)"
    yield "{"
    yield "    p->checksum_error = false;"
    for checksum in layout.pipeline.checksums:
        if checksum.verify:
            target = layout.field(checksum.target)
            yield f"    if ({_condition(layout, writer, checksum)} &&"
            yield f"        {calculations.call(checksum.calculation.name)} != {target})"
            yield "        p->checksum_error = true;"
    yield "}"
    yield "static void update_checksums(struct packet *p)"
    yield "{"
    yield "    (void)p;"
    for checksum in layout.pipeline.checksums:
        if checksum.update:
            yield f"    if ({_condition(layout, writer, checksum)})"
            call = calculations.call(checksum.calculation.name)
            yield f"        {layout.field(checksum.target)} = {call};"
    yield "}"


def _condition(layout: Layout, writer: ExpressionWriter, checksum: Checksum) -> str:
    header = layout.pipeline.headers[checksum.target.header]
    valid = "true" if header.metadata else f"{layout.header(header.name)}.valid"
    if checksum.condition is None:
        return valid
    return f"{valid} && {writer.truth(checksum.condition)}"
