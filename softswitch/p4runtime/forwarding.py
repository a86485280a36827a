"""One pipeline and everything that was written into it.

A `Forwarding` is made from one ForwardingPipelineConfig: its own engine, its tables, groups,
sessions and arrays. Setting another pipeline makes another `Forwarding`; nothing is changed in
place, so a pipeline that cannot be built leaves the running one alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from finsy.proto import p4i, p4r

from softswitch.bmv2json import Pipeline, read_pipeline
from softswitch.engine import Engine
from softswitch.errors import BuildError, EngineError, PipelineError
from softswitch.p4runtime.action_profile import (
    ProfileGroups,
    ProfileMembers,
    ProfileState,
    make_profiles,
)
from softswitch.p4runtime.binding import bind
from softswitch.p4runtime.cells import Counters, Meters, Registers
from softswitch.p4runtime.device_config import program_text
from softswitch.p4runtime.digests import Digests
from softswitch.p4runtime.direct import DirectCounters, DirectMeters
from softswitch.p4runtime.idle import Timekeeper
from softswitch.p4runtime.p4info import P4Info, read_p4info
from softswitch.p4runtime.packet_io import PacketInDecoder, PacketOutEncoder
from softswitch.p4runtime.plain_reads import PlainReads
from softswitch.p4runtime.plain_tables import plain_schema
from softswitch.p4runtime.plain_writes import PlainWrites
from softswitch.p4runtime.replication import Replication
from softswitch.p4runtime.status import Code, P4RuntimeError, from_engine, invalid
from softswitch.p4runtime.store import AbsentStore, Store, UpdateType
from softswitch.p4runtime.tables import Tables
from softswitch.p4runtime.value_sets import ValueSets
from softswitch.program import Program
from softswitch.schema import Schema

ENTRIES_PER_NOTIFICATION = 500


@dataclass(frozen=True)
class Wishes:
    """How programs are to run: whether what they log is said, and how many queues a port has."""

    logs: bool = False
    priority_queues: int = 1


class Forwarding:
    """A pipeline, its engine and its state."""

    def __init__(
        self, config: p4r.ForwardingPipelineConfig, clock: Timekeeper, wishes: Wishes
    ) -> None:
        """Build the pipeline; INVALID_ARGUMENT if it is damaged or needs what is not here."""
        self.config = config
        p4info = config.p4info.SerializeToString(deterministic=True)
        program, info, schema = _prepare(p4info, config.p4_device_config, wishes.logs)
        self.engine = Engine(program)
        self.engine.set_priority_queues(wishes.priority_queues)
        self.packet_in = PacketInDecoder(info.packet_in)
        self.packet_out = PacketOutEncoder(info.packet_out)
        profiles = make_profiles(info, self.engine)
        self.tables = Tables(
            info, program.pipeline, self.engine, profiles, PlainReads(self.engine, schema), clock
        )
        self.plain_writes = PlainWrites(self.engine, schema)
        self.digests = Digests(info, program.pipeline)
        self._stores = _make_stores(info, self.engine, self.tables, profiles)
        self._stores["digest_entry"] = self.digests

    def close(self) -> None:
        """Free the engine; the packet thread must have let go of it."""
        self.engine.close()

    def apply(self, update: p4r.Update) -> None:
        """Carry out one update, or raise and change nothing."""
        if not self.plain_writes.apply(update):
            self._write(update)

    def apply_all(self, request: p4r.WriteRequest) -> Iterator[tuple[int, P4RuntimeError]]:
        """Carry out each update of a request, in order: the positions of those that are refused."""
        octets = request.SerializeToString()
        for position in self.plain_writes.carry_out(octets, len(request.updates)):
            try:
                self._write(request.updates[position])
            except P4RuntimeError as error:
                yield position, error

    def _write(self, update: p4r.Update) -> None:
        """What is not carried out natively."""
        kind, which = _type(update), _kind(update.entity)
        try:
            self._stores[which].write(kind, getattr(update.entity, which))
        except EngineError as error:
            raise from_engine(error) from error

    def idle_entries(self, now_us: int, timestamp_ns: int) -> Iterator[p4r.IdleTimeoutNotification]:
        """What to tell of the entries that have become idle, each once in its timeout."""
        for entries in self.tables.idle_entries(now_us):
            for start in range(0, len(entries), ENTRIES_PER_NOTIFICATION):
                yield p4r.IdleTimeoutNotification(
                    table_entry=entries[start : start + ENTRIES_PER_NOTIFICATION],
                    timestamp=timestamp_ns,
                )

    def read(self, request: p4r.Entity) -> Iterator[p4r.Entity]:
        """The entities that a request selects."""
        which = _kind(request)
        try:
            for message in self._stores[which].read(getattr(request, which)):
                yield p4r.Entity(**{which: message})
        except EngineError as error:
            raise from_engine(error) from error


def _type(update: p4r.Update) -> UpdateType:
    try:
        return UpdateType(update.type)
    except ValueError:
        raise invalid("the update has no type (INSERT, MODIFY or DELETE)") from None


def _kind(entity: p4r.Entity) -> str:
    which = entity.WhichOneof("entity")
    if which is None:
        raise invalid("the entity is empty, it must say of which kind it is")
    return which


@lru_cache(maxsize=2)
def _prepare(p4info: bytes, device_config: bytes, logs: bool) -> tuple[Program, P4Info, Schema]:
    """What all switches with this config share; a simulated network has many of them."""
    info = read_p4info(p4i.P4Info.FromString(p4info))
    pipeline = _read_pipeline(device_config)
    bound = bind(info, pipeline)
    try:
        program = Program(pipeline, logs=logs)
    except PipelineError as error:
        raise invalid(f"the device config: {error}") from None
    except BuildError as error:
        raise P4RuntimeError(Code.INTERNAL, str(error)) from None
    return program, bound, plain_schema(bound, program)


def _read_pipeline(device_config: bytes) -> Pipeline:
    try:
        return read_pipeline(program_text(device_config))
    except UnicodeDecodeError:
        raise invalid("the device config is not a BMv2 JSON text") from None
    except PipelineError as error:
        raise invalid(f"the device config: {error}") from None


def _make_stores(
    info: P4Info, engine: Engine, tables: Tables, profiles: Mapping[int, ProfileState]
) -> dict[str, Store[Any]]:
    """One store for each kind of entity that the engine keeps."""
    return {
        "table_entry": tables,
        "direct_counter_entry": DirectCounters(tables),
        "direct_meter_entry": DirectMeters(tables),
        "packet_replication_engine_entry": Replication(engine),
        "counter_entry": Counters(info, engine),
        "meter_entry": Meters(info, engine),
        "register_entry": Registers(info, engine),
        "action_profile_member": ProfileMembers(profiles),
        "action_profile_group": ProfileGroups(profiles),
        "value_set_entry": ValueSets(info, engine),
        "extern_entry": AbsentStore("externs outside v1model"),
    }
