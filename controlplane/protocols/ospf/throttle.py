"""When routes are calculated next: soon after a quiet time, less often in a storm (`Throttle`)."""

from __future__ import annotations

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.ospf.events import Throttle


class SpfThrottle:
    """`hold` is the least time from the last run to the next while runs are frequent."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self._last: Instant | None = None
        self._hold: Duration = 0.0

    def next_run(self, now: Instant) -> Instant:
        """When to run for a change that is seen now, the first since the last run."""
        soon = now + self._throttle.initial
        if self._last is None or now - self._last >= self._throttle.maximum:
            self._hold = 0.0
            return soon
        return max(soon, self._last + self._hold)

    def ran(self, now: Instant) -> None:
        """A run was made: the wait doubles with each that follows another soon."""
        self._last = now
        self._hold = min(2 * self._hold or self._throttle.hold, self._throttle.maximum)
