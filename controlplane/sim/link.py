"""Links: point-to-point with two ends, a LAN with more. A frame reaches every other end."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from controlplane.engine.time import Duration, Instant
from controlplane.sim.scheduler import Scheduler

Receive: TypeAlias = Callable[[bytes], None]
Tap: TypeAlias = Callable[[Instant, bytes], None]

FULL: Final = 32
"""Frames under way, from which on none is doubled. Routers that change trees or LSPs send a packet
round for a moment; each round would multiply it, 255 times."""


@dataclass
class Link:
    """`loss` is the share of frames, 0 to 1, that vanish; the same for every end of a LAN.

    `doubled` is the share that arrives twice, but on a `FULL` link. Each copy takes up to `jitter`
    longer than `delay`, so that frames overtake one another.
    """

    scheduler: Scheduler
    rng: random.Random
    delay: Duration
    loss: float = 0.0
    doubled: float = 0.0
    jitter: Duration = 0.0
    up: bool = True
    taps: list[Tap] = field(default_factory=list)
    _ends: list[Receive] = field(default_factory=list)
    _under_way: int = 0

    def attach(self, receive: Receive) -> Callable[[bytes], None]:
        """Add an end; what is returned sends a frame from it."""
        end = len(self._ends)
        self._ends.append(receive)
        return partial(self._carry, end)

    def _carry(self, sender: int, frame: bytes) -> None:
        if not self.up or (self.loss and self.rng.random() < self.loss):
            return
        scheduler = self.scheduler
        for tap in self.taps:
            tap(scheduler.now, frame)
        for end, receive in enumerate(self._ends):
            if end != sender:
                for _ in range(self._copies()):
                    self._under_way += 1
                    scheduler.at(self._arrival(), self._arrive, receive, frame)

    def _copies(self) -> int:
        doubled = self.doubled and self.rng.random() < self.doubled
        return 2 if doubled and self._under_way < FULL else 1

    def _arrival(self) -> Instant:
        extra = self.rng.uniform(0, self.jitter) if self.jitter else 0.0
        return self.scheduler.now + self.delay + extra

    def _arrive(self, receive: Receive, frame: bytes) -> None:
        self._under_way -= 1
        if self.up:
            receive(frame)
