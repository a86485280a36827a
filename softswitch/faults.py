"""The faults of a link in the words of netem: `loss=1% delay=5ms jitter=1ms rate=10mbit`.

    loss=P duplicate=P   shares of the frames: `0.5%`
    delay=T jitter=T     `5ms`; a frame takes the delay, give or take up to the jitter
    rate=R               `10mbit`: frames leave one after the other, at so many bits a second
    limit=N              so many frames are on their way at most, 1,000 unless said
    seed=N               of all chance; the same seed, the same faults

`none` says that there are none. What becomes of frames is in runtime/fault.h.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from fractions import Fraction
from typing import Final

NO_FAULTS: Final = "none"
_SEPARATORS: Final = re.compile(r"[,\s]+")
_MEASURE: Final = re.compile(r"(\d+(?:\.\d+)?)([a-z%]*)")


class FaultError(ValueError):
    """These are no faults of a link; the message says which word is wrong, and how."""


class Direction(IntEnum):
    """Of a port's link: what leaves, or what comes in (enum link_direction)."""

    EGRESS = 0
    INGRESS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares are from 0 to 1, durations in seconds; a rate of 0 is no limit."""

    loss: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    rate: float = 0.0
    limit: int = 1000
    seed: int = 1

    def __post_init__(self) -> None:
        if self.jitter > self.delay:
            raise FaultError("the jitter is more than the delay")


@dataclass(frozen=True, slots=True)
class FaultCounters:
    """Frames that a link has lost, doubled, had no room for, and those on their way now."""

    lost: int
    duplicated: int
    overflowed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class _Quantity:
    """What is measured: its units, and what it may be."""

    what: str
    units: Mapping[str, Fraction]
    least: float
    most: float

    def parse(self, text: str) -> float:
        match = _MEASURE.fullmatch(text.lower())
        if match is None or match[2] not in self.units:
            raise FaultError(f"{text} is not {self.what}")
        value = float(Fraction(match[1]) * self.units[match[2]])
        if not self.least <= value <= self.most:
            raise FaultError(f"{text} is not {self.what}")
        return value

    def write(self, value: float) -> str:
        """In the largest unit of which it is at least one."""
        unit = [unit for unit in self.units if value >= self.units[unit]] or list(self.units)[:1]
        return f"{value / float(self.units[unit[-1]]):.12g}{unit[-1]}"


@dataclass(frozen=True, slots=True)
class _Number:
    """A whole number."""

    least: int
    most: int

    def parse(self, text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not self.least <= int(text) <= self.most:
            raise FaultError(f"{text} is not a whole number from {self.least} to {self.most}")
        return int(text)

    def write(self, value: float) -> str:
        return str(value)


_MICRO, _MILLI, _KILO = Fraction(1, 1_000_000), Fraction(1, 1000), Fraction(1000)
_SHARE: Final = _Quantity("a share from 0% to 100%", {"%": Fraction(1, 100)}, 0, 1)
_DURATION: Final = _Quantity(
    "a duration up to an hour (20us, 5ms, 1s)",
    {"us": _MICRO, "ms": _MILLI, "s": Fraction(1)},
    0,
    3600,
)
_RATE: Final = _Quantity(
    "a rate from 1kbit to 1000gbit (10mbit)",
    {"kbit": _KILO, "mbit": _KILO**2, "gbit": _KILO**3},
    1e3,
    1e12,
)
_WORDS: Final[Mapping[str, _Quantity | _Number]] = {
    "loss": _SHARE,
    "duplicate": _SHARE,
    "delay": _DURATION,
    "jitter": _DURATION,
    "rate": _RATE,
    "limit": _Number(1, 1_000_000),
    "seed": _Number(0, (1 << 64) - 1),
}


def parse_faults(words: str) -> Faults | None:
    """Faults from words with spaces or commas between them; None for `none`."""
    if words.strip() == NO_FAULTS:
        return None
    given: dict[str, str] = {}
    for word in filter(None, _SEPARATORS.split(words)):
        name, separator, text = word.partition("=")
        if not separator:
            raise FaultError(f"{word} is not NAME=VALUE")
        if name in given:
            raise FaultError(f"{name} is given twice")
        given[name] = text
    if not given:
        raise FaultError(f"no fault is named; `{NO_FAULTS}` takes all away")
    return faults_of(given)


def faults_of(values: Mapping[str, str]) -> Faults:
    """Faults from the text of each; FaultError for one that does not read."""
    for name in values:
        if name not in _WORDS:
            raise FaultError(f"{name} is none of {', '.join(_WORDS)}")
    parsed = {name: _WORDS[name].parse(text) for name, text in values.items()}
    return Faults(**parsed)  # type: ignore[arg-type]  # each word gives what its field takes


def fault_words(faults: Faults | None) -> str:
    """The words that parse_faults reads: all that is not as it is by itself."""
    if faults is None:
        return NO_FAULTS
    return (
        " ".join(
            f"{field.name}={_WORDS[field.name].write(getattr(faults, field.name))}"
            for field in fields(faults)
            if getattr(faults, field.name) != field.default
        )
        or "loss=0%"
    )
