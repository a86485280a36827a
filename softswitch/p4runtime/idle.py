"""Idle timeouts: which entries no packet has hit for as long as their controller allows.

An entry's timer begins when the entry does, and again with each hit. When it runs out the
controller is told, and the timer begins once more: it is told again after as long again (section
"Table Idle Timeout Notification"). The packet path only notes times of hits. A heap has the next
moment at which each timer can run out; what was hit meanwhile goes back into it. So an entry costs
something once in its timeout, and a switch on which nothing can become idle does nothing.

No clock of its own: a `Timekeeper` tells the time of packets, and is told when to look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Protocol

from softswitch.ageing import Ages
from softswitch.entries import EntryHandle
from softswitch.p4runtime.entry import EntryKey

# Timers run out at multiples of it: those that do so together are one look, and one message. It is
# also the smallest timeout (section "Idle-timeout": smaller ones are not refused).
TICK_US = 10_000
STALE = 64  # moments of timers that are gone, beside one for each that is there


class Timekeeper(Protocol):
    """The time of packets, in microseconds, and an alarm."""

    def now_us(self) -> int:
        """The time now."""

    def wake(self, at_us: int) -> None:
        """Look for idle entries at this time, or before."""


class StandingClock:
    """Time that passes when its owner says so, who also knows when to look."""

    def __init__(self) -> None:
        self.time_us = 0

    def now_us(self) -> int:
        return self.time_us

    def wake(self, at_us: int) -> None:
        pass


@dataclass(slots=True, eq=False)
class _Timer:
    """`told_us` is when the controller was told last."""

    key: EntryKey
    handle: EntryHandle
    timeout_ns: int
    told_us: int = 0

    def end_us(self, hit_us: int) -> int:
        """When it runs out, if there is no other hit."""
        return max(hit_us, self.told_us) + max(-(-self.timeout_ns // 1000), TICK_US)


class IdleTimers:
    """The timers of one table's entries."""

    def __init__(self, table: str, ages: Ages, clock: Timekeeper) -> None:
        self._table = table
        self._ages = ages
        self._clock = clock
        self._timers: dict[EntryHandle, _Timer] = {}
        self._moments: list[tuple[int, int, _Timer]] = []
        self._serial = count()

    def start(self, key: EntryKey, handle: EntryHandle, timeout_ns: int) -> None:
        """There is a new entry; 0 for one that never becomes idle."""
        self._ages.start(self._table, handle, self._clock.now_us())
        self._set(key, handle, timeout_ns)

    def change(self, key: EntryKey, handle: EntryHandle, timeout_ns: int) -> None:
        """An entry gets another timeout; how long it has been idle stays."""
        if timeout_ns != self.timeout_ns(handle):
            self.stop(handle)
            self._set(key, handle, timeout_ns)

    def stop(self, handle: EntryHandle) -> None:
        """An entry is gone."""
        self._timers.pop(handle, None)

    def timeout_ns(self, handle: EntryHandle) -> int:
        """What the controller has set."""
        timer = self._timers.get(handle)
        return 0 if timer is None else timer.timeout_ns

    def idle_ns(self, handle: EntryHandle) -> int:
        """How long ago the entry was hit."""
        [hit_us] = self._ages.last_hits(self._table, [handle])
        return max(self._clock.now_us() - hit_us, 0) * 1000

    def _set(self, key: EntryKey, handle: EntryHandle, timeout_ns: int) -> None:
        if not timeout_ns:
            return
        timer = self._timers[handle] = _Timer(key, handle, timeout_ns)
        [hit_us] = self._ages.last_hits(self._table, [handle])
        self._schedule(timer, hit_us)
        self._clock.wake(self._moments[0][0])

    # -- what has run out ----------------------------------------------------------------------

    def expired(self, now_us: int) -> list[EntryKey]:
        """The entries that are to be told of."""
        due = list(self._due(now_us))
        hits = self._ages.last_hits(self._table, [timer.handle for timer in due])
        idle = []
        for timer, hit_us in zip(due, hits, strict=True):
            if timer.end_us(hit_us) <= now_us:
                idle.append(timer.key)
                timer.told_us = now_us
            self._schedule(timer, hit_us)
        return idle

    def next_us(self) -> int | None:
        """When `expired` may find something."""
        return self._moments[0][0] if self._moments else None

    def _due(self, now_us: int) -> Iterator[_Timer]:
        while self._moments and self._moments[0][0] <= now_us:
            _, _, timer = heappop(self._moments)
            if self._is_current(timer):
                yield timer

    def _schedule(self, timer: _Timer, hit_us: int) -> None:
        if len(self._moments) > 2 * len(self._timers) + STALE:
            self._moments = [item for item in self._moments if self._is_current(item[2])]
            heapify(self._moments)
        moment = -(-timer.end_us(hit_us) // TICK_US) * TICK_US
        heappush(self._moments, (moment, next(self._serial), timer))

    def _is_current(self, timer: _Timer) -> bool:
        return self._timers.get(timer.handle) is timer
