"""The virtual clock: what happens next, and when."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

from controlplane.engine.time import Instant


class Scheduler:
    """Runs actions in the order of their times; time jumps from one to the next."""

    def __init__(self) -> None:
        self.now: Instant = 0.0
        self._heap: list[tuple[Instant, int, Callable[..., None], tuple[Any, ...]]] = []
        self._sequence = count()

    def at(self, when: Instant, action: Callable[..., None], *arguments: Any) -> None:
        """Have an action called at an instant, or now where the instant has passed."""
        heapq.heappush(self._heap, (max(when, self.now), next(self._sequence), action, arguments))

    def step(self, until: Instant) -> bool:
        """Run the next action that is due by then; False, and the time is `until`, with none."""
        heap = self._heap
        if not heap or heap[0][0] > until:
            self.now = max(self.now, until)
            return False
        self.now, _, action, arguments = heapq.heappop(heap)
        action(*arguments)
        return True

    def run(self, until: Instant) -> None:
        """Run every action that is due by then."""
        while self.step(until):
            pass
