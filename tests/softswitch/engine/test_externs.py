"""Counters, meters, registers, hashes, random numbers, assertions."""

from __future__ import annotations

import binascii
from collections.abc import Callable

import pytest

from softswitch.bmv2json.model import Exact
from softswitch.engine import CounterValue, Engine, MeterConfig
from softswitch.errors import EngineError, ErrorKind
from softswitch.program_log import LOG_PORT

COUNT, PACKET_METER, BYTE_METER, WRITE, READ, WIDE, POLICED, RANDOM, ASSERT = range(1, 10)
CRC32, CRC16, CSUM16, XOR16, IDENTITY, ODD_WIDTHS = range(16, 22)
GREEN, YELLOW, RED = 0, 1, 2
SECOND = 1_000_000

COUNTER, CELLS, WIDE_CELLS = (f"IngressControl.{n}" for n in ("counts", "cells", "wide_cells"))
PACKETS, BYTES = "IngressControl.packet_meter", "IngressControl.byte_meter"
TABLE = "IngressControl.policed"
PAYLOAD = b"\x12\x34\x56\x78"
FRAME_LENGTH = 21


@pytest.fixture
def engine(start: Callable[[str], Engine]) -> Engine:
    return start("externs")


def ask(
    engine: Engine, op: int, index: int = 0, value: int = 0, now: int = 0, payload: bytes = PAYLOAD
) -> tuple[int, int]:
    """Send a request; returns the value and the answer that come back."""
    request = op.to_bytes(1, "big") + index.to_bytes(4, "big") + value.to_bytes(8, "big") + bytes(4)
    ((_, frame),) = engine.process(1, request + payload, now)
    return int.from_bytes(frame[5:13], "big"), int.from_bytes(frame[13:17], "big")


def colours(engine: Engine, op: int, times: list[int], index: int = 0) -> list[int]:
    return [ask(engine, op, index, now=now)[1] for now in times]


# -- counters --------------------------------------------------------------------------------------


def test_a_counter_counts_packets_and_octets_by_index(engine: Engine) -> None:
    for index in (3, 3, 5):
        ask(engine, COUNT, index)
    assert engine.counter_read(COUNTER, 3) == CounterValue(2, 2 * FRAME_LENGTH)
    assert engine.counter_read(COUNTER, 5) == CounterValue(1, FRAME_LENGTH)
    assert engine.counter_read(COUNTER, 0) == CounterValue(0, 0)


def test_a_counter_can_be_set_and_counts_on(engine: Engine) -> None:
    engine.counter_write(COUNTER, 1, CounterValue(100, 1 << 40))
    ask(engine, COUNT, 1)
    assert engine.counter_read(COUNTER, 1) == CounterValue(101, (1 << 40) + FRAME_LENGTH)


def test_counting_beyond_the_end_does_nothing(engine: Engine) -> None:
    ask(engine, COUNT, 8)
    ask(engine, COUNT, 0xFFFFFFFF)
    assert {engine.counter_read(COUNTER, i) for i in range(8)} == {CounterValue()}


# -- meters (RFC 2698) -----------------------------------------------------------------------------


def test_an_unconfigured_meter_is_green(engine: Engine) -> None:
    assert colours(engine, PACKET_METER, [0] * 5) == [GREEN] * 5


def test_a_burst_is_green_then_yellow_then_red(engine: Engine) -> None:
    engine.meter_configure(PACKETS, 0, MeterConfig(cir=1, cburst=2, pir=2, pburst=4))
    assert colours(engine, PACKET_METER, [0] * 6) == [GREEN, GREEN, YELLOW, YELLOW, RED, RED]


def test_tokens_come_back_with_the_time_that_the_engine_is_given(engine: Engine) -> None:
    engine.meter_configure(PACKETS, 0, MeterConfig(cir=2, cburst=1, pir=2, pburst=1))
    times = [0, SECOND // 2 - 1, SECOND // 2, SECOND, SECOND, 10 * SECOND, 10 * SECOND]
    expected = [GREEN, RED, GREEN, GREEN, RED, GREEN, RED]
    assert colours(engine, PACKET_METER, times) == expected


def test_fractions_of_a_token_are_not_lost(engine: Engine) -> None:
    engine.meter_configure(PACKETS, 0, MeterConfig(cir=3, cburst=1, pir=3, pburst=1))
    seen = colours(engine, PACKET_METER, list(range(0, 10 * SECOND, 1000)))
    assert seen.count(GREEN) == 30


def test_a_byte_meter_takes_the_length_of_the_frame(engine: Engine) -> None:
    burst = 2 * FRAME_LENGTH
    engine.meter_configure(BYTES, 0, MeterConfig(cir=1, cburst=burst, pir=1, pburst=burst))
    assert colours(engine, BYTE_METER, [0] * 3) == [GREEN, GREEN, RED]


def test_meters_of_an_array_are_independent_and_can_be_reset(engine: Engine) -> None:
    engine.meter_configure(PACKETS, 1, MeterConfig(cir=0, cburst=0, pir=0, pburst=0))
    assert colours(engine, PACKET_METER, [0], index=1) == [RED]
    assert colours(engine, PACKET_METER, [0], index=0) == [GREEN]
    engine.meter_configure(PACKETS, 1, None)
    assert colours(engine, PACKET_METER, [0], index=1) == [GREEN]


def test_a_direct_meter_and_counter_belong_to_the_entry(engine: Engine) -> None:
    first, second = (
        engine.table_insert(TABLE, (Exact(index),), "IngressControl.police", ()) for index in (1, 2)
    )
    config = MeterConfig(cir=1, cburst=1, pir=1, pburst=1)
    engine.table_meter_configure(TABLE, first, config)
    assert colours(engine, POLICED, [0, 0], index=1) == [GREEN, RED]
    assert colours(engine, POLICED, [0, 0], index=2) == [GREEN, GREEN]
    engine.table_meter_configure(TABLE, first, None)
    assert colours(engine, POLICED, [0], index=1) == [GREEN]
    assert engine.table_counter(TABLE, first).packets == 3
    engine.table_counter_set(TABLE, second, CounterValue())
    assert engine.table_counter(TABLE, second) == CounterValue()


# -- registers -------------------------------------------------------------------------------------


def test_a_register_keeps_what_a_packet_wrote(engine: Engine) -> None:
    ask(engine, WRITE, 2, value=1 << 63 | 5)
    assert ask(engine, READ, 2)[0] == 1 << 63 | 5
    assert engine.register_read(CELLS, 2) == 1 << 63 | 5


def test_a_read_beyond_the_end_leaves_the_target_alone(engine: Engine) -> None:
    assert ask(engine, READ, 8, value=77)[0] == 77


def test_registers_wider_than_a_word_are_whole(engine: Engine) -> None:
    engine.register_write(WIDE_CELLS, 1, (1 << 100) - 1)
    assert ask(engine, WIDE, 1, value=1)[1] == 0xFFFFFFFF
    assert engine.register_read(WIDE_CELLS, 1) == (1 << 30) - 1


# -- the rest --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (CRC32, binascii.crc32(PAYLOAD)),
        (CRC16, 0x347B),
        (CSUM16, 0xFFFF ^ (0x1234 + 0x5678)),
        (XOR16, 0x1234 ^ 0x5678),
        (IDENTITY, 0x12345678),
    ],
)
def test_hashes_are_the_standard_ones(engine: Engine, op: int, expected: int) -> None:
    assert ask(engine, op)[1] == expected


def test_a_hash_concatenates_fields_of_odd_widths_without_padding(engine: Engine) -> None:
    first, index, second = 0x1, 0xCAFEBABE, 0x234
    octets = (first << 44 | index << 12 | second).to_bytes(6, "big")
    expected = 1000 + binascii.crc32(octets) % 997
    assert ask(engine, ODD_WIDTHS, index)[1] == expected


def test_random_numbers_stay_within_their_bounds_and_reach_them(engine: Engine) -> None:
    assert {ask(engine, RANDOM)[1] for _ in range(500)} == set(range(10, 21))


def test_a_failed_assertion_drops_the_packet_and_is_counted(engine: Engine) -> None:
    ask(engine, ASSERT, index=1)
    request = bytes((ASSERT,)) + bytes(16) + PAYLOAD
    assert [port for port, _ in engine.process(1, request, 0)] == [LOG_PORT]
    assert engine.statistics()["failed_assertions"] == 1


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda e: e.counter_read("nowhere", 0), ErrorKind.NOT_FOUND),
        (lambda e: e.counter_read(COUNTER, 8), ErrorKind.OUT_OF_RANGE),
        (lambda e: e.counter_write(COUNTER, 8, CounterValue()), ErrorKind.OUT_OF_RANGE),
        (lambda e: e.meter_configure("nowhere", 0, None), ErrorKind.NOT_FOUND),
        (lambda e: e.meter_configure(PACKETS, 8, None), ErrorKind.OUT_OF_RANGE),
        (lambda e: e.register_read("nowhere", 0), ErrorKind.NOT_FOUND),
        (lambda e: e.register_read(CELLS, 8), ErrorKind.OUT_OF_RANGE),
        (lambda e: e.register_write(CELLS, 8, 0), ErrorKind.OUT_OF_RANGE),
        (lambda e: e.register_write(CELLS, 0, 1 << 64), ErrorKind.OUT_OF_RANGE),
        (lambda e: e.table_counter(TABLE, 0), ErrorKind.NOT_FOUND),
        (lambda e: e.table_meter_configure(TABLE, 0, None), ErrorKind.NOT_FOUND),
    ],
)
def test_unknown_names_and_cells_are_refused(
    engine: Engine, call: Callable[[Engine], object], kind: ErrorKind
) -> None:
    with pytest.raises(EngineError) as caught:
        call(engine)
    assert caught.value.kind is kind
