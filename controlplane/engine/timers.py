"""Named timers of one engine: it sets and cancels them, its driver sees one deadline.

A timer is named by any hashable value, usually a tuple that starts with the RFC's name of it:
`("Expiry Timer", interface, sg)`. Timers of the same instant expire in the order of their setting,
so a run is the same each time.

Those of one instant are kept together. A message of many entries starts as many timers, thousands
of them at once where neighbours refresh what they told; and none leaves a trace when it restarts.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from controlplane.engine.time import Duration, Instant

Name = TypeVar("Name", bound=Hashable)


@dataclass(slots=True)
class _Due(Generic[Name]):
    """The timers that expire at an instant, in order."""

    at: Instant
    names: dict[Name, None] = field(default_factory=dict)


class Timers(Generic[Name]):
    """Pending timers; an instant that has lost all of its own leaves a heap entry to skip."""

    def __init__(self) -> None:
        self._pending: dict[Name, _Due[Name]] = {}
        self._due: dict[Instant, _Due[Name]] = {}
        self._instants: list[Instant] = []

    def set(self, name: Name, at: Instant) -> None:
        """Start or restart a timer that expires at an instant."""
        self.cancel(name)
        due = self._due.get(at)
        if due is None:
            due = self._due[at] = _Due(at)
            heapq.heappush(self._instants, at)
        due.names[name] = None
        self._pending[name] = due

    def cancel(self, name: Name) -> None:
        """Stop a timer; nothing happens when it does not run."""
        due = self._pending.pop(name, None)
        if due is not None:
            del due.names[name]
            if not due.names:
                del self._due[due.at]

    def deadline(self, name: Name) -> Instant | None:
        """When this timer expires, None when it does not run."""
        due = self._pending.get(name)
        return due.at if due else None

    def remaining(self, name: Name, now: Instant) -> Duration | None:
        """Seconds until this timer expires, None when it does not run."""
        at = self.deadline(name)
        return None if at is None else max(0.0, at - now)

    def next_deadline(self) -> Instant | None:
        """When the first of all timers expires."""
        while self._instants and self._instants[0] not in self._due:
            heapq.heappop(self._instants)
        return self._instants[0] if self._instants else None

    def expired(self, now: Instant) -> Iterator[Name]:
        """Take the timers that are due, one at a time: the handler of one may cancel the next."""
        while (at := self.next_deadline()) is not None and at <= now:
            due = self._due[at]
            for name in tuple(due.names):
                if name in due.names:
                    self.cancel(name)
                    yield name
