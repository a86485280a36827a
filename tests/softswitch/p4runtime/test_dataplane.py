"""The CPU port of a running data plane without interfaces, and a control side that is slow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event

import pytest
from finsy.proto import p4r

from softswitch.dataplane import DataPlane
from softswitch.p4runtime.service import P4Runtime
from tests.softswitch.p4runtime.client import COMMIT, CONFIG
from tests.softswitch.p4runtime.control import INSERT, STATION, action, entry, ethernet, update

CPU_PORT = 510
SUBMIT, TO_NOWHERE = bytes.fromhex("8000"), bytes.fromhex("00c0")  # packet_out headers
PATIENCE = 20.0
"""Seconds until what must come counts as missing."""


class Plane:
    """A data plane that punts what it gets, to a consumer that can be kept waiting."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.may_take, self.is_taking = Event(), Event()
        self.plane = DataPlane((), CPU_PORT, self._take, lambda _: None)
        self.service = P4Runtime(1, lambda f: self.plane.set_engine(f.engine, f.packet_in.layout))
        self.service.set_pipeline(COMMIT, CONFIG)
        punt = p4r.Entity(table_entry=entry("stations", STATION, action("punt", b"\x2a")))
        self.service.apply([update(INSERT, punt)])
        self.plane.start()

    def _take(self, messages: Sequence[bytes]) -> None:
        self.is_taking.set()
        self.may_take.wait(PATIENCE)
        packets = (p4r.StreamMessageResponse.FromString(octets).packet for octets in messages)
        self.received += [packet.payload for packet in packets]

    def close(self) -> None:
        self.may_take.set()
        self.plane.close()
        self.service.close()

    def wait_until(self, state: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not state():
            assert time.monotonic() < deadline, "the expected state did not come"
            time.sleep(0.001)


@pytest.fixture
def plane() -> Iterator[Plane]:
    plane = Plane()
    yield plane
    plane.close()


def frames(count: int, length: int = 9000) -> list[bytes]:
    return [ethernet(number.to_bytes(4).ljust(length, b".")) for number in range(count)]


def test_punts_arrive_in_order(plane: Plane) -> None:
    plane.may_take.set()
    sent = frames(500, length=60)
    for frame in sent:
        plane.plane.packet_out(SUBMIT + frame)
    plane.wait_until(lambda: len(plane.received) == len(sent))
    assert plane.received == sent


def test_what_the_control_side_is_too_slow_for_is_dropped_and_counted_and_nothing_waits(
    plane: Plane,
) -> None:
    sent, away = frames(400), 300
    plane.plane.packet_out(SUBMIT + sent[0])
    assert plane.is_taking.wait(PATIENCE)
    for frame in sent[1:]:
        plane.plane.packet_out(SUBMIT + frame)
    for _ in range(away):
        plane.plane.packet_out(TO_NOWHERE + ethernet())
    plane.wait_until(lambda: plane.plane.unknown_ports() == away)
    assert plane.received == []
    counters = plane.plane.counters()[CPU_PORT]
    assert counters.rx_packets == len(sent) + away
    assert counters.tx_packets + counters.tx_dropped == len(sent)
    assert counters.tx_dropped > 0
    plane.may_take.set()
    plane.wait_until(lambda: len(plane.received) == counters.tx_packets)
    assert plane.received == sent[: counters.tx_packets]


def test_there_is_room_again_when_punts_have_been_taken(plane: Plane) -> None:
    plane.plane.packet_out(SUBMIT + ethernet())
    assert plane.is_taking.wait(PATIENCE)
    for frame in frames(200):
        plane.plane.packet_out(SUBMIT + frame)
    plane.wait_until(lambda: plane.plane.counters()[CPU_PORT].tx_dropped > 0)
    plane.may_take.set()
    last = ethernet(b"the last")
    plane.wait_until(lambda: plane.plane.counters()[CPU_PORT].rx_packets == 201)
    plane.wait_until(lambda: len(plane.received) == plane.plane.counters()[CPU_PORT].tx_packets)
    plane.plane.packet_out(SUBMIT + last)
    plane.wait_until(lambda: plane.received[-1] == last)


def test_it_stops_while_punts_are_waiting(plane: Plane) -> None:
    for frame in frames(50):
        plane.plane.packet_out(SUBMIT + frame)
