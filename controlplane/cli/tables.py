"""Cells and columns of the tables that `show` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

Row: TypeAlias = Mapping[str, Any]
Cell: TypeAlias = Callable[[Row], str]

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400
_WEEK: Final = 604_800


def duration(seconds: float | None) -> str:
    """`00:01:23`, from a day on `1d02h`, from a week on `1w2d`; `never` for None."""
    if seconds is None:
        return "never"
    whole = int(seconds)
    if whole >= _WEEK:
        return f"{whole // _WEEK}w{whole % _WEEK // _DAY}d"
    if whole >= _DAY:
        return f"{whole // _DAY}d{whole % _DAY // _HOUR:02}h"
    return f"{whole // _HOUR:02}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"


def table(columns: Mapping[str, Cell], rows: Sequence[Row]) -> Iterator[str]:
    """Columns as wide as their widest cell."""
    lines = [list(columns), *([cell(row) for cell in columns.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()


def plain(key: str) -> Cell:
    return lambda row: "-" if row.get(key) is None else str(row[key])


def time(key: str) -> Cell:
    return lambda row: duration(row.get(key))
