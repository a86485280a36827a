"""Recordings: all that a router was told, with the times, as one JSON object a line.

The first line is the configuration and the seed; each further one is a step: `start`, `advance` or
an input. A router is a function of these, so a recording of a bug replays it anywhere, and what
comes out of the replay is what came out of the router. Whoever drives a router writes the lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

from controlplane.engine.time import Instant
from controlplane.fib.model import PacketIn
from controlplane.router.config import RouterConfig
from controlplane.router.events import Output, PortChanged, RoutesReplaced
from controlplane.router.plain import PlainError, from_plain, to_plain
from controlplane.router.router import Router


@dataclass(frozen=True, slots=True)
class Start:
    """Step: `Router.start`."""


@dataclass(frozen=True, slots=True)
class Advance:
    """Step: `Router.advance`."""


Step: TypeAlias = Start | Advance | PacketIn | PortChanged | RoutesReplaced


@dataclass(frozen=True, slots=True)
class Header:
    """What the router was made of."""

    seed: str
    config: RouterConfig


@dataclass(frozen=True, slots=True)
class Recorded:
    at: Instant
    step: Step


class RecordError(ValueError):
    """A line is not one of a recording: which, and why."""


def write_header(header: Header) -> str:
    """The first line."""
    return _line(header, Header)


def write_step(at: Instant, step: Step) -> str:
    """The line of one step."""
    return _line(Recorded(at, step), Recorded)


def replay(lines: Iterable[str]) -> Iterator[tuple[Instant, list[Output]]]:
    """Do it all again: the outputs of each step; RecordError when a line cannot be read."""
    numbered = enumerate(lines, start=1)
    header: Header = _read(*next(numbered, (1, "")), Header)
    router = Router(header.config, Random(header.seed))
    for number, line in numbered:
        recorded: Recorded = _read(number, line, Recorded)
        yield recorded.at, _take(router, recorded)


def _take(router: Router, recorded: Recorded) -> list[Output]:
    match recorded.step:
        case Start():
            return router.start(recorded.at)
        case Advance():
            return router.advance(recorded.at)
        case PacketIn() | PortChanged() | RoutesReplaced() as event:
            return router.handle(event, recorded.at)


def _line(value: object, kind: type) -> str:
    return json.dumps(to_plain(value, kind), separators=(",", ":")) + "\n"


def _read(number: int, line: str, kind: type) -> Any:
    try:
        return from_plain(json.loads(line), kind)
    except (json.JSONDecodeError, PlainError) as error:
        raise RecordError(f"line {number} of the recording: {error}") from error
