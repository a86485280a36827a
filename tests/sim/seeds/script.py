"""What happens to a random network: events at their times, and how its links treat packets.

A script is a list of values, so that one that fails can be cut down: any part of it is a script.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from controlplane.engine.time import Duration, Instant
from tests.sim.seeds.network import RandomNetwork

TURMOIL: Final[Duration] = 60.0
"""Everything happens within this time."""


_PEACEFUL: Final = 0.25
"""The share of scripts."""


class What(Enum):
    JOIN = "joins"
    LEAVE = "leaves"
    SEND = "sends"
    BREAK = "breaks"
    MEND = "is mended"
    HUSH = "falls silent"
    WAKE = "is heard again"
    RESTART = "restarts"
    DIE = "dies"
    REVIVE = "is back"


@dataclass(frozen=True, slots=True)
class Event:
    """`who` is a host, a link or a router; of hosts, `channel` is the number of what they join."""

    at: Instant
    what: What
    who: str
    channel: int = -1

    def __str__(self) -> str:
        return f"{self.at:.3f} {self.who} {self.what.value}" + (
            f" channel {self.channel}" if self.channel >= 0 else ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What every link does to frames during the turmoil: shares, and seconds."""

    loss: float = 0.0
    doubled: float = 0.0
    jitter: Duration = 0.0


@dataclass(frozen=True, slots=True)
class Script:
    """A `peaceful` one has neither faults nor failures, and sources that send all the time."""

    faults: Faults
    events: tuple[Event, ...]
    peaceful: bool = False

    def has(self, *whats: What) -> bool:
        return any(event.what in whats for event in self.events)


def random_script(seed: int, network: RandomNetwork) -> Script:
    """Equal seeds give equal scripts."""
    rng = random.Random(f"script {seed}")
    if rng.random() < _PEACEFUL:
        return Script(Faults(), _in_order(_changes(rng, network)), peaceful=True)
    faults = Faults(
        loss=rng.choice((0.0, 0.0, 0.02, 0.1, 0.25)),
        doubled=rng.choice((0.0, 0.0, 0.05, 0.2)),
        jitter=rng.choice((0.0, 0.0, 0.005, 0.1)),
    )
    return Script(faults, _in_order((*_uses(rng, network), *_failures(rng, network))))


def _in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: event.at))


def _some_time(rng: random.Random) -> Instant:
    return round(rng.uniform(0, TURMOIL), 3)


def _uses(rng: random.Random, network: RandomNetwork) -> Iterator[Event]:
    """Hosts come and go, most of them are there in the end; sources send now and then."""
    for number, channel in enumerate(network.channels):
        for host in channel.receivers:
            times = [_some_time(rng) for _ in range(rng.choice((0, 1, 1, 1, 2, 3)))]
            yield from _comings_and_goings(number, host, times)
        for source in channel.sources:
            for _ in range(rng.choice((0, 1, 2, 3))):
                yield Event(_some_time(rng), What.SEND, source, number)


def _changes(rng: random.Random, network: RandomNetwork) -> Iterator[Event]:
    """Half of the hosts come soon and stay, the others come and go all the time."""
    for number, channel in enumerate(network.channels):
        for host in channel.receivers:
            soon = [round(rng.uniform(0, 2), 3)]
            often = [_some_time(rng) for _ in range(rng.randint(3, 8))]
            yield from _comings_and_goings(number, host, rng.choice((soon, often)))


def _comings_and_goings(number: int, host: str, times: list[Instant]) -> Iterator[Event]:
    for place, at in enumerate(sorted(times)):
        yield Event(at, (What.JOIN, What.LEAVE)[place % 2], host, number)


def _failures(rng: random.Random, network: RandomNetwork) -> Iterator[Event]:
    links = [*network.core_links, *(link for site in network.sites for link in site.uplinks)]
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        yield from _for_a_while(rng, What.BREAK, What.MEND, rng.choice(links))
    if rng.random() < 0.3:
        yield from _for_a_while(rng, What.HUSH, What.WAKE, rng.choice(links))
    routers = sorted(
        {name for link in links for name in link.split("-", 1)} & set(_routers(network))
    )
    if rng.random() < 0.35:
        yield Event(_some_time(rng), What.RESTART, rng.choice(routers))
    if rng.random() < 0.2:
        pes = sorted({pe for site in network.sites for pe in site.pes})
        yield from _for_a_while(rng, What.DIE, What.REVIVE, rng.choice(pes))


def _routers(network: RandomNetwork) -> list[str]:
    core = {name for link in network.core_links for name in link.split("-")}
    return sorted(core | {router for site in network.sites for router in site.routers})


def _for_a_while(rng: random.Random, begin: What, end: What, who: str) -> Iterator[Event]:
    """Or for good."""
    first, second = sorted((_some_time(rng), _some_time(rng)))
    yield Event(first, begin, who)
    if rng.random() < 0.6:
        yield Event(second, end, who)
