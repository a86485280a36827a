"""Replaying a recording: a router of the same configuration and seed takes the same steps again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from controlplane.engine.time import Instant
from controlplane.router.events import Output
from controlplane.router.record import (
    Advance,
    Header,
    Recorded,
    RecordError,
    Start,
    Step,
    read_header,
    read_step,
)
from controlplane.router.router import Router


class StepFailed(Exception):
    """The router raised its `__cause__` at this step, as it did when it was recorded."""

    def __init__(self, recorded: Recorded) -> None:
        super().__init__(f"the router failed at {recorded.at} s")
        self.recorded = recorded


class Replay:
    """To be iterated once, until RecordError or StepFailed; `router` is as the last step left it.

    RecordError when a line cannot be read, at once for the first.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = enumerate(lines, start=1)
        _, first = next(self._lines, (1, ""))
        self.router = _make_router(read_header(first))

    def __iter__(self) -> Iterator[tuple[Recorded, list[Output]]]:
        """Each step, and what the router put out."""
        for number, line in self._lines:
            recorded = read_step(number, line)
            yield recorded, self._take(recorded)

    def _take(self, recorded: Recorded) -> list[Output]:
        try:
            return self._step(recorded.step, recorded.at)
        except Exception as error:
            raise StepFailed(recorded) from error

    def _step(self, step: Step, at: Instant) -> list[Output]:
        match step:
            case Start():
                return self.router.start(at)
            case Advance():
                return self.router.advance(at)
            case event:
                return self.router.handle(event, at)


def _make_router(header: Header) -> Router:
    """A configuration that was edited, or is of another version, can be wrong in any way."""
    try:
        return Router(header.config, Random(header.seed))
    except Exception as error:
        raise RecordError(f"line 1 of the recording: no router can be of this: {error}") from error
