"""Pings and traceroutes of a running lab: asked again and again, until the answer is right.

Each try is a flow of its own: what a traceroute finds is one way of those that are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from controlplane.engine.time import Duration
from controlplane.lab.expand.layout import Layout
from controlplane.lab.file.expect import (
    PingAnswered,
    ProbeExpectation,
)
from controlplane.lab.file.probes import PING_INTERVAL, PathSpec, PingSpec
from controlplane.lab.judge.probes import judge_path, judge_ping
from controlplane.lab.probes.ping import Ping, PingProbe
from controlplane.lab.probes.traceroute import Traceroute, TracerouteProbe
from controlplane.lab.verdict import Seen
from controlplane.lab.world import RunningProbe, World

_TIMEOUT: Final[Duration] = 0.5
"""Longer than a live router on a busy machine takes to answer; then it is time to ask again."""

_IDENTIFIERS: Final = 65536
_FIRST_SOURCE_PORT: Final = 49152  # RFC 6335 6: dynamic ports
_SOURCE_PORTS: Final = 65536 - _FIRST_SOURCE_PORT

_BEYOND: Final = 2
"""Hops of a traceroute behind the expected routers: the goal, and one that should not be there."""


class Question:
    """What one expectation asks; `numbers` tells the tries of all questions of a lab apart."""

    def __init__(
        self, layout: Layout, world: World, expectation: ProbeExpectation, numbers: Iterator[int]
    ) -> None:
        self._layout = layout
        self._world = world
        self._expectation = expectation
        self._numbers = numbers
        self._running: RunningProbe | None = None
        self._judge: Callable[[], Seen] = lambda: Seen(False, "not asked")
        self._before: Seen | None = None

    def look(self) -> Seen:
        """What the newest try has found so far; unless that will do, what the one before did."""
        if self._running is None:
            self._running = self._ask()
        running = self._running.look()
        seen = self._judge()
        if not running and not seen.ok:
            self._running, self._before = None, seen
        return seen if seen.ok else self._before or seen

    def _ask(self) -> RunningProbe:
        if isinstance(self._expectation, PingAnswered):
            return self._ping(self._expectation.ping)
        return self._trace(self._expectation.path)

    def _ping(self, spec: PingSpec) -> RunningProbe:
        ping = Ping(
            destination=self._layout.address(spec.to),
            count=spec.count,
            interval=PING_INTERVAL,
            timeout=_TIMEOUT,
        )
        identifier = next(self._numbers) % _IDENTIFIERS
        probe = PingProbe(ping, self._layout.address(spec.from_), identifier)
        self._judge = lambda: judge_ping(self._layout, spec, probe.result)
        return self._world.probe(spec.from_, probe)

    def _trace(self, spec: PathSpec) -> RunningProbe:
        traceroute = Traceroute(
            destination=self._layout.address(spec.to),
            queries=1,
            most_hops=max(map(len, spec.via)) + _BEYOND,
            timeout=_TIMEOUT,
        )
        source_port = _FIRST_SOURCE_PORT + next(self._numbers) % _SOURCE_PORTS
        probe = TracerouteProbe(traceroute, self._layout.address(spec.from_), source_port)
        self._judge = lambda: judge_path(self._layout, spec, probe.result)
        return self._world.probe(spec.from_, probe)
