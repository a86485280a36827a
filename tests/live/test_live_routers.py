"""Routers on live switches: h1 sends to h2 through one VPN over two PEs (two-pes.yaml)."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from controlplane.lab.errors import LabError
from controlplane.lab.live_world import LiveWorld
from controlplane.lab.load import load
from controlplane.p4rt.faults import Faults
from tests.live.paths import arrives_whole, open_path
from tests.live.plans import GROUP, stream

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

SOURCE = IPv4Address("10.1.1.10")
LIMIT = 60


@pytest.fixture(params=["softswitch", pytest.param("bmv2", marks=pytest.mark.bmv2)])
def world(request: pytest.FixtureRequest) -> Iterator[LiveWorld]:
    """The lab, running, with the PEs adjacent in the core and in the VPN."""
    if request.param == "bmv2" and shutil.which("simple_switch_grpc") is None:
        pytest.skip("simple_switch_grpc is not on PATH")
    lab = load(Path(__file__).with_name("two-pes.yaml")).plan
    world = LiveWorld(replace(lab, name=f"{lab.name}-{os.getpid()}"), target=request.param)
    try:
        world.start()
        world.set_zero()
        assert world.wait(lambda: adjacent(world), LIMIT)
        yield world
    finally:
        world.stop()


def adjacent(world: LiveWorld) -> bool:
    seen = {
        (router, row["interface"])
        for router in ("pe1", "pe2")
        for row in world.show(router, "pim neighbor", None)
    }
    return seen == {(router, name) for router in ("pe1", "pe2") for name in ("eth1", "mdt-red")}


def pim_interfaces(world: LiveWorld, router: str) -> set[str]:
    return {row["interface"] for row in world.show(router, "pim interface", None)}


def trees(world: LiveWorld, router: str) -> list[str]:
    """The groups of the customer's trees."""
    return [row["group"] for row in world.show(router, "mroute", "red")]


def has_tree(world: LiveWorld) -> bool:
    """The customer's tree reaches from the source's PE to the receiver's."""
    (row,) = world.show("pe1", "mroute", "red") or [{"outgoing": []}]
    return bool(trees(world, "pe2") and row["outgoing"])


def gets(world: LiveWorld, number: int) -> bool:
    """Whether h2 gets all of a stream that is sent as soon as the switches know the tree."""
    open_path(world, "h2")
    sent = stream(number=number, count=500, rate=250)
    world.send(sent)
    return arrives_whole(world, "h2", sent)


def began(world: LiveWorld, router: str) -> float:
    """When a router met the first of its neighbours, or had its first tree."""
    rows = [row for noun in ("pim neighbor", "mroute") for row in world.show(router, noun, None)]
    return min(world.now() - float(row["uptime"]) for row in rows)


def test_a_host_gets_a_stream_through_the_tunnel_until_it_leaves(world: LiveWorld) -> None:
    world.join("h2", GROUP, SOURCE)
    assert world.wait(lambda: has_tree(world), LIMIT)
    assert gets(world, 1)
    world.leave("h2", GROUP, SOURCE)
    assert world.wait(lambda: not trees(world, "pe1") and not trees(world, "pe2"), LIMIT)


def test_show_counts_the_packets_of_a_tree(world: LiveWorld) -> None:
    world.join("h2", GROUP, SOURCE)
    assert world.wait(lambda: has_tree(world), LIMIT)
    assert gets(world, 1)
    got = len(world.received("h2", "stream 1").numbers)
    assert world.wait(lambda: world.show("pe1", "mroute", "red")[0]["packets"] >= got, LIMIT)


def test_a_link_that_goes_takes_the_neighbours_with_it_and_brings_them_back(
    world: LiveWorld,
) -> None:
    world.join("h2", GROUP, SOURCE)
    assert world.wait(lambda: has_tree(world), LIMIT)
    world.set_link("pe1-pe2", up=False)
    assert world.wait(lambda: not world.show("pe1", "pim neighbor", "default"), LIMIT)
    world.set_link("pe1-pe2", up=True)
    assert world.wait(lambda: adjacent(world) and has_tree(world), LIMIT)
    assert gets(world, 1)


def test_a_restarted_router_learns_everything_anew(world: LiveWorld) -> None:
    world.join("h2", GROUP, SOURCE)
    assert world.wait(lambda: has_tree(world), LIMIT)
    restarted = world.now()
    world.restart("pe2")
    assert world.wait(lambda: adjacent(world) and has_tree(world), LIMIT)
    assert began(world, "pe2") > restarted
    assert gets(world, 1)


def test_a_restarted_router_is_told_the_routes_and_ports_of_now(world: LiveWorld) -> None:
    def provided() -> list[str]:
        rows = world.show("pe2", "route", "default")
        return [row["prefix"] for row in rows if row["prefix"] == "10.255.0.1/32"]

    assert provided()
    world.replace_routes("pe2", "default", ())
    world.set_link("lan2", up=False)
    assert world.wait(lambda: "eth2" not in pim_interfaces(world, "pe2"), LIMIT)
    world.restart("pe2")
    assert not provided()
    assert "eth2" not in pim_interfaces(world, "pe2")


def test_a_switch_that_pauses_takes_up_where_it_was(world: LiveWorld) -> None:
    pid = switch_process("pe2")
    os.kill(pid, signal.SIGSTOP)
    world.join("h2", GROUP, SOURCE)
    os.kill(pid, signal.SIGCONT)
    assert world.wait(lambda: has_tree(world), LIMIT)
    assert gets(world, 1)


def test_a_switch_that_is_switched_off_and_on_is_programmed_again(world: LiveWorld) -> None:
    world.join("h2", GROUP, SOURCE)
    assert world.wait(lambda: has_tree(world), LIMIT)
    world.set_power("pe2", on=False)
    world.set_power("pe2", on=True)
    world.send(stream(count=60_000, rate=1000))
    assert world.wait(lambda: bool(world.received("h2", "stream 1").numbers), LIMIT)


def test_a_switch_that_ends_is_named(world: LiveWorld) -> None:
    os.kill(switch_process("pe2"), signal.SIGKILL)
    with pytest.raises(LabError, match=r"^switch-pe2 ended: "):
        world.wait(lambda: False, LIMIT)


def test_what_there_is_not_cannot_be_shown(world: LiveWorld) -> None:
    with pytest.raises(LabError, match="nothing to show under 'weather'"):
        world.show("pe1", "weather", None)
    with pytest.raises(LabError, match="no VRF 'green'"):
        world.show("pe1", "mroute", "green")


def switch_process(router: str) -> int:
    """The process of a router's switch in this test's lab."""
    socket = f"two-pes-{os.getpid()}/{router}.sock".encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if socket in path.read_bytes():
                return int(path.parent.name)
        except OSError:
            continue
    raise LookupError(router)


@pytest.mark.parametrize("world", ["softswitch"], indirect=True)
def test_a_link_loses_what_it_is_told_to_lose_and_no_more(world: LiveWorld) -> None:
    world.join("h2", GROUP, SOURCE)
    assert world.wait(lambda: has_tree(world), LIMIT)
    assert gets(world, 1)
    world.set_faults("lan2", Faults(loss=1.0))
    world.send(lost := stream(number=2, count=50, rate=500))
    assert world.wait(lambda: lost_by(world)["egress"] >= lost.count, LIMIT)
    assert world.received("h2", lost.name).numbers == []
    world.set_faults("lan2", Faults(loss=0.0))
    before = lost_by(world)
    assert gets(world, 3)
    assert lost_by(world) == before


def lost_by(world: LiveWorld) -> dict[str, int]:
    """Of both directions of h2's link, at the one switch that it has."""
    return {row["direction"]: row["lost"] for row in world.link_faults("lan2")}


def test_faults_of_links_are_refused_where_the_target_is_bmv2() -> None:
    plan = load(Path(__file__).with_name("two-pes.yaml")).plan
    faulty = tuple(replace(link, faulty=True) for link in plan.links)
    with pytest.raises(LabError, match="BMv2 makes no faults of links: use --target softswitch"):
        LiveWorld(replace(plan, links=faulty), target="bmv2").start()
    with pytest.raises(LabError, match="BMv2 makes no faults of links"):
        LiveWorld(plan, target="bmv2").set_faults("lan2", None)
