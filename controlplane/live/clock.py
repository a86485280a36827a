"""The clock of live routers: it stands still while their event loop is held up, then catches up.

A process that gets no CPU for a while hears nothing. When it goes on, every timer that ran out
meanwhile is due at once, before the packets are read that came meanwhile, and other routers of the
process have sent none. That silence was ours: a neighbour must not be given up for it. So the clock
goes on from where it stood, twice as fast as time until it is right again: all timers run out soon,
in their order, and between them what comes is heard and what is due is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from controlplane.engine.time import Duration, Instant

_TICK: Final[Duration] = 0.02
_HELD_UP: Final[Duration] = 0.06
"""Longer between two looks than a loop that runs ever takes; BFD misses nothing in less."""


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None: ...


class Loop(Protocol):
    """What the clock needs of an event loop."""

    def time(self) -> Instant: ...

    def call_at(self, when: Instant, callback: Callable[[], None], /) -> Timer: ...


class Clock:
    """One for all routers of `loop`; `behind` is how much it has still to catch up."""

    def __init__(self, loop: Loop) -> None:
        self.behind: Duration = 0.0
        self._loop = loop
        self._looked = loop.time()
        self._tick()

    def now(self) -> Instant:
        time = self._loop.time()
        since = time - self._looked
        if since > _HELD_UP:
            self.behind += since - _TICK
        else:
            self.behind -= min(since, self.behind)
        self._looked = time
        return time - self.behind

    def call_at(self, at: Instant, callback: Callable[[], None]) -> Timer:
        """Call back then; earlier than that when the loop is held up before."""
        left = at - self.now()
        return self._loop.call_at(self._looked + max(left / 2, left - self.behind), callback)

    def _tick(self) -> None:
        """Without somebody who looks all the time a quiet loop would pass for one held up."""
        self.now()
        self._loop.call_at(self._looked + _TICK, self._tick)
