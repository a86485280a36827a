"""Section "Batch Atomicity": all updates of a batch, or none."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from finsy.proto import p4d, p4r

from softswitch.p4runtime.batch import Atomicity
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from tests.softswitch.p4runtime.client import CONFIG
from tests.softswitch.p4runtime.control import (
    ACL,
    COUNTER,
    DELETE,
    FM,
    HOST,
    INSERT,
    METER,
    MODIFY,
    PREFIX,
    REGISTER,
    STATION,
    Match,
    UpdateType,
    action,
    default,
    entry,
    ethernet,
    forward,
    update,
)

ROLLBACK = p4r.WriteRequest.ROLLBACK_ON_ERROR
ATOMIC = p4r.WriteRequest.DATAPLANE_ATOMIC
OTHER: Match = [FM(field_id=1, exact=FM.Exact(value=b"\x02\x00\x00\x00\x00\x02"))]
CONFIG_OF_METER = p4r.MeterConfig(cir=1, cburst=2, pir=3, pburst=4)
IMPOSSIBLE = update(INSERT, p4r.Entity(table_entry=p4r.TableEntry(table_id=99)))


def table_entry(item: p4r.TableEntry) -> p4r.Entity:
    return p4r.Entity(table_entry=item)


def counter(index: int | None, packets: int) -> p4r.Entity:
    cell = p4r.CounterEntry(counter_id=COUNTER, data=p4r.CounterData(packet_count=packets))
    if index is not None:
        cell.index.index = index
    return p4r.Entity(counter_entry=cell)


def meter(index: int) -> p4r.Entity:
    cell = p4r.MeterEntry(meter_id=METER, index=p4r.Index(index=index), config=CONFIG_OF_METER)
    return p4r.Entity(meter_entry=cell)


def register(index: int, value: bytes) -> p4r.Entity:
    data = p4d.P4Data(bitstring=value)
    cell = p4r.RegisterEntry(register_id=REGISTER, index=p4r.Index(index=index), data=data)
    return p4r.Entity(register_entry=cell)


def group(number: int, port: int) -> p4r.Entity:
    message = p4r.MulticastGroupEntry(
        multicast_group_id=number, replicas=[p4r.Replica(port=bytes([port]), instance=1)]
    )
    return p4r.Entity(
        packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(
            multicast_group_entry=message
        )
    )


def counted(item: p4r.TableEntry, packets: int) -> p4r.TableEntry:
    item.counter_data.packet_count = packets
    return item


def metered(item: p4r.TableEntry) -> p4r.TableEntry:
    item.meter_config.CopyFrom(CONFIG_OF_METER)
    return item


def direct_counter(match: Match, packets: int) -> p4r.Entity:
    data = p4r.CounterData(packet_count=packets)
    cell = p4r.DirectCounterEntry(table_entry=entry("routes", match), data=data)
    return p4r.Entity(direct_counter_entry=cell)


# What the switch holds before each batch: every kind of entity.
BEFORE = [
    (INSERT, table_entry(entry("stations", STATION, forward(3)))),
    (MODIFY, table_entry(default("routes", forward(4)))),
    (INSERT, table_entry(counted(entry("routes", PREFIX, forward(5)), 11))),
    (INSERT, table_entry(counted(entry("routes", None, forward(6)), 12))),
    (INSERT, table_entry(metered(entry("acl", ACL, action("police"), priority=9)))),
    (MODIFY, counter(1, 21)),
    (MODIFY, meter(1)),
    (MODIFY, register(1, b"\x16")),
    (INSERT, group(7, 1)),
]

STEPS: dict[str, tuple[UpdateType, p4r.Entity]] = {
    "a new entry": (INSERT, table_entry(entry("stations", OTHER, forward(1)))),
    "a changed entry": (MODIFY, table_entry(entry("stations", STATION, forward(1)))),
    "a deleted entry": (DELETE, table_entry(entry("stations", STATION))),
    "a new entry with a counter": (INSERT, table_entry(entry("routes", HOST, forward(1)))),
    "a changed counter in an entry": (
        MODIFY,
        table_entry(counted(entry("routes", PREFIX, forward(1)), 0)),
    ),
    "a deleted entry with a counter": (DELETE, table_entry(entry("routes", PREFIX))),
    "a deleted entry that matches all": (DELETE, table_entry(entry("routes"))),
    "a changed entry that matches all": (MODIFY, table_entry(entry("routes", None, forward(1)))),
    "an entry that loses its meter": (
        MODIFY,
        table_entry(entry("acl", ACL, action("NoAction"), priority=9)),
    ),
    "a deleted entry with a meter": (DELETE, table_entry(entry("acl", ACL, priority=9))),
    "a changed default": (MODIFY, table_entry(default("routes", forward(1)))),
    "a default back to the program's": (MODIFY, table_entry(default("routes"))),
    "a first changed default": (MODIFY, table_entry(default("stations", forward(1)))),
    "a counter": (MODIFY, counter(1, 1)),
    "all counters": (MODIFY, counter(None, 1)),
    "a meter": (MODIFY, meter(2)),
    "a register": (MODIFY, register(1, b"\x01")),
    "a direct counter": (MODIFY, direct_counter(PREFIX, 1)),
    "the direct counter of what matches all": (MODIFY, direct_counter([], 1)),
    "a new group": (INSERT, group(8, 1)),
    "a changed group": (MODIFY, group(7, 2)),
    "a deleted group": (DELETE, group(7, 1)),
}


@pytest.fixture
def service() -> Iterator[P4Runtime]:
    service = P4Runtime(1, on_commit=lambda _: None)
    service.set_pipeline(p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT, CONFIG)
    service.apply([update(kind, entity) for kind, entity in BEFORE])
    yield service
    service.close()


def everything(service: P4Runtime) -> list[str]:
    """All that a controller can read, with its counters and meters; order has no meaning."""
    full = p4r.TableEntry(counter_data=p4r.CounterData(), meter_config=p4r.MeterConfig())
    requests = [
        p4r.Entity(table_entry=full),
        table_entry(default("routes")),
        table_entry(default("stations")),
        p4r.Entity(counter_entry=p4r.CounterEntry()),
        p4r.Entity(meter_entry=p4r.MeterEntry()),
        p4r.Entity(register_entry=p4r.RegisterEntry()),
        p4r.Entity(
            packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(
                multicast_group_entry=p4r.MulticastGroupEntry()
            )
        ),
    ]
    return sorted(map(str, service.select(requests)))


def failure(service: P4Runtime, updates: list[p4r.Update], atomicity: Atomicity) -> P4RuntimeError:
    with pytest.raises(P4RuntimeError) as caught:
        service.apply(updates, atomicity)
    return caught.value


@pytest.mark.parametrize("atomicity", [ROLLBACK, ATOMIC], ids=["rollback", "atomic"])
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_failed_batch_leaves_everything_as_it_was(
    service: P4Runtime, step: tuple[UpdateType, p4r.Entity], atomicity: Atomicity
) -> None:
    before = everything(service)
    service.apply([update(*step)], atomicity)
    assert everything(service) != before
    service.set_pipeline(p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT, CONFIG)
    service.apply([update(kind, entity) for kind, entity in BEFORE])
    failure(service, [update(*step), IMPOSSIBLE], atomicity)
    assert everything(service) == before


def test_steps_that_build_on_each_other_are_all_taken_back(service: P4Runtime) -> None:
    before = everything(service)
    item = entry("stations", OTHER, forward(1))
    steps = [
        update(INSERT, table_entry(item)),
        update(MODIFY, table_entry(entry("stations", OTHER, forward(2)))),
        update(DELETE, table_entry(item)),
        update(INSERT, table_entry(item)),
        update(DELETE, group(7, 1)),
        update(INSERT, group(7, 3)),
    ]
    failure(service, [*steps, IMPOSSIBLE], ROLLBACK)
    assert everything(service) == before


def test_the_error_tells_which_update_failed_and_that_the_others_are_void(
    service: P4Runtime,
) -> None:
    steps = [update(*STEPS["a new entry"]), IMPOSSIBLE, update(*STEPS["a new group"])]
    error = failure(service, steps, ROLLBACK)
    codes = [item.canonical_code for item in error.errors]
    assert codes == [Code.ABORTED, Code.NOT_FOUND, Code.ABORTED]
    assert "since update 2 failed: P4Info has no table" in error.errors[0].message


def test_an_atomicity_that_does_not_exist_is_refused(service: P4Runtime) -> None:
    with pytest.raises(P4RuntimeError, match="no atomicity 7"):
        service.apply([], Atomicity(7))


def test_a_constant_entry_keeps_its_action_when_its_counter_goes_back(service: P4Runtime) -> None:
    classes = [FM(field_id=1, exact=FM.Exact(value=b"\x06"))]
    before = everything(service)
    steps = [update(MODIFY, table_entry(entry("classes", classes))), IMPOSSIBLE]
    failure(service, steps, ROLLBACK)
    assert everything(service) == before


def test_no_packet_sees_a_part_of_an_atomic_batch(service: P4Runtime) -> None:
    """A station moves between ports and tables many times; a packet always finds it."""
    forwarding = service.forwarding
    assert forwarding is not None
    station = table_entry(entry("stations", STATION, forward(3)))
    batch = [update(DELETE, station), update(INSERT, station)]
    stop = threading.Event()

    def rewrite() -> None:
        while not stop.is_set():
            service.apply(batch, ATOMIC)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        for now in range(2000):
            assert forwarding.engine.process(1, ethernet(), now) == [(3, ethernet())]
    finally:
        stop.set()
        writer.join()
