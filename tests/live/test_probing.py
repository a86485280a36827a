"""Pings and traceroutes of live hosts: the kernels' ICMP answers them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.lab.live_world import LiveWorld
from controlplane.lab.probes.ping import Ping, PingProbe
from controlplane.lab.probes.probe import Probe
from controlplane.lab.probes.result import Outcome
from controlplane.lab.probes.traceroute import Traceroute, TracerouteProbe
from controlplane.lab.testbed.probing import LiveProbe
from tests.live.plans import two_hosts
from tests.live.test_hosts import running

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

NEAR, FAR = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
NOBODY = IPv4Address("10.0.0.99")


def run(world: LiveWorld, probe: Probe) -> None:
    """Let a probe of h1 run to its end."""
    live = LiveProbe(world._hosts["h1"], probe)
    assert world.wait(lambda: not live.look(), limit=60)


def test_a_ping_and_a_traceroute_reach_the_other_host() -> None:
    ping = PingProbe(Ping(destination=FAR, count=3), NEAR, identifier=1)
    traceroute = TracerouteProbe(Traceroute(destination=FAR), NEAR, source_port=40000)
    with running(two_hosts()) as world:
        run(world, ping)
        run(world, traceroute)
    assert ping.result.replies == 3
    assert all(answer and 0 < answer.rtt for answer in ping.result.answers)
    (hop,) = traceroute.result.hops
    assert {(a.address, a.outcome, a.code) for a in hop.answers if a} == {
        (FAR, Outcome.UNREACHABLE, 3)
    }
    assert traceroute.result.reached


def test_who_is_not_there_does_not_answer() -> None:
    ping = PingProbe(Ping(destination=NOBODY, count=1, timeout=0.2), NEAR, identifier=1)
    with running(two_hosts()) as world:
        run(world, ping)
    assert ping.result.replies == 0
