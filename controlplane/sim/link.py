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
    longer than `delay`, so that frames overtake one another. With a `rate`, in bits a second, an
    end sends one frame after the other; of those that are under way from it there are at most
    `limit`, if that is given, and then the link is not full before.
    """

    scheduler: Scheduler
    rng: random.Random
    delay: Duration
    loss: float = 0.0
    doubled: float = 0.0
    jitter: Duration = 0.0
    rate: float = 0.0
    limit: int | None = None
    up: bool = True
    taps: list[Tap] = field(default_factory=list)
    _ends: list[Receive] = field(default_factory=list)
    _under_way_from: list[int] = field(default_factory=list)
    _sent_at: dict[int, Instant] = field(default_factory=dict)

    def attach(self, receive: Receive) -> Callable[[bytes], None]:
        """Add an end; what is returned sends a frame from it."""
        end = len(self._ends)
        self._ends.append(receive)
        self._under_way_from.append(0)
        return partial(self._carry, end)

    def _carry(self, sender: int, frame: bytes) -> None:
        if not self.up or not self._has_room(sender):
            return
        sent = self._transmit(sender, frame)
        if self.loss and self.rng.random() < self.loss:
            return
        scheduler = self.scheduler
        for tap in self.taps:
            tap(scheduler.now, frame)
        for end, receive in enumerate(self._ends):
            if end != sender:
                for _ in range(self._copies(sender)):
                    self._under_way_from[sender] += 1
                    scheduler.at(self._arrival(sent), self._arrive, sender, receive, frame)

    def _has_room(self, sender: int) -> bool:
        """Whether an end may send one more frame, which is one for each of the others."""
        under_way = self._under_way_from[sender]
        return self.limit is None or under_way < self.limit * (len(self._ends) - 1)

    def _transmit(self, sender: int, frame: bytes) -> Instant:
        """When an end has sent the last bit of a frame."""
        now = self.scheduler.now
        if not self.rate:
            return now
        begun = max(now, self._sent_at.get(sender, now))
        self._sent_at[sender] = sent = begun + 8 * len(frame) / self.rate
        return sent

    def _copies(self, sender: int) -> int:
        doubled = self.doubled and self.rng.random() < self.doubled
        few = sum(self._under_way_from) < FULL if self.limit is None else self._has_room(sender)
        return 2 if doubled and few else 1

    def _arrival(self, sent: Instant) -> Instant:
        extra = self.rng.uniform(0, self.jitter) if self.jitter else 0.0
        return sent + self.delay + extra

    def _arrive(self, sender: int, receive: Receive, frame: bytes) -> None:
        self._under_way_from[sender] -= 1
        if self.up:
            receive(frame)
