"""The few SVG elements that a picture needs."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from controlplane.lab.picture.places import Point


def element(name: str, attributes: Mapping[str, object], text: str | None = None) -> str:
    """One element; underscores of attribute names stand for hyphens."""
    pairs = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_text(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{pairs}/>" if text is None else f"<{name}{pairs}>{escape(text)}</{name}>"


def line(start: Point, end: Point, **style: object) -> str:
    return element("line", {"x1": start.x, "y1": start.y, "x2": end.x, "y2": end.y, **style})


def box(centre: Point, width: float, height: float, **style: object) -> str:
    corner = {"x": centre.x - width / 2, "y": centre.y - height / 2}
    return element("rect", {**corner, "width": width, "height": height, "rx": 8, **style})


def words(at: Point, text: str, **style: object) -> str:
    return element("text", {"x": at.x, "y": at.y, "text_anchor": "middle", **style}, text)


def _text(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
