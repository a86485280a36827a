"""Named timers of one engine: it sets and cancels them, its driver sees one deadline.

A timer is named by any hashable value, usually a tuple that starts with the RFC's name of it:
`("Expiry Timer", interface, sg)`. Timers of the same instant expire in the order of their setting,
so a run is the same each time.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator
from itertools import count
from typing import Generic, TypeVar

from controlplane.engine.time import Duration, Instant

Name = TypeVar("Name", bound=Hashable)


class Timers(Generic[Name]):
    """Pending timers; a cancelled or restarted one leaves a stale heap entry that is skipped."""

    def __init__(self) -> None:
        self._at: dict[Name, tuple[Instant, int, Name]] = {}
        self._heap: list[tuple[Instant, int, Name]] = []
        self._sequence = count()

    def set(self, name: Name, at: Instant) -> None:
        """Start or restart a timer that expires at an instant."""
        entry = self._at[name] = (at, next(self._sequence), name)
        heapq.heappush(self._heap, entry)

    def cancel(self, name: Name) -> None:
        """Stop a timer; nothing happens when it does not run."""
        self._at.pop(name, None)

    def deadline(self, name: Name) -> Instant | None:
        """When this timer expires, None when it does not run."""
        entry = self._at.get(name)
        return entry[0] if entry else None

    def remaining(self, name: Name, now: Instant) -> Duration | None:
        """Seconds until this timer expires, None when it does not run."""
        at = self.deadline(name)
        return None if at is None else max(0.0, at - now)

    def next_deadline(self) -> Instant | None:
        """When the first of all timers expires."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def expired(self, now: Instant) -> Iterator[Name]:
        """Take the timers that are due, one at a time: the handler of one may cancel the next."""
        while (at := self.next_deadline()) is not None and at <= now:
            name = heapq.heappop(self._heap)[2]
            del self._at[name]
            yield name

    def _drop_stale(self) -> None:
        while self._heap and self._at.get(self._heap[0][2]) is not self._heap[0]:
            heapq.heappop(self._heap)
