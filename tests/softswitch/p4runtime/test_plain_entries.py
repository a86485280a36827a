"""What is written and read natively is what Python writes and reads, refusals included."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import finsy
import pytest
from finsy.proto import p4i, p4r
from google.protobuf.message import DecodeError, Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softswitch.p4runtime import forwarding
from softswitch.p4runtime.batch import carry_out
from softswitch.p4runtime.forwarding import Forwarding, Wishes
from softswitch.p4runtime.idle import StandingClock
from softswitch.p4runtime.role import EVERYTHING, Scope
from softswitch.p4runtime.status import P4RuntimeError
from softswitch.schema import make_schema
from tests.softswitch.p4runtime.control import (
    FM,
    HERE,
    INSERT,
    P4INFO,
    STATION,
    Match,
    action,
    entry,
    forward,
    update,
)
from tests.softswitch.p4runtime.random_writes import NO_TABLE, RandomWrites

ROOT = Path(__file__).parents[3]
PROGRAMS = ROOT / "tests" / "softswitch" / "programs"
CONTROL = HERE / "control"
STEMS = {
    "control": CONTROL,
    "matching": PROGRAMS / "matching",
    "wide": PROGRAMS / "wide",
    "mvpn": ROOT / "p4src" / "build" / "mvpn",
}
UPDATES = 400
FULL = p4r.TableEntry(counter_data=p4r.CounterData(), meter_config=p4r.MeterConfig())
"""Asks for everything."""


def config(stem: Path) -> p4r.ForwardingPipelineConfig:
    info = finsy.P4Schema(stem.with_suffix(".p4info.txtpb")).p4info
    return p4r.ForwardingPipelineConfig(
        p4info=info, p4_device_config=stem.with_suffix(".json").read_bytes()
    )


def in_python(pipeline: p4r.ForwardingPipelineConfig) -> Forwarding:
    """A pipeline of which no table is plain."""
    prepare = forwarding._prepare
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            forwarding, "_prepare", lambda *config: (*prepare(*config)[:2], make_schema([]))
        )
        return Forwarding(pipeline, StandingClock(), Wishes())


class Pair:
    """Two pipelines of one program: one written natively where it can be, the other by Python."""

    def __init__(self, stem: Path) -> None:
        pipeline = config(stem)
        self.info: p4i.P4Info = pipeline.p4info
        self.python = in_python(pipeline)
        self.native = Forwarding(pipeline, StandingClock(), Wishes())

    def close(self) -> None:
        self.native.close()
        self.python.close()

    def write(self, request: p4r.WriteRequest, scope: Scope = EVERYTHING) -> list[str]:
        """What went wrong with each update, which must be the same for both."""
        native = outcome(self.native, request, scope)
        assert native == outcome(self.python, request, scope)
        return native

    def read(self) -> list[p4r.TableEntry]:
        """All entries, which must be the same in both."""
        native = read(self.native, FULL)
        assert native == read(self.python, FULL)
        return native


def read(target: Forwarding, request: p4r.TableEntry) -> list[p4r.TableEntry]:
    found = target.read(p4r.Entity(table_entry=request))
    return [entity.table_entry for entity in found]


def outcome(target: Forwarding, request: p4r.WriteRequest, scope: Scope = EVERYTHING) -> list[str]:
    try:
        carry_out(target, request, scope)
    except P4RuntimeError as error:
        return [str(item) for item in error.errors]
    return []


@pytest.fixture(params=list(STEMS))
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    pair = Pair(STEMS[request.param])
    yield pair
    pair.close()


@pytest.fixture
def control() -> Iterator[Pair]:
    pair = Pair(CONTROL)
    yield pair
    pair.close()


@pytest.mark.parametrize("seed", range(4))
def test_random_updates_have_the_same_outcome_and_leave_the_same_entries(
    pair: Pair, seed: int
) -> None:
    chance = random.Random(seed)
    writes = RandomWrites(pair.info, chance)
    for _ in range(4):
        failures = pair.write(writes.request(UPDATES // 4))
        assert "" in failures, "some succeed"
        assert any(failures), "some fail"
    assert pair.read()


def test_batches_that_are_taken_back_leave_the_same_entries(pair: Pair) -> None:
    writes = RandomWrites(pair.info, random.Random(7))
    pair.write(writes.request(UPDATES))
    for _ in range(60):
        request = writes.request(3)
        request.atomicity = p4r.WriteRequest.ROLLBACK_ON_ERROR
        pair.write(request)
    assert pair.read()


def test_a_limited_role_writes_what_is_its_own(pair: Pair) -> None:
    first = next(table for table in pair.info.tables if not table.is_const_table)
    own = frozenset({first.preamble.id, NO_TABLE})
    failures = pair.write(RandomWrites(pair.info, random.Random(5)).request(UPDATES), Scope(own))
    assert "" in failures
    assert {entry.table_id for entry in pair.read() if not entry.is_const} <= own


def test_entries_read_all_at_once_are_those_read_by_their_keys(pair: Pair) -> None:
    writes = RandomWrites(pair.info, random.Random(9))
    pair.write(writes.request(UPDATES))
    entries = pair.read()
    assert entries
    for item in entries:
        by_key = p4r.TableEntry()
        by_key.CopyFrom(FULL)
        by_key.MergeFrom(
            p4r.TableEntry(table_id=item.table_id, match=item.match, priority=item.priority)
        )
        assert item in read(pair.native, by_key)
        assert read(pair.native, by_key) == read(pair.python, by_key)


def test_an_entry_with_more_metadata_than_is_read_at_once_is_read(control: Pair) -> None:
    stations = [entry("stations", station(number), forward(3)) for number in range(3)]
    stations[1].metadata = bytes(100_000)
    assert left(control.native, requests(*stations)) == []
    assert read(control.native, entry("stations")) == stations


def left(target: Forwarding, request: p4r.WriteRequest) -> list[int]:
    """The updates that are not carried out natively; they are not carried out at all."""
    return list(target.plain_writes.carry_out(request.SerializeToString(), len(request.updates)))


def station(number: int) -> Match:
    return [FM(field_id=1, exact=FM.Exact(value=bytes([number])))]


def requests(*entries: p4r.TableEntry) -> p4r.WriteRequest:
    updates = [update(INSERT, p4r.Entity(table_entry=item)) for item in entries]
    return p4r.WriteRequest(updates=updates)


def test_plain_updates_are_left_to_nobody(control: Pair) -> None:
    item = entry("stations", STATION, forward(3))
    item.metadata, item.controller_metadata = b"cookie", 7
    everything = entry("acl", [], action("NoAction"), priority=1)
    everything.meter_config.pir = 5
    counted = entry("routes", [], forward(1))
    counted.counter_data.packet_count = 9
    request = requests(item, counted, everything)
    assert left(control.native, request) == []


def test_what_is_refused_or_not_plain_is_left_in_its_turn(control: Pair) -> None:
    station = entry("stations", STATION, forward(3))
    timed = entry("routes", [], forward(1))
    timed.idle_timeout_ns = 1
    request = requests(station, station, timed, p4r.TableEntry(table_id=NO_TABLE))
    assert left(control.native, request) == [1, 2, 3]


def test_a_field_that_is_there_twice_is_left_to_protobuf_which_merges_the_two(
    control: Pair,
) -> None:
    counted = entry("routes", [], forward(1))
    counted.counter_data.packet_count = 9
    more = p4r.TableEntry(counter_data=p4r.CounterData(byte_count=90))
    merged = counted.SerializeToString() + more.SerializeToString()
    insert = p4r.Update(type=p4r.Update.INSERT).SerializeToString()
    inside = inside_of(p4r.Update, "entity", inside_of(p4r.Entity, "table_entry", merged))
    octets = inside_of(p4r.WriteRequest, "updates", insert + inside)
    assert p4r.WriteRequest.FromString(octets).updates[0].entity.table_entry.counter_data == (
        p4r.CounterData(packet_count=9, byte_count=90)
    )
    assert list(control.native.plain_writes.carry_out(octets, 1)) == [0]


def inside_of(message: type[Message], field: str, octets: bytes) -> bytes:
    """A field of a message with these octets, of which there are few."""
    return bytes([message.DESCRIPTOR.fields_by_name[field].number << 3 | 2, len(octets)]) + octets


def test_entries_of_the_program_are_left_to_be_refused(control: Pair) -> None:
    protocol = [FM(field_id=1, exact=FM.Exact(value=b"\x06"))]
    item = p4r.Entity(table_entry=entry("classes", protocol))
    request = p4r.WriteRequest(updates=[update(p4r.Update.DELETE, item)])
    assert left(control.native, request) == [0]


def test_a_full_table_leaves_what_has_no_room(control: Pair) -> None:
    stations = [entry("stations", station(number), forward(1)) for number in range(6)]
    assert left(control.native, requests(*stations)) == [4, 5]


def test_an_unknown_field_of_a_wire_type_that_is_not_read_leaves_what_is_behind_it(
    control: Pair,
) -> None:
    station = requests(entry("stations", STATION, forward(3))).SerializeToString()
    fixed = b"\xfd\x07\x00\x00\x00\x00"  # number 127, four octets
    octets = station + fixed + requests(entry("routes", [], forward(1))).SerializeToString()
    assert len(p4r.WriteRequest.FromString(octets).updates) == 2
    assert list(control.native.plain_writes.carry_out(octets, 2)) == [1]


@st.composite
def altered(draw: st.DrawFn) -> bytes:
    """The octets of a request with some of them changed, cut out, or there twice."""
    seed = draw(st.integers(0, 9))
    octets = bytearray(RandomWrites(P4INFO, random.Random(seed)).request(4).SerializeToString())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(octets) - 1))
        change = draw(st.sampled_from(["set", "cut", "double"]))
        if change == "set":
            octets[at] = draw(st.integers(0, 255))
        elif change == "cut":
            del octets[at]
        else:
            octets[at:at] = octets[at : at + draw(st.integers(1, 30))]
    return bytes(octets)


@settings(max_examples=400, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(octets=altered())
def test_octets_that_protobuf_reads_mean_the_same_to_the_native_reader(
    control: Pair, octets: bytes
) -> None:
    try:
        request = p4r.WriteRequest.FromString(octets)
    except DecodeError:
        return
    for position in control.native.plain_writes.carry_out(octets, len(request.updates)):
        one = p4r.WriteRequest(updates=[request.updates[position]])
        outcome(control.native, one)
    request.atomicity = p4r.WriteRequest.CONTINUE_ON_ERROR
    outcome(control.python, request)
    control.read()
