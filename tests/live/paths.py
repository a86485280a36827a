"""Paths from h1 through a lab: there for certain, before a test counts what takes them.

A route in a router's table is not a way yet. Labels, the neighbours' MAC addresses and the switches
follow, each in its time; and the first packets may go through routers that still ask for a
neighbour, of which few are kept. So a path is tried before what is sent on it has to be whole.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import count
from typing import Final

from controlplane.lab.live_world import LiveWorld
from controlplane.lab.world import Stream
from tests.live.plans import GROUP, stream

_LIMIT: Final = 60
_RATE: Final = 20

_probes = count(1000)


def open_path(world: LiveWorld, host: str, destination: IPv4Address = GROUP) -> None:
    """Wait until a host hears h1, and every switch has all that its router has told it by then."""
    number = next(_probes)
    probe = stream(number=number, destination=destination, count=_LIMIT * _RATE, rate=_RATE)
    world.send(probe)
    assert world.wait(lambda: bool(world.received(host, probe.name).numbers), _LIMIT)
    assert world.wait(world.in_step, _LIMIT)


def arrives_whole(world: LiveWorld, host: str, sent: Stream) -> bool:
    """Whether a host gets each packet of a stream, and gets it once.

    Their order is not asked for: a sender that changes its CPU may overtake itself.
    """
    wanted = list(range(sent.count))
    return world.wait(lambda: sorted(world.received(host, sent.name).numbers) == wanted, _LIMIT)
