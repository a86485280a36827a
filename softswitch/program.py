"""A program that is ready to run: compiled and loaded, with all that its switches share.

Making one takes as long as the C compiler does, or some tens of milliseconds when the cache has the
code; making a switch of it takes one. A simulated network has hundreds of switches of one program.
"""

from __future__ import annotations

from dataclasses import dataclass

from softswitch import native
from softswitch.bmv2json.model import Pipeline, Table
from softswitch.build import build_library
from softswitch.codegen.externs import ExternNumbers
from softswitch.codegen.program import generate
from softswitch.encoding import TableEncoder


@dataclass(frozen=True)
class RuntimeTable:
    """A table that exists at run time, and its number in C."""

    number: int
    table: Table
    encoder: TableEncoder


class Program:
    """Nothing in it changes."""

    def __init__(self, pipeline: Pipeline, *, logs: bool = False) -> None:
        """Compile the program, or take it from the cache; what it logs costs nothing unless asked
        for.
        """
        self.pipeline = pipeline
        self.numbers = ExternNumbers(pipeline)
        self.tables = {
            table.name: RuntimeTable(number, table, TableEncoder(table))
            for number, table in enumerate(self.numbers.tables)
        }
        self.library = native.load(build_library(generate(pipeline if logs else pipeline.silent)))
