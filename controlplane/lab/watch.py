"""Expectations that are looked at while a lab runs: from their moment on, until they hold.

The time that counts is that at which a look was over: by then the state was there for certain. What
holds later than its limit fails. A live lab is looked at every 0.05 s, so what comes true within
the last interval may be found too late there, but never the other way round. After the limit the
looks go on for a while, only to tell when it did hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from controlplane.engine.time import Duration, Instant
from controlplane.lab.file.expect import WatchedExpectation
from controlplane.lab.tables import Tables
from controlplane.lab.verdict import Row, Seen

Judge: TypeAlias = Callable[[Tables], Seen]

LOOK_ON: Final[Duration] = 10.0
"""How long after its limit an expectation is looked at."""
_ROUNDING: Final[Duration] = 1e-6
"""Sums of float seconds are not exact."""


@dataclass
class Watch:
    """One expectation and its judge; `seen` is the last look in time, `at` since when it has held.

    `late` is the first look after the limit that found it to hold, with its time.
    """

    expectation: WatchedExpectation
    words: str
    judge: Judge
    start: Instant
    within: Duration
    seen: Seen = field(default_factory=lambda: Seen(False, "not looked at"))
    at: Instant = 0.0
    late: tuple[Seen, Instant] | None = None

    @property
    def limit(self) -> Instant:
        return self.start + self.within

    def is_open(self, now: Instant) -> bool:
        """True when it is to be looked at."""
        settled = self.seen.ok or self.late is not None
        return not settled and self.start - _ROUNDING <= now <= self.limit + LOOK_ON

    def look(self, tables: Tables, clock: Callable[[], Instant]) -> bool:
        """Look once more; True when it holds in time."""
        seen = self.judge(tables)
        now = clock()
        if now <= self.limit + _ROUNDING:
            self.at = self.at if self.seen.ok else now
            self.seen = seen
        elif seen.ok:
            self.late = (seen, now)
        return self.seen.ok

    def row(self) -> Row:
        """The line of the verdict."""
        if self.seen.ok:
            took = self.at - self.start
            words = f"{self.seen.words}, after {took:.2f} s"
        elif self.late is not None:
            seen, at = self.late
            took = at - self.start
            late = f"after {took:.2f} s, later than {self.within:g} s"
            words = f"{self.seen.words}; {seen.words} {late}"
        else:
            return Row(self.words, self.seen.words, False)
        return Row(self.words, words, self.seen.ok, round(took, 3))
