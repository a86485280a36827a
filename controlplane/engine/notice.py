"""What an engine has to tell an operator: typed, put into words in one place.

A Notice is an output like any other. The simulator's trace, the log of a live lab and the tests
all read the same ones. Protocols derive their own; `words` is the sentence behind `[node proto]`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from controlplane.engine.time import Instant


@dataclass(frozen=True, slots=True)
class Notice(ABC):
    @abstractmethod
    def words(self) -> str:
        """One line for people: what happened, where, and why."""


@dataclass(frozen=True, slots=True)
class TimedNotice:
    """A notice, and when it came on the clock of whoever keeps it."""

    at: Instant
    notice: Notice
