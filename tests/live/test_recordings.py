"""Routers on live switches are recorded as they are in the simulator (two-pes.yaml)."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest

from controlplane.lab.live_world import LiveWorld
from controlplane.lab.load import load
from controlplane.lab.recordings import recording_to
from controlplane.router.replay import Replay
from controlplane.router.router import Router

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

LIMIT = 60
ADJACENT = {("default", "eth1"), ("red", "mdt-red")}


def adjacent(world: LiveWorld, router: str) -> bool:
    rows = world.show(router, "pim neighbor", None)
    return {(row["vrf"], row["interface"]) for row in rows} == ADJACENT


def replayed(path: Path) -> Router:
    with path.open() as lines:
        replay = Replay(lines)
        deque(replay, maxlen=0)
    return replay.router


def test_a_live_router_and_its_second_life_replay_to_what_they_had_learned(tmp_path: Path) -> None:
    plan = load(Path(__file__).with_name("two-pes.yaml")).plan
    plan = replace(plan, name=f"{plan.name}-{os.getpid()}")
    with recording_to(tmp_path) as record:
        world = LiveWorld(plan, target="softswitch", record=record)
        try:
            world.start()
            assert world.wait(lambda: adjacent(world, "pe1"), LIMIT)
            world.restart("pe1")
            assert world.wait(lambda: adjacent(world, "pe1"), LIMIT)
        finally:
            world.stop()
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"{name}.jsonl" for name in plan.routers),
        "pe1.2.jsonl",
    }
    for name in ("pe1", "pe1.2"):
        vrfs = replayed(tmp_path / f"{name}.jsonl").vrfs
        learned = {
            (vrf.name, neighbor.interface)
            for vrf in vrfs.values()
            for neighbor in vrf.pim.neighbors(0.0)
        }
        assert learned == ADJACENT
