"""Pings and traceroutes between hosts of the simulator."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.lab.probes.ping import Ping, PingProbe
from controlplane.lab.probes.probe import Probe
from controlplane.lab.probes.result import Outcome
from controlplane.lab.probes.traceroute import Traceroute, TracerouteProbe
from controlplane.sim.probing import SimProbe
from tests.sim.test_host import Lan

NEAR, FAR = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
NOBODY = IPv4Address("10.0.0.99")
TRIP = 0.002
"""There and back over the LAN."""


def run(lan: Lan, probe: Probe) -> None:
    """Let a probe of the first host run to its end."""
    SimProbe(lan.hosts[0], lan.scheduler, probe).start()
    lan.scheduler.run(until=30.0)
    assert not probe.running and lan.hosts[0].icmp.listeners == []


def test_a_ping_is_answered_after_the_time_of_the_trip() -> None:
    probe = PingProbe(Ping(destination=FAR, count=3), NEAR, identifier=1)
    run(Lan(2), probe)
    first, *others = (answer.rtt for answer in probe.result.answers if answer)
    assert first == pytest.approx(2 * TRIP), "with the time that ARP takes"
    assert others == pytest.approx([TRIP, TRIP])


def test_a_ping_of_nobody_is_lost() -> None:
    probe = PingProbe(Ping(destination=NOBODY, count=3), NEAR, identifier=1)
    run(Lan(2), probe)
    assert probe.result.answers == (None, None, None)


def test_two_pings_of_one_host_do_not_hear_each_others_answers() -> None:
    lan = Lan(3)
    answered = PingProbe(Ping(destination=FAR, count=2), NEAR, identifier=1)
    unanswered = PingProbe(Ping(destination=NOBODY, count=2), NEAR, identifier=2)
    SimProbe(lan.hosts[0], lan.scheduler, unanswered).start()
    run(lan, answered)
    assert (answered.result.replies, unanswered.result.replies) == (2, 0)


def test_a_traceroute_on_a_lan_has_one_hop_the_destination() -> None:
    probe = TracerouteProbe(Traceroute(destination=FAR), NEAR, source_port=40000)
    run(Lan(2), probe)
    (hop,) = probe.result.hops
    assert probe.result.reached
    assert [a.outcome for a in hop.answers if a] == [Outcome.UNREACHABLE] * 3
    assert {(a.address, a.code) for a in hop.answers if a} == {(FAR, 3)}


def test_a_traceroute_to_nobody_says_so_for_each_hop() -> None:
    traceroute = Traceroute(destination=NOBODY, queries=1, most_hops=4)
    probe = TracerouteProbe(traceroute, NEAR, source_port=40000)
    run(Lan(2), probe)
    assert [hop.answers for hop in probe.result.hops] == [(None,)] * 4
    assert not probe.result.reached


def test_a_stream_to_a_port_that_is_listened_on_is_not_refused() -> None:
    lan = Lan(2)
    heard: list[object] = []
    lan.hosts[0].icmp.listeners.append(heard.append)
    lan.stream(FAR).start()
    lan.scheduler.run(until=1.0)
    assert lan.recorder.reception("2", 7).numbers == [0, 1, 2]
    assert heard == []
