"""Faults of links, on a data plane's real ports: what leaves and what comes in, at run time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from softswitch.faults import Direction, FaultCounters, FaultError, Faults
from tests.softswitch.live.lab import eventually
from tests.softswitch.live.ports import FRAME, FRAMES, IN, OUT, Ports, open_ports

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def all_tests() -> Iterator[Ports]:
    with ExitStack() as stack:
        yield open_ports(stack)


@pytest.fixture
def ports(all_tests: Ports) -> Iterator[Ports]:
    """Without faults, and with nothing on its way."""
    yield all_tests
    for port in (IN, OUT):
        for direction in Direction:
            all_tests.plane.links.set_faults(port, direction, None)
    drained(all_tests)


def drained(ports: Ports) -> None:
    assert eventually(lambda: ports.passes(OUT))
    ports.ends[OUT].setblocking(False)
    with suppress(BlockingIOError):
        while True:
            ports.ends[OUT].recv(2000)
    ports.ends[OUT].settimeout(20)


def done(ports: Ports, port: int, direction: Direction) -> FaultCounters:
    return ports.plane.links.faults(port, direction)[1]


PLACES = pytest.mark.parametrize(
    ("port", "direction"), [(OUT, Direction.EGRESS), (IN, Direction.INGRESS)], ids=["out", "in"]
)


@PLACES
def test_a_loss_of_all_frames_begins_and_ends_at_run_time(
    ports: Ports, port: int, direction: Direction
) -> None:
    ports.pass_through(OUT)
    before = done(ports, port, direction).lost
    ports.plane.links.set_faults(port, direction, Faults(loss=1.0))
    for _ in range(FRAMES):
        ports.ends[IN].send(FRAME)
    assert eventually(lambda: done(ports, port, direction).lost == before + FRAMES)
    ports.plane.links.set_faults(port, direction, Faults(loss=0.0))
    ports.pass_through(OUT)
    ports.plane.links.set_faults(port, direction, None)
    ports.pass_through(OUT)
    assert done(ports, port, direction).lost == before + FRAMES


@PLACES
def test_a_delayed_frame_arrives_after_its_delay_and_no_sooner(
    ports: Ports, port: int, direction: Direction
) -> None:
    ports.plane.links.set_faults(port, direction, Faults(delay=0.1))
    begun = time.monotonic()
    ports.pass_through(OUT)
    assert time.monotonic() - begun >= 0.1


def test_frames_of_both_directions_wait_at_once(ports: Ports) -> None:
    ports.plane.links.set_faults(IN, Direction.INGRESS, Faults(delay=0.05))
    ports.plane.links.set_faults(OUT, Direction.EGRESS, Faults(delay=0.05, duplicate=1.0))
    begun = time.monotonic()
    for _ in range(FRAMES):
        ports.ends[IN].send(FRAME)
    assert [ports.ends[OUT].recv(2000) for _ in range(2 * FRAMES)] == [FRAME] * 2 * FRAMES
    assert time.monotonic() - begun >= 0.1


def test_a_switch_whose_frames_have_all_arrived_is_idle(ports: Ports) -> None:
    ports.plane.links.set_faults(OUT, Direction.EGRESS, Faults(delay=0.001))
    ports.pass_through(OUT)
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.1


def test_a_port_without_an_interface_has_no_faults(ports: Ports) -> None:
    with pytest.raises(FaultError, match="no interface is port 9"):
        ports.plane.links.set_faults(9, Direction.EGRESS, Faults(loss=1.0))
