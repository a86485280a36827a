"""Garbage on a wire of the kernel's: counted by the router or its switch, traffic unaffected."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from controlplane.lab.live_world import LiveWorld
from controlplane.lab.load import load
from controlplane.lab.testbed.namespace import inside
from tests.live.paths import arrives_whole, open_path
from tests.live.plans import GROUP, stream
from tests.sim.garbage import KINDS

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

SOURCE = IPv4Address("10.1.1.10")
STATION = IPv4Address("10.1.2.77")
FRAMES = 20
LIMIT = 60


def counted(world: LiveWorld) -> int:
    """What pe2 and its switch have counted beside packets of routes and interfaces."""
    counters = sum(row["value"] for row in world.show("pe2", "counters", None))
    switch = world.show("pe2", "forwarding", "default")
    drops = sum(row["packets"] for row in switch if row["table"] == "drop")
    policed = sum(row["policed"] for row in switch if row["table"] == "punt")
    return int(counters + drops + policed)


def garbage() -> list[bytes]:
    rng = random.Random(1)
    return [make(rng, STATION) for make in KINDS.values() for _ in range(FRAMES)]


def wire_of(world: LiveWorld, host: str) -> socket.socket:
    """A socket that sends frames from inside a host."""
    assert world._network is not None
    open_socket = partial(socket.socket, socket.AF_PACKET, socket.SOCK_RAW)
    wire = inside(world._network.namespace(host), open_socket)
    wire.bind((world._plan.hosts[host].interface, 0))
    return wire


def has_tree(world: LiveWorld) -> bool:
    """The tree reaches from h1's PE to h2's."""
    rows = world.show("pe1", "mroute", "red")
    return bool(rows and rows[0]["outgoing"] and world.show("pe2", "mroute", "red"))


@pytest.fixture
def world() -> Iterator[LiveWorld]:
    """h2 behind pe2 gets what h1 behind pe1 sends."""
    lab = load(Path(__file__).with_name("two-pes.yaml")).plan
    world = LiveWorld(replace(lab, name=f"garbage-{os.getpid()}"), target="softswitch")
    try:
        world.start()
        world.set_zero()
        world.join("h2", GROUP, SOURCE)
        assert world.wait(lambda: has_tree(world), LIMIT)
        yield world
    finally:
        world.stop()


def test_garbage_from_a_host_is_counted_and_its_stream_arrives(world: LiveWorld) -> None:
    open_path(world, "h2")
    sent = stream(count=2000)
    world.send(sent)
    assert world.wait(lambda: bool(world.received("h2", sent.name).numbers), LIMIT)
    before, frames = counted(world), garbage()
    with wire_of(world, "h2") as wire:
        for frame in frames:
            wire.send(frame)
    assert world.wait(lambda: counted(world) - before >= len(frames), LIMIT)
    assert arrives_whole(world, "h2", sent)
