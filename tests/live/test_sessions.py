"""Sessions of live routers: LDP on the kernel's TCP, through the switches (two-pes.yaml)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from controlplane.lab.live_world import LiveWorld, clean
from controlplane.lab.load import load
from controlplane.lab.testbed.namespace import inside, ip_batch
from controlplane.lab.testbed.owner import RUN

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

ROOT = Path(__file__).parents[2]
LAB = Path(__file__).with_name("two-pes.yaml")
PES = ("pe1", "pe2")
LIMIT = 60

RUN_LAB = """
import sys, time
from dataclasses import replace
from pathlib import Path
from controlplane.lab.live_world import LiveWorld
from controlplane.lab.load import load
from tests.live.test_sessions import LAB, LIMIT, in_session
world = LiveWorld(replace(load(LAB).plan, name=sys.argv[1]), target="softswitch")
try:
    world.start()
    assert world.wait(lambda: in_session(world), LIMIT)
    print("up", flush=True)
    time.sleep(600)
finally:
    world.stop()
"""


@pytest.fixture
def world() -> Iterator[LiveWorld]:
    """The lab, running, with the PEs in session."""
    plan = load(LAB).plan
    world = LiveWorld(replace(plan, name=f"{plan.name}-s{os.getpid()}"), target="softswitch")
    try:
        world.start()
        assert world.wait(lambda: in_session(world), LIMIT)
        yield world
    finally:
        world.stop()


def sessions(world: LiveWorld, router: str) -> list[dict[str, Any]]:
    """The router's LDP sessions that stand."""
    rows = world.show(router, "ldp neighbor", None)
    return [row for row in rows if row["state"] == "Operational"]


def in_session(world: LiveWorld) -> bool:
    return all(sessions(world, router) for router in PES)


def began(world: LiveWorld, router: str) -> float:
    """When the router's session began, on the world's clock."""
    return max(world.now() - float(row["uptime"]) for row in sessions(world, router))


def test_a_session_ends_with_its_path_and_comes_back_with_it(world: LiveWorld) -> None:
    world.set_link("pe1-pe2", up=False)
    assert world.wait(lambda: not any(sessions(world, router) for router in PES), LIMIT)
    world.set_link("pe1-pe2", up=True)
    assert world.wait(lambda: in_session(world), LIMIT)


def test_the_peer_of_a_restarted_router_hears_of_it(world: LiveWorld) -> None:
    restarted = world.now()
    world.restart("pe2")
    assert world.wait(lambda: in_session(world) and began(world, "pe1") > restarted, LIMIT)


def test_a_port_that_loses_its_link_without_the_lab_is_noticed(world: LiveWorld) -> None:
    assert world._network is not None
    down = partial(ip_batch, ["link set eth1 down"])
    inside(world._network.namespace("pe2"), down)
    for router in PES:  # at the far end too: the cable is dead
        rows = partial(world.show, router, "pim neighbor", "default")
        assert world.wait(lambda rows=rows: not rows(), LIMIT)  # type: ignore[misc]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_lab_in_session_leaves_nothing_however_it_ends(number: signal.Signals) -> None:
    name, before = f"sessions-{os.getpid()}", interfaces()
    command = [sys.executable, "-c", RUN_LAB, name]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    with held(process.pid) as of_lab:
        of_host_stacks = of_lab - namespaces(os.getpid())
        assert len(of_host_stacks) == len(PES)
        process.send_signal(number)
        process.communicate(timeout=30)
        clean()
        assert not (RUN / name).exists()
        assert not of_host_stacks & namespaces()
    assert interfaces() == before


def interfaces() -> list[str]:
    """The interfaces of the machine's own namespace."""
    return sorted(path.name for path in Path("/sys/class/net").iterdir())


def links(process: int | None = None) -> Iterator[Path]:
    """To the network namespaces of threads: those of one process, or of all."""
    return Path("/proc").glob(f"{process or '[0-9]*'}/task/[0-9]*/ns/net")


def namespaces(process: int | None = None) -> set[int]:
    """The network namespaces that threads are in."""
    found = set()
    for link in links(process):
        with suppress(OSError):  # it ended meanwhile
            found.add(link.stat().st_ino)
    return found


@contextmanager
def held(process: int) -> Iterator[set[int]]:
    """The namespaces of a process, which stay what they are: no other one gets their numbers."""
    with ExitStack() as stack:
        found = set()
        for link in links(process):
            with suppress(OSError):
                file = stack.enter_context(link.open("rb"))
                found.add(os.fstat(file.fileno()).st_ino)
        yield found
