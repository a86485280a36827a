"""Windows of time that an expectation about traffic looks at.

A packet belongs to a window when it was sent in it. What was sent just before a window's end may
still be on its way when the end comes (a host leaves, a link breaks), so it is not asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.lab.file.expect import TrafficExpectation

IN_FLIGHT: Final[Duration] = 0.1
"""More than a packet needs across any lab that is not overloaded."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` on packets count, from `due` on they must be right, at `end` that is over."""

    start: Instant = -inf
    due: Instant = -inf
    end: Instant = inf

    def counted(self, sent: Sequence[Instant]) -> range:
        """The numbers of the packets sent in the window."""
        return range(bisect_left(sent, self.start), bisect_left(sent, self.end))

    def required(self, sent: Sequence[Instant]) -> range:
        """The numbers of the packets that must arrive."""
        return range(bisect_left(sent, self.due), bisect_left(sent, self.end - IN_FLIGHT))

    def forbidden(self, sent: Sequence[Instant]) -> range:
        """The numbers of the packets that must not arrive."""
        return range(bisect_left(sent, self.due), bisect_left(sent, self.end))


def window_of(expectation: TrafficExpectation, happened: Mapping[str, Instant]) -> Window:
    """The window in a run whose events happened at these times."""
    after, before = expectation.after, expectation.before
    start = happened[after] if isinstance(after, str) else after
    end = happened[before] if isinstance(before, str) else before
    return Window(
        start=-inf if start is None else start,
        due=-inf if start is None else start + (expectation.within or 0.0),
        end=inf if end is None else end,
    )


def timed(expectation: TrafficExpectation) -> str:
    """The window in words, to go on with the words of an expectation."""
    parts = []
    if expectation.after is not None:
        within = f"within {expectation.within:g} s of " if expectation.within else "after "
        parts.append(within + moment_words(expectation.after))
    if expectation.before is not None:
        parts.append(f"before {moment_words(expectation.before)}")
    return f", {', '.join(parts)}" if parts else ""


def moment_words(moment: str | float) -> str:
    """An event's name, or a time."""
    return moment if isinstance(moment, str) else f"{moment:g} s"
