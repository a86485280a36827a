"""Recordings: all that a router was told, with the times, as one JSON object a line.

The first line is the configuration and the seed; each further one is a step: `start`, `advance` or
an input. A router is a function of these, so a recording of a bug replays it anywhere, and what
comes out of the replay is what came out of the router.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeAlias, TypeVar

from controlplane.engine.time import Instant
from controlplane.router.config import RouterConfig
from controlplane.router.events import Output, RouterInput
from controlplane.router.plain import from_plain, to_plain
from controlplane.router.router import Router

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Start:
    """Step: `Router.start`."""


@dataclass(frozen=True, slots=True)
class Advance:
    """Step: `Router.advance`."""


Step: TypeAlias = Start | Advance | RouterInput


@dataclass(frozen=True, slots=True)
class Header:
    """What the router was made of."""

    seed: str
    config: RouterConfig


@dataclass(frozen=True, slots=True)
class Recorded:
    at: Instant
    step: Step


WriteLine: TypeAlias = Callable[[str], None]
"""Takes the lines of a recording, in their order; each ends with a line feed."""


class RecordError(ValueError):
    """A line is not one of a recording: which, and why."""


def write_header(header: Header) -> str:
    """The first line."""
    return _line(header, Header)


def write_step(at: Instant, step: Step) -> str:
    """The line of one step."""
    return _line(Recorded(at, step), Recorded)


def read_header(line: str) -> Header:
    """The first line; RecordError when it cannot be read."""
    return _read(1, line, Header)


def read_step(number: int, line: str) -> Recorded:
    """The step of a further line, whose number is for RecordError."""
    return _read(number, line, Recorded)


class RecordedRouter(Router):
    """A router that writes down each step before it takes it: the one that breaks it is there."""

    def __init__(self, header: Header, write: WriteLine) -> None:
        write(write_header(header))
        super().__init__(header.config, Random(header.seed))
        self._write_line = write

    def start(self, now: Instant) -> list[Output]:
        self._write_line(write_step(now, Start()))
        return super().start(now)

    def handle(self, event: RouterInput, now: Instant) -> list[Output]:
        self._write_line(write_step(now, event))
        return super().handle(event, now)

    def advance(self, now: Instant) -> list[Output]:
        self._write_line(write_step(now, Advance()))
        return super().advance(now)


def _line(value: object, kind: type) -> str:
    return json.dumps(to_plain(value, kind), separators=(",", ":")) + "\n"


def _read(number: int, line: str, kind: type[T]) -> T:
    try:
        value: T = from_plain(json.loads(line), kind)
    except (ValueError, RecursionError) as error:  # of json, or a PlainError
        raise RecordError(f"line {number} of the recording: {error}") from error
    return value
