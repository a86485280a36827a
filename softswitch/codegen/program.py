"""One C file from a program; with the runtime's sources it makes the shared library of a switch.

The order within the file: the structs of headers and metadata, then the functions that the
architecture (runtime/v1model.h) calls, then what the program declares, then the architecture
itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.model import Pipeline
from softswitch.codegen.actions import ActionWriter
from softswitch.codegen.calculations import CalculationWriter, checksum_passes
from softswitch.codegen.controls import ControlWriter
from softswitch.codegen.deparser import deparser, deparser_statements, max_headers
from softswitch.codegen.digests import learning
from softswitch.codegen.externs import ExternNumbers
from softswitch.codegen.headers import header_functions
from softswitch.codegen.layout import Layout
from softswitch.codegen.metadata import accessors, preservation
from softswitch.codegen.parser import ParserWriter
from softswitch.codegen.statements import StatementWriter


def generate(pipeline: Pipeline) -> str:
    """The C source of a program."""
    return "\n".join(_lines(pipeline)) + "\n"


def _lines(pipeline: Pipeline) -> Iterator[str]:
    layout, externs = Layout(pipeline), ExternNumbers(pipeline)
    calculations = CalculationWriter(layout)
    controls = ControlWriter(layout, calculations, externs)
    yield '#include "hash.h"'
    yield '#include "wide.h"'
    yield '#include "state.h"'
    yield from layout.structs()
    yield '#include "packet.h"'
    yield from accessors(layout)
    yield from preservation(layout)
    yield from header_functions(layout)
    yield from calculations.functions()
    yield from checksum_passes(layout, calculations)
    statements = StatementWriter(layout, calculations, externs)
    yield from ParserWriter(layout, statements, externs).function()
    yield from ActionWriter(layout, calculations, externs).functions()
    yield from controls.function(pipeline.ingress)
    yield from controls.function(pipeline.egress)
    yield from deparser_statements(layout, statements)
    yield from deparser(layout)
    yield from learning(layout)
    yield from externs.declarations()
    yield from controls.declarations()
    yield from _program(layout, externs, calculations)
    yield '#include "v1model.h"'


def _program(
    layout: Layout, externs: ExternNumbers, calculations: CalculationWriter
) -> Iterator[str]:
    yield "const struct sw_program sw_program = {"
    yield f"    .tables = tables, .n_tables = {len(externs.tables)},"
    yield f"    .counters = counters, .n_counters = {len(externs.counters)},"
    yield f"    .meters = meters, .n_meters = {len(externs.meters)},"
    yield f"    .registers = registers, .n_registers = {len(externs.registers)},"
    yield f"    .profiles = profiles, .n_profiles = {len(externs.profiles)},"
    yield f"    .max_headers = {max_headers(layout)},"
    yield f"    .max_scratch = {calculations.scratch()},"
    yield "};"
