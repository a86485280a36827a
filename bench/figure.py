"""One figure: what was measured, how much it is, and how much it should be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`at_most` and `at_least` are the goal, None where there is none."""

    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    def line(self) -> str:
        return f"{self.what:58} {self.value:10.3f} {self.unit:3} {self._goal():13}{self._verdict()}"

    def _goal(self) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return "" if self.at_least is None else f"at least {self.at_least:g}"

    def _verdict(self) -> str:
        above = self.at_most is not None and self.value > self.at_most
        below = self.at_least is not None and self.value < self.at_least
        return " MISSED" if above or below else ""
