"""Sessions of simulated routers: LDP on the simulator's TCP, through the pipelines.

pe1 ----- pe2
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controlplane.lab.load import load
from controlplane.lab.sim_world import SimWorld
from controlplane.net.interface import DEFAULT_VRF
from controlplane.p4rt.memory import MemoryTarget
from controlplane.sim.direct import DirectTarget
from controlplane.sim.switch import Target

LAB = Path(__file__).parent.parent / "live" / "two-pes.yaml"
PES = ("pe1", "pe2")
CONVERGED = 30.0


@pytest.fixture(params=[MemoryTarget, DirectTarget])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimWorld]:
    make_target: Callable[[], Target] = request.param
    world = SimWorld(load(LAB).plan, pcap=tmp_path, make_target=make_target)
    world.start()
    world.advance_to(CONVERGED)
    yield world
    world.stop()


def sessions(world: SimWorld, router: str) -> list[dict[str, Any]]:
    rows = world.show(router, "ldp neighbor", None)
    return [row for row in rows if row["state"] == "Operational"]


def ldp_streams(world: SimWorld, router: str) -> list[str]:
    """BGP names those that it opens; a peer that is cut off opens none to it."""
    names = world._switches[router].tcp(DEFAULT_VRF)._named
    return [name for name in names if not name.startswith("bgp ")]


def bgp(world: SimWorld) -> list[dict[str, Any]]:
    return [row for router in PES for row in world.show(router, "bgp neighbor", DEFAULT_VRF)]


def in_session(world: SimWorld) -> bool:
    return all(sessions(world, router) for router in PES)


def streams(world: SimWorld, router: str) -> int:
    return len(world._switches[router].tcp(DEFAULT_VRF)._connections)


def test_neighbours_come_into_session(world: SimWorld) -> None:
    assert in_session(world)
    assert [streams(world, router) for router in PES] == [2, 2], "LDP's and BGP's"
    assert not any(world._switches[router].tcp(DEFAULT_VRF).dropped for router in PES)


def test_a_session_ends_with_its_path_and_comes_back_with_it(world: SimWorld) -> None:
    world.set_link("pe1-pe2", up=False)
    world.advance_to(CONVERGED + 120)
    assert not any(sessions(world, router) for router in PES)
    assert not any(row["state"] == "Established" for row in bgp(world))
    assert [ldp_streams(world, router) for router in PES] == [[], []]
    world.set_link("pe1-pe2", up=True)
    world.advance_to(CONVERGED + 180)
    assert in_session(world)


def test_the_peer_of_a_restarted_router_hears_of_it(world: SimWorld) -> None:
    world.restart("pe2")
    world.advance_to(CONVERGED + 60)
    assert in_session(world)
    assert all(sessions(world, router)[0]["uptime"] < 60 for router in PES)
    assert [streams(world, router) for router in PES] == [2, 2], "LDP's and BGP's"


def test_the_same_seed_gives_the_same_octets(tmp_path: Path) -> None:
    def captured(name: str) -> bytes:
        folder = tmp_path / name
        folder.mkdir()
        world = SimWorld(load(LAB).plan, pcap=folder, make_target=DirectTarget)
        world.start()
        world.advance_to(CONVERGED)
        path = world.captures()["pe1-pe2"]
        world.stop()
        return path.read_bytes()

    assert captured("once") == captured("again")


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not on PATH")
def test_tshark_reads_the_session_in_a_capture(world: SimWorld) -> None:
    capture = str(world.captures()["pe1-pe2"])
    options = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]

    def packets(pattern: str) -> int:
        command = ["tshark", "-r", capture, *options, "-Y", pattern, "-T", "fields", "-e", "ip.src"]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        return len(ran.stdout.splitlines())

    assert packets("tcp.flags.syn == 1 && tcp.port == 646") == 2
    assert packets("tcp.checksum.status == Good") == packets("tcp")
    assert packets("ldp.msg.type == 0x0200")  # Initialization
    assert packets("ldp.msg.type == 0x0400")  # Label Mapping
    assert packets("bgp.type == 1") in (2, 4)  # OPEN; where connections collided, on both
    assert not packets("tcp.analysis.flags")
