"""What is wrong with a lab, for people: one line each, no traceback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

FieldPath: TypeAlias = tuple[str | int, ...]
"""The keys and list positions that lead to a value of a lab file."""


class LabError(Exception):
    """A lab cannot be read, built or played; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake at a place of a lab file."""

    path: FieldPath
    text: str


class BadLabFile(LabError):
    """All mistakes of a lab file, a line each: `FILE:LINE: FIELD: TEXT`."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


def dotted(path: FieldPath) -> str:
    """The path as people write it: `vpns.red.default_mdt`, `links[3].ends`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
