"""The verdict on a lab: a row for each expectation, what was seen, and whether that will do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

_WIDEST: Final = 72
_GREEN, _RED, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Seen:
    """What an expectation found, in words, and whether it holds.

    `seconds` is how long it took to hold, where that was measured.
    """

    ok: bool
    words: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the verdict."""

    expectation: str
    seen: str
    ok: bool
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`figures` are what the run measured of itself, in seconds or counts."""

    lab: str
    target: str
    rows: Sequence[Row]
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(row.ok for row in self.rows)

    @property
    def summary(self) -> str:
        """One line: how many expectations hold."""
        good = sum(row.ok for row in self.rows)
        return f"{self.lab} on {self.target}: {good} of {len(self.rows)} expectations hold"

    def as_json(self) -> str:
        """The verdict for programs."""
        value = asdict(self) | {"ok": self.ok, "rows": [asdict(row) for row in self.rows]}
        return json.dumps(value, indent=2, ensure_ascii=False)

    def as_text(self, *, colour: bool) -> str:
        """The verdict as a table."""
        width = min(_WIDEST, max((len(row.expectation) for row in self.rows), default=0))
        lines = [line for row in self.rows for line in _lines(row, width, colour)]
        return "\n".join([*lines, "", self.summary])


def _lines(row: Row, width: int, colour: bool) -> Iterable[str]:
    """The row in one line; in two when the expectation is a long one."""
    mark = "✓" if row.ok else "✗"
    if colour:
        mark = f"{_GREEN if row.ok else _RED}{mark}{_PLAIN}"
    if len(row.expectation) <= width:
        return [f"{mark} {row.expectation:<{width}}  {row.seen}"]
    return [f"{mark} {row.expectation}", f"  {'':<{width}}  {row.seen}"]
