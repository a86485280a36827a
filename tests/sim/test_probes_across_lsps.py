"""What a provider's customer sees of label switched paths: the lab core-ospf-ldp, by traceroute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.lab.load import load
from controlplane.lab.probes.ping import Ping, PingProbe
from controlplane.lab.probes.probe import Probe
from controlplane.lab.probes.result import Answer, Outcome
from controlplane.lab.probes.traceroute import Traceroute, TracerouteProbe
from controlplane.lab.sim_world import SimWorld
from controlplane.router.config import Role
from controlplane.sim.probing import SimProbe

LAB = load(Path(__file__).parents[2] / "mininet" / "labs" / "core-ospf-ldp.yaml").plan
SOURCE = LAB.hosts["h1"].address.ip


@pytest.fixture(scope="module")
def world() -> Iterator[SimWorld]:
    """The lab, with its tables as they stay."""
    world = SimWorld(LAB)
    try:
        world.start()
        world.advance_to(30.0)
        yield world
    finally:
        world.stop()


def run(world: SimWorld, probe: Probe) -> None:
    """Let a probe of h1 run to its end."""
    SimProbe(world._hosts["h1"], world._scheduler, probe).start()
    assert world.wait(lambda: not probe.running, limit=60.0)


def owner(world: SimWorld, answer: Answer) -> str:
    """The router or host that has the address that an answer is from."""
    owners = {str(host.address.ip): name for name, host in LAB.hosts.items()}
    for name, router in LAB.routers.items():
        owners |= {str(item.interface.address.ip): name for item in router.interfaces}
    return owners[str(answer.address)]


@pytest.mark.parametrize("host", ["h2", "h3"])
def test_a_ping_crosses_the_core(world: SimWorld, host: str) -> None:
    probe = PingProbe(Ping(destination=LAB.hosts[host].address.ip, count=2), SOURCE, identifier=1)
    run(world, probe)
    assert probe.result.replies == 2


@pytest.mark.parametrize(
    ("host", "ways"),
    [
        ("h2", [["pe1", "p1", "p3", "pe2", "h2"], ["pe1", "p2", "p4", "pe2", "h2"]]),
        ("h3", [["pe1", "p2", "pe3", "h3"]]),
    ],
)
def test_a_traceroute_shows_each_hop_and_the_label_that_the_packet_came_with(
    world: SimWorld, host: str, ways: list[list[str]]
) -> None:
    """P routers get it with a label; the PE that pops none, as the hop before it has done so."""
    destination = LAB.hosts[host].address.ip
    probe = TracerouteProbe(
        Traceroute(destination=destination, queries=1), SOURCE, source_port=40000
    )
    run(world, probe)
    answers = [hop.answers[0] for hop in probe.result.hops]
    hops = [(owner(world, answer), answer) for answer in answers if answer]
    assert probe.result.reached and len(hops) == len(answers)
    assert [name for name, _ in hops] in ways
    outcomes = [answer.outcome for _, answer in hops]
    assert outcomes == [Outcome.TIME_EXCEEDED] * (len(hops) - 1) + [Outcome.UNREACHABLE]
    for name, answer in hops:
        is_p = LAB.routers[name].role is Role.P if name in LAB.routers else False
        assert [entry.ttl for entry in answer.labels] == ([1] if is_p else [])
