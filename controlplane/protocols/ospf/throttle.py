"""When routes are calculated next: soon after a quiet time, less often in a storm (`Throttle`).

A change of the network is seldom one LSA: both ends of a link tell of it, all links of a router
that fails. A run waits while others are still being flooded, so that it sees the whole change and
nobody is told of routes that the next LSA takes back.
"""

from __future__ import annotations

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.ospf.events import Throttle


class SpfThrottle:
    """`hold` is the least time from the last run to the next while runs are frequent."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self._last: Instant | None = None
        self._hold: Duration = 0.0

    def next_run(self, now: Instant, first: Instant) -> Instant:
        """When to run for a change that is seen now, after the `first` one since the last run."""
        soon = min(now + self._throttle.initial, first + self._throttle.hold)
        if self._last is None:
            return soon
        if first - self._last >= self._throttle.maximum:
            self._hold = 0.0
        return max(soon, self._last + self._hold)

    def ran(self, now: Instant) -> None:
        """A run was made: the wait doubles with each that follows another soon."""
        self._last = now
        self._hold = min(2 * self._hold or self._throttle.hold, self._throttle.maximum)
