"""Expectations about state while a lab runs: looked at from their moment until their limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from controlplane.engine.time import Instant
from controlplane.lab.file.expect import StateExpectation
from controlplane.lab.tables import Tables
from controlplane.lab.verdict import Row, Seen

Judge: TypeAlias = Callable[[StateExpectation, Tables], Seen]


@dataclass
class Watch:
    """One expectation; `seen` is the last look at it, `at` since when it has held."""

    expectation: StateExpectation
    words: str
    start: Instant
    limit: Instant
    seen: Seen = field(default_factory=lambda: Seen(False, "not looked at"))
    at: Instant = 0.0

    def is_open(self, since: Instant) -> bool:
        """True when it is to be looked at after this instant of the agenda."""
        return not self.seen.ok and self.start <= since <= self.limit

    def look(self, judge: Judge, tables: Tables, now: Instant) -> bool:
        """Look once more; True when it holds."""
        held = self.seen.ok
        self.seen = judge(self.expectation, tables)
        if self.seen.ok and not held:
            self.at = now
        return self.seen.ok

    def row(self) -> Row:
        """The line of the verdict."""
        if not self.seen.ok:
            return Row(self.words, self.seen.words, False)
        took = self.at - self.start
        return Row(self.words, f"{self.seen.words}, after {took:.2f} s", True, round(took, 3))
