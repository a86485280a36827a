"""The clock of a running switch: the time of its packets, and a thread that wakes when told to.

The thread sleeps until the earliest time that it was given, for ever when there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread


class AlarmClock:
    """Made stopped, started once, closed once; it can be told of times from any thread."""

    def __init__(self, now_us: Callable[[], int], ring: Callable[[int], int | None]) -> None:
        """`ring` takes the time and says when it wants to be called next, if at all."""
        self.now_us = now_us
        self._ring = ring
        self._changed = Condition()
        self._at_us: int | None = None
        self._closed = False
        self._thread = Thread(target=self._run, name="alarm")

    def start(self) -> None:
        """Begin to ring."""
        self._thread.start()

    def close(self) -> None:
        """Ring no more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self, at_us: int) -> None:
        """Ring at this time, or before."""
        with self._changed:
            if self._at_us is None or at_us < self._at_us:
                self._at_us = at_us
                self._changed.notify()

    def _run(self) -> None:
        while self._sleep():
            next_us = self._ring(self.now_us())
            if next_us is not None:
                self.wake(next_us)

    def _sleep(self) -> bool:
        """Until it is time; False when there will be no more."""
        with self._changed:
            while not self._closed:
                left = None if self._at_us is None else self._at_us - self.now_us()
                if left is not None and left <= 0:
                    self._at_us = None
                    return True
                self._changed.wait(None if left is None else left / 1e6)
        return False
