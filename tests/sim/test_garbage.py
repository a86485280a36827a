"""A station that sends garbage: each frame is counted somewhere, and nothing else changes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from controlplane.lab.load import load
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.world import Stream
from controlplane.p4rt.memory import MemoryTarget
from tests.sim.garbage import KINDS

LAB = Path(__file__).parent.parent / "live" / "two-pes.yaml"
GROUP = IPv4Address("232.1.1.1")
SOURCE = IPv4Address("10.1.1.10")
STATION = IPv4Address("10.1.2.77")
FRAMES = 300
STREAM = Stream(
    name="tv", number=1, host="h1", destination=GROUP, port=5000, rate=100, count=400, size=100
)


@pytest.fixture
def world() -> Iterator[SimWorld]:
    """h2 behind pe2 has joined what h1 behind pe1 will send."""
    world = SimWorld(load(LAB).plan)
    world.start()
    world.advance_to(5.0)
    world.join("h2", GROUP, SOURCE)
    world.advance_to(6.0)
    yield world
    world.stop()


def counted(world: SimWorld) -> int:
    """All that pe2 and its switch have counted, packets that it forwarded apart."""
    by_router: int = sum(row["value"] for row in world.show("pe2", "counters", None))
    target = world._switches["pe2"].target
    assert isinstance(target, MemoryTarget)
    by_switch = target.read_counters()
    reasons = [*by_switch.dropped.values(), *by_switch.policed.values()]
    return by_router + sum(count.packets for count in reasons)


def state(world: SimWorld) -> list[list[Any]]:
    """Who is whose neighbour, and the trees, in every VRF of both PEs."""
    return [
        [(row["vrf"], row.get("neighbor"), row.get("group"), row.get("state")) for row in rows]
        for router in ("pe1", "pe2")
        for rows in (world.show(router, noun, None) for noun in ("pim neighbor", "mroute"))
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_garbage_is_counted_and_changes_nothing(world: SimWorld, kind: str) -> None:
    rng = random.Random(kind)
    transmit = world._links["lan2"].attach(lambda _frame: None)
    before, known = counted(world), state(world)
    world.send(STREAM)
    for _ in range(FRAMES):
        transmit(KINDS[kind](rng, STATION))
        world.advance_to(world.now() + 0.01)
    world.advance_to(world.now() + 2)
    assert counted(world) - before >= FRAMES
    assert state(world) == known
    assert list(world.received("h2", "tv").numbers) == list(range(STREAM.count))
