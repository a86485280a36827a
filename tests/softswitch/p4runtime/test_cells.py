"""Sections "CounterEntry", "MeterEntry" and "RegisterEntry", on control.p4 in the real engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from finsy.proto import p4d, p4r

from softswitch.p4runtime.status import Code
from softswitch.switch import Switch
from tests.softswitch.p4runtime.control import (
    COUNTER,
    DELETE,
    FM,
    INSERT,
    METER,
    MODIFY,
    REGISTER,
    STATION,
    UpdateType,
    action,
    entry,
    forward,
    ipv4,
    new_switch,
    refusal,
    update,
    write,
)

LIMITED = p4r.MeterConfig(cir=1, cburst=100, pir=1, pburst=100)


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = new_switch()
    yield switch
    switch.close()


def cell(index: int | None) -> p4r.Index | None:
    return None if index is None else p4r.Index(index=index)


def counter(
    index: int | None = None, data: p4r.CounterData | None = None, counter_id: int = COUNTER
) -> p4r.Entity:
    message = p4r.CounterEntry(counter_id=counter_id, index=cell(index), data=data)
    return p4r.Entity(counter_entry=message)


def meter(index: int | None = None, config: p4r.MeterConfig | None = None) -> p4r.Entity:
    message = p4r.MeterEntry(meter_id=METER, index=cell(index), config=config)
    return p4r.Entity(meter_entry=message)


def register(index: int | None = None, value: bytes | None = None) -> p4r.Entity:
    data = None if value is None else p4d.P4Data(bitstring=value)
    message = p4r.RegisterEntry(register_id=REGISTER, index=cell(index), data=data)
    return p4r.Entity(register_entry=message)


def count(packets: int, octets: int) -> p4r.CounterData:
    return p4r.CounterData(packet_count=packets, byte_count=octets)


class TestCounters:
    def test_they_count_what_passes(self, switch: Switch) -> None:
        for _ in range(3):
            switch.process(2, ipv4(), 0)
        assert switch.read([counter(2)]) == [counter(2, count(3, 3 * len(ipv4())))]

    def test_one_cell_is_written(self, switch: Switch) -> None:
        switch.write([update(MODIFY, counter(1, count(7, 700)))])
        cells = [count(0, 0), count(7, 700), count(0, 0), count(0, 0)]
        assert switch.read([counter()]) == [counter(i, data) for i, data in enumerate(cells)]

    def test_without_an_index_all_cells_are_written(self, switch: Switch) -> None:
        switch.write([update(MODIFY, counter(None, count(1, 2)))])
        assert switch.read([counter()]) == [counter(i, count(1, 2)) for i in range(4)]

    def test_without_data_nothing_is_written(self, switch: Switch) -> None:
        switch.write([update(MODIFY, counter(1, count(7, 700)))])
        switch.write([update(MODIFY, counter(1))])
        assert switch.read([counter(1)]) == [counter(1, count(7, 700))]

    def test_id_zero_reads_all_arrays(self, switch: Switch) -> None:
        assert switch.read([counter(counter_id=0)]) == switch.read([counter()])


class TestMeters:
    def test_a_configuration_is_read_back(self, switch: Switch) -> None:
        switch.write([update(MODIFY, meter(1, LIMITED))])
        assert switch.read([meter()]) == [meter(0), meter(1, LIMITED), meter(2)]

    def test_a_meter_drops_what_exceeds_its_rate_until_it_is_reset(self, switch: Switch) -> None:
        write(switch, INSERT, entry("stations", STATION, forward(3)))
        switch.write([update(MODIFY, meter(1, LIMITED))])
        frame = ipv4()
        passed = [bool(switch.process(1, frame, now)[0]) for now in range(100 // len(frame) + 1)]
        assert passed == [True] * (100 // len(frame)) + [False]
        switch.write([update(MODIFY, meter(1))])
        assert switch.process(1, frame, 1000)[0] == [(3, frame)]

    @pytest.mark.parametrize(
        "config",
        [
            p4r.MeterConfig(cir=2, pir=1),
            p4r.MeterConfig(cir=-1, pir=1),
            p4r.MeterConfig(cir=1, pir=1, eburst=1),
        ],
    )
    def test_a_configuration_that_makes_no_sense_is_refused(
        self, switch: Switch, config: p4r.MeterConfig
    ) -> None:
        error = refusal(switch, MODIFY, meter(0, config))
        assert error.canonical_code == Code.INVALID_ARGUMENT


class TestRegisters:
    def test_a_cell_is_read_back_in_canonical_form(self, switch: Switch) -> None:
        switch.write([update(MODIFY, register(1, b"\0\0\x12\x34"))])
        assert switch.read([register()]) == [register(0, b"\0"), register(1, b"\x12\x34")]

    def test_what_the_program_writes_is_read(self, switch: Switch) -> None:
        write(switch, INSERT, entry("stations", STATION, forward(3)))
        switch.process(1, ipv4(), 0)  # UDP, whose class has the value 1700
        assert switch.read([register(0)]) == [register(0, (1700).to_bytes(2, "big"))]

    def test_a_value_that_does_not_fit_is_out_of_range(self, switch: Switch) -> None:
        error = refusal(switch, MODIFY, register(0, b"\1\0\0\0\0"))
        assert error.canonical_code == Code.OUT_OF_RANGE

    def test_data_of_another_type_is_refused(self, switch: Switch) -> None:
        wrong = register(0)
        wrong.register_entry.data.bool = True
        assert refusal(switch, MODIFY, wrong).canonical_code == Code.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (counter(4, count(0, 0)), Code.OUT_OF_RANGE),
        (counter(-1, count(0, 0)), Code.INVALID_ARGUMENT),
        (counter(0, count(-1, 0)), Code.INVALID_ARGUMENT),
        (counter(0, count(0, 0), counter_id=5), Code.NOT_FOUND),
        (meter(3, LIMITED), Code.OUT_OF_RANGE),
        (register(2, b"\1"), Code.OUT_OF_RANGE),
    ],
)
def test_a_cell_that_is_not_there_is_refused(switch: Switch, item: p4r.Entity, code: Code) -> None:
    assert refusal(switch, MODIFY, item).canonical_code == code


@pytest.mark.parametrize("kind", [INSERT, DELETE])
@pytest.mark.parametrize(
    "item",
    [
        counter(0, count(0, 0)),
        meter(0, LIMITED),
        register(0, b"\1"),
        p4r.Entity(direct_counter_entry=p4r.DirectCounterEntry(table_entry=entry("routes"))),
        p4r.Entity(direct_meter_entry=p4r.DirectMeterEntry(table_entry=entry("acl"))),
    ],
    ids=["counter", "meter", "register", "direct counter", "direct meter"],
)
def test_cells_are_neither_inserted_nor_deleted(
    switch: Switch, kind: UpdateType, item: p4r.Entity
) -> None:
    assert refusal(switch, kind, item).canonical_code == Code.INVALID_ARGUMENT


def test_a_direct_meter_entry_configures_the_meter_of_an_entry(switch: Switch) -> None:
    match = [FM(field_id=3, optional=FM.Optional(value=b"\x11"))]
    write(switch, INSERT, entry("acl", match, action("police"), priority=1))
    key = entry("acl", match, priority=1)
    item = p4r.Entity(direct_meter_entry=p4r.DirectMeterEntry(table_entry=key, config=LIMITED))
    switch.write([update(MODIFY, item)])
    assert switch.read([p4r.Entity(direct_meter_entry=p4r.DirectMeterEntry())]) == [item]
