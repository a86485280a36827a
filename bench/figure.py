"""One figure: what was measured, how much it is, and how much it should be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`at_most` is the goal, None where there is none."""

    what: str
    value: float
    unit: str
    at_most: float | None = None

    def line(self) -> str:
        goal = "" if self.at_most is None else f"at most {self.at_most:g}"
        missed = self.at_most is not None and self.value > self.at_most
        return f"{self.what:58} {self.value:10.3f} {self.unit:3} {goal:12}{' MISSED' * missed}"
