"""The timeline of a failure as SVG: what hosts missed, and what each router did, against time.

A row for each host that missed packets, with the gap as a bar; a row for each router that did
anything, with a bar for each phase from the end of the one before it. Time counts from the failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controlplane.engine.time import Instant
from controlplane.lab.errors import LabError
from controlplane.lab.picture.places import Point
from controlplane.lab.picture.svg import element, line, words
from controlplane.lab.timeline.model import Gap, Mark, Phase, Timeline

_COLOURS: Final = {
    Phase.DETECTION: "#d6293e",
    Phase.FLOODING: "#b8720a",
    Phase.SPF: "#1769c4",
    Phase.PROGRAMMING: "#1d9a54",
}
_INK, _GREY, _PALE = "#1d2733", "#8a96a3", "#e3e8ed"
_FONT: Final = "'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_LEFT, _RIGHT, _TOP = 150.0, 60.0, 110.0
_WIDTH: Final = 760.0
_ROW, _BAR = 30.0, 14.0
_TICKS: Final = 8
_ROUND: Final = (1.0, 2.0, 5.0)
_LETTER: Final = 6.0
"""About the width of a letter of a note."""
_LEAST: Final = 2.0
"""The narrowest bar: what takes no time is seen all the same."""


@dataclass(frozen=True, slots=True)
class _Bar:
    start: float
    end: float
    colour: str


@dataclass(frozen=True, slots=True)
class _Row:
    title: str
    bars: tuple[_Bar, ...]
    note: str = ""


def write_timeline(timeline: Timeline, path: Path) -> None:
    """Draw a timeline into a file."""
    try:
        path.write_text(draw_timeline(timeline), encoding="utf-8")
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from None


def draw_timeline(timeline: Timeline) -> str:
    """The whole picture as the text of an SVG file."""
    rows = [*(_gap_row(timeline.at, gap) for gap in timeline.gaps), *_router_rows(timeline)]
    end = max((bar.end for row in rows for bar in row.bars), default=1.0)
    height = _TOP + _ROW * len(rows) + 80
    size = {"viewBox": f"0 0 {_LEFT + _WIDTH + _RIGHT:.0f} {height:.0f}"}
    head = element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "font_family": _FONT})
    body = "\n".join(_parts(timeline, rows, _step(end), end * 1.02))
    return f"{head.removesuffix('/>')}>\n{body}\n</svg>\n"


def _gap_row(zero: Instant, gap: Gap) -> _Row:
    bar = _Bar(max(0.0, gap.last - zero), gap.first - zero, _INK)
    return _Row(f"{gap.host} ← {gap.stream}", (bar,), f"{gap.lost:,} packets missed")


def _router_rows(timeline: Timeline) -> Iterator[_Row]:
    by_router: dict[str, list[Mark]] = {}
    for mark in timeline.marks:
        by_router.setdefault(mark.router, []).append(mark)
    for router, marks in by_router.items():
        yield _Row(router, tuple(_bars(timeline, marks)))


def _bars(timeline: Timeline, marks: list[Mark]) -> Iterator[_Bar]:
    """The first time that each phase ended, each from the end of the one before.

    A router that has not found out by itself waits for those that have.
    """
    zero, found_out = timeline.at, timeline.ended(Phase.DETECTION) or 0.0
    before = 0.0 if any(mark.phase is Phase.DETECTION for mark in marks) else found_out
    for phase in Phase:
        ends = [mark.at - zero for mark in marks if mark.phase is phase]
        if ends and (end := min(ends)) >= before:
            yield _Bar(before, end, _COLOURS[phase])
            before = end


def _step(end: float) -> float:
    """A round distance of ticks, so that there are not more than a few."""
    scale = 0.001
    while True:
        for part in _ROUND:
            if end / (part * scale) <= _TICKS:
                return part * scale
        scale *= 10


def _parts(timeline: Timeline, rows: list[_Row], step: float, end: float) -> Iterator[str]:
    yield element("rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    left = {"text_anchor": "start"}
    yield words(Point(24, 36), timeline.event, font_size=20, font_weight=700, fill=_INK, **left)
    yield from _legend()
    bottom = _TOP + _ROW * len(rows)
    for tick in range(int(end / step) + 1):
        x = _x(tick * step, end)
        yield line(Point(x, _TOP - 6), Point(x, bottom), stroke=_PALE, stroke_width=1)
        text = f"{tick * step * 1000:g} ms"
        yield words(Point(x, bottom + 20), text, font_size=11, fill=_GREY)
    for number, row in enumerate(rows):
        yield from _row(row, _TOP + _ROW * number, end)
    text = f"Over everywhere after: {timeline.phase_words()}"
    yield words(Point(24, bottom + 52), text, font_size=12, fill=_INK, **left)


def _legend() -> Iterator[str]:
    for number, phase in enumerate(Phase):
        x = 24 + 130 * number
        box = {"x": x, "y": 56, "width": 14, "height": 14, "rx": 3, "fill": _COLOURS[phase]}
        yield element("rect", box)
        at = Point(x + 22, 67)
        yield words(at, phase.value, font_size=12, fill=_INK, text_anchor="start")


def _row(row: _Row, top: float, end: float) -> Iterator[str]:
    middle = top + _ROW / 2
    at = Point(_LEFT - 12, middle + 4)
    yield words(at, row.title, font_size=12, fill=_INK, text_anchor="end")
    last = 0.0
    for bar in row.bars:
        start, last = _x(bar.start, end), _x(bar.end, end)
        width = max(_LEAST, last - start)
        place = {"x": start, "y": middle - _BAR / 2, "width": width, "height": _BAR}
        yield element("rect", {**place, "rx": 2, "fill": bar.colour})
    if row.note:
        beside = last + 8 + _LETTER * len(row.note) < _LEFT + _WIDTH + _RIGHT
        note = Point(last + 8 if beside else last - 8, middle + 4)
        style = {
            "fill": _GREY if beside else "#ffffff",
            "text_anchor": "start" if beside else "end",
        }
        yield words(note, row.note, font_size=11, **style)


def _x(time: float, end: float) -> float:
    return _LEFT + _WIDTH * time / end
