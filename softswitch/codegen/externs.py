"""The numbers by which C knows counters, meters, registers, action profiles and tables.

An array's number is its position among those of its kind that exist at run time; direct
counters and meters live in the entries of their table and have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from softswitch.bmv2json.model import (
    Action,
    ActionProfile,
    CounterArray,
    MeterArray,
    MeterUnit,
    Pipeline,
    RegisterArray,
    Table,
)
from softswitch.errors import PipelineError
from softswitch.words import word_count


class ExternNumbers:
    """Numbers the run-time objects of a program; the engine and the generated code share it."""

    def __init__(self, pipeline: Pipeline) -> None:
        tables = [table for table in pipeline.tables.values() if not table.is_fixed]
        self.tables: list[Table] = [*tables, *pipeline.value_sets.values()]
        self.counters: list[CounterArray] = [
            array for array in pipeline.counters.values() if array.table is None
        ]
        self.meters: list[MeterArray] = [
            array for array in pipeline.meters.values() if array.table is None
        ]
        self.registers: list[RegisterArray] = list(pipeline.registers.values())
        self.profiles: list[ActionProfile] = list(pipeline.profiles.values())
        self._pipeline = pipeline
        self._direct_meters = {
            array.name: array for array in pipeline.meters.values() if array.table is not None
        }

    def table(self, table: Table) -> int:
        return self.tables.index(table)

    def counter(self, name: str) -> tuple[int, int]:
        """Number and size."""
        for number, array in enumerate(self.counters):
            if array.name == name:
                return number, array.size
        raise PipelineError(f"no counter is named {name!r}")

    def meter(self, name: str) -> tuple[int, int, str]:
        """Number, size, and what an execution costs."""
        for number, array in enumerate(self.meters):
            if array.name == name:
                return number, array.size, cost(array)
        raise PipelineError(f"no meter is named {name!r}")

    def register(self, name: str) -> tuple[int, RegisterArray]:
        for number, array in enumerate(self.registers):
            if array.name == name:
                return number, array
        raise PipelineError(f"no register is named {name!r}")

    def profile(self, name: str) -> tuple[int, ActionProfile]:
        """Number and declaration of an action profile that is known to exist."""
        profile = self._pipeline.profiles[name]
        return self.profiles.index(profile), profile

    def direct_meter(self, name: str) -> MeterArray:
        if name not in self._direct_meters:
            raise PipelineError(f"no direct meter is named {name!r}")
        return self._direct_meters[name]

    # -- declarations --------------------------------------------------------------------------

    def declarations(self) -> Iterator[str]:
        """The C arrays that describe counters, meters, registers and profiles to the runtime."""
        sizes = ", ".join(str(array.size) for array in self.counters)
        yield f"static const uint64_t counters[] = {{{sizes or 0}}};"
        meters = ", ".join(
            f"{{{array.size}, {int(array.unit is MeterUnit.BYTES)}}}" for array in self.meters
        )
        yield f"static const struct sw_meter_info meters[] = {{{meters or '{0}'}}};"
        registers = ", ".join(
            f"{{{array.size}, {word_count(array.width)}}}" for array in self.registers
        )
        yield f"static const struct sw_register_info registers[] = {{{registers or '{0}'}}};"
        profiles = ", ".join(
            f"{{{most_words(self._pipeline.profile_actions(profile.name))}}}"
            for profile in self.profiles
        )
        yield f"static const struct sw_profile_info profiles[] = {{{profiles or '{0}'}}};"


def cost(meter: MeterArray) -> str:
    """The C expression for the units that a packet costs."""
    return "p->received" if meter.unit is MeterUnit.BYTES else "1"


def most_words(actions: Iterable[Action]) -> int:
    """The words that the longest argument list of some actions takes."""
    lengths = (
        sum(word_count(parameter.width) for parameter in action.parameters) for action in actions
    )
    return max(lengths, default=0)
