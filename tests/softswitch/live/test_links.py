"""Ports whose links go down and up, or away: who loses frames and who does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.softswitch.live.lab import eventually
from tests.softswitch.live.ports import FRAME, FRAMES, IN, OTHER, OUT, Ports, open_ports

pytestmark = pytest.mark.live


@pytest.fixture
def ports() -> Iterator[Ports]:
    with ExitStack() as stack:
        yield open_ports(stack)


def test_a_port_that_is_down_drops_and_counts_its_copies_alone(ports: Ports) -> None:
    ports.replicate()
    ports.set_link(OUT, "down")
    for _ in range(FRAMES):
        ports.pass_through(OTHER)
    assert eventually(lambda: ports.counters(OTHER).tx_packets == FRAMES)
    assert eventually(lambda: ports.counters(OUT).tx_dropped == FRAMES)
    assert ports.counters(OUT).tx_packets == 0


def test_the_first_frame_after_a_link_has_come_up_leaves(ports: Ports) -> None:
    for _ in range(5):
        ports.set_link(OUT, "down")
        ports.set_link(OUT, "up")
        ports.pass_through(OUT)
    assert ports.counters(OUT).tx_dropped == 0


def test_what_the_kernel_receives_on_a_link_that_has_come_up_the_switch_receives(
    ports: Ports,
) -> None:
    """The sender's kernel may discard frames until its own end has noticed; none reach us then."""
    for _ in range(5):
        ports.set_link(IN, "down")
        ports.set_link(IN, "up")
        assert eventually(lambda: ports.passes(OUT))
    assert eventually(lambda: ports.counters(IN).rx_packets == ports.kernel_received(IN))


def test_the_other_end_of_a_link_may_go_down_and_up(ports: Ports) -> None:
    ports.namespace.run("ip", "link", "set", f"h{OUT}", "down")
    ports.ends[IN].send(FRAME)
    assert eventually(lambda: ports.counters(IN).rx_packets == 1)
    ports.namespace.run("ip", "link", "set", f"h{OUT}", "up")
    ports.ends[OUT] = ports.namespace.far_end(OUT)
    assert eventually(lambda: ports.passes(OUT))


def test_a_flapping_port_costs_the_others_no_frame(ports: Ports) -> None:
    for _ in range(FRAMES):
        ports.set_link(OTHER, "down")
        ports.pass_through(OUT)
        ports.set_link(OTHER, "up")
        ports.pass_through(OUT)
    assert eventually(lambda: ports.counters(OUT).tx_packets == 2 * FRAMES)


def test_a_port_whose_interface_is_gone_drops_and_the_others_go_on(ports: Ports) -> None:
    ports.replicate()
    ports.namespace.run("ip", "link", "del", f"sw{OUT}")
    for _ in range(FRAMES):
        ports.pass_through(OTHER)
    assert eventually(lambda: ports.counters(OUT).tx_dropped == FRAMES)


@pytest.mark.parametrize("port", [IN, OUT])
def test_an_interface_that_comes_back_works_in_both_directions(ports: Ports, port: int) -> None:
    ports.namespace.run("ip", "link", "del", f"sw{port}")
    ports.namespace.add_link(port)
    ports.ends[port] = ports.namespace.far_end(port)
    assert eventually(lambda: ports.passes(OUT))
