"""A timeline as values. Times are seconds on the world's axis."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from controlplane.engine.time import Duration, Instant


class Phase(Enum):
    """What a router does about a failure, in this order."""

    DETECTION = "detection"
    FLOODING = "flooding"
    SPF = "SPF"
    PROGRAMMING = "programming"


@dataclass(frozen=True, slots=True)
class Mark:
    """A phase ended at a router."""

    at: Instant
    router: str
    phase: Phase
    words: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Packets of a stream that a host did not get; `last` and `first` frame the longest gap."""

    stream: str
    host: str
    last: Instant
    first: Instant
    lost: int

    @property
    def length(self) -> Duration:
        return self.first - self.last


@dataclass(frozen=True, slots=True)
class Timeline:
    """One failure: when it happened, and all that followed until the next event."""

    event: str
    at: Instant
    marks: tuple[Mark, ...]
    gaps: tuple[Gap, ...]

    def ended(self, phase: Phase) -> Duration | None:
        """How long after the failure the phase was over: detection once, the others everywhere."""
        times = [mark.at - self.at for mark in self.marks if mark.phase is phase]
        if not times:
            return None
        return min(times) if phase is Phase.DETECTION else max(times)

    def words(self) -> str:
        """One line: what took how long."""
        gaps = (
            f"{gap.host} without {gap.stream} for {gap.length:.3f} s ({gap.lost:,} packets)"
            for gap in self.gaps
        )
        return f"{self.event}: " + "; ".join([self.phase_words(), *gaps])

    def phase_words(self) -> str:
        """When each phase was over."""
        ended = [(phase.value, self.ended(phase)) for phase in Phase]
        parts = (f"{name} {time:.3f} s" for name, time in ended if time is not None)
        return ", ".join(parts) or "nobody noticed"
