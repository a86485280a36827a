"""The clock of live routers, on an event loop whose time the test sets."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import pytest

from controlplane.live.clock import Clock


class Call:
    """Nobody cancels it."""

    def cancel(self) -> None:
        raise NotImplementedError


class Loop:
    """Time passes in `run`; while it is `held_up`, nothing is called."""

    def __init__(self) -> None:
        self._now = 100.0
        self._count = 0
        self._due: list[tuple[float, int, Callable[[], object]]] = []

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[[], None], /) -> Call:
        self._count += 1
        heapq.heappush(self._due, (when, self._count, callback))
        return Call()

    def run(self, duration: float) -> None:
        end = self._now + duration
        while self._due and self._due[0][0] <= end:
            when, _, callback = heapq.heappop(self._due)
            self._now = max(self._now, when)
            callback()
        self._now = end

    def held_up(self, duration: float) -> None:
        self._now += duration


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def clock(loop: Loop) -> Clock:
    clock = Clock(loop)
    loop.run(10)
    return clock


def test_it_goes_as_the_loops_time_does(loop: Loop, clock: Clock) -> None:
    loop.run(3600)
    assert clock.now() == loop.time()


def test_it_stands_still_while_the_loop_is_held_up(loop: Loop, clock: Clock) -> None:
    before = clock.now()
    loop.held_up(5)
    assert clock.now() - before == pytest.approx(0.02)


def test_it_goes_twice_as_fast_until_it_has_caught_up(loop: Loop, clock: Clock) -> None:
    loop.held_up(1)
    before = clock.now()
    loop.run(0.4)
    assert clock.now() - before == pytest.approx(0.8)
    loop.run(0.7)
    assert clock.now() == pytest.approx(loop.time())


def test_a_little_is_nothing(loop: Loop, clock: Clock) -> None:
    for _ in range(100):
        loop.held_up(0.05)
        assert clock.now() == loop.time()


def test_it_never_goes_back(loop: Loop, clock: Clock) -> None:
    seen = [clock.now()]
    for held_up in (0.5, 0.0, 0.07, 0.01, 2.0, 0.059):
        loop.held_up(held_up)
        seen.append(clock.now())
        loop.run(0.03)
        seen.append(clock.now())
    assert seen == sorted(seen)


def test_timers_run_out_in_their_order_with_the_loop_running_between(
    loop: Loop, clock: Clock
) -> None:
    """What is sent each 0.1 s leaves before the 0.3 s end that it is to be heard in."""
    start = clock.now()
    woken: list[tuple[str, float]] = []

    def set_timer(name: str, after: float) -> None:
        def wake() -> None:
            if clock.now() < start + after - 1e-9:
                clock.call_at(start + after, wake)
            else:
                woken.append((name, loop.time()))

        clock.call_at(start + after, wake)

    set_timer("detection", 0.3)
    set_timer("transmission", 0.1)
    loop.held_up(1)
    end = loop.time()
    loop.run(2)
    (first, sent), (second, given_up) = woken
    assert (first, second) == ("transmission", "detection")
    assert sent - end == pytest.approx(0.05, abs=0.02)
    assert given_up - sent == pytest.approx(0.1, abs=0.02)
