"""Where everything stands in the picture.

Four layers, from the top: P routers, PE routers, CE routers, hosts. Hosts stand side by side in the
order that their routers ask for, and every layer above is centred over what hangs from it, so lines
between the layers hardly cross. P routers are ordered by their neighbours and stand in a zigzag, so
that a link between two of them does not run through a third.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import mean
from typing import Final, NamedTuple

from controlplane.lab.expand.layout import Layout, PlacedLink

COLUMN: Final = 128.0
MARGIN: Final = 90.0
_LAYERS: Final[Mapping[str, float]] = {"p": 170.0, "pe": 330.0, "ce": 470.0, "host": 640.0}
_ZIGZAG: Final = (0.0, -75.0)
_LAN_ABOVE_HOSTS: Final = 72.0
_LAN_BELOW_PES: Final = 70.0
_BEYOND: Final = 24.0
"""A bar goes on beside its last node."""
_LEGEND_HEIGHT: Final = 130.0
_NARROWEST: Final = 760.0
_DEPTH: Final[Mapping[str, int]] = {"p": 0, "pe": 1, "ce": 2, "host": 3}


class Point(NamedTuple):
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands for a LAN of more than two ends."""

    left: float
    right: float
    y: float

    def nearest(self, point: Point) -> Point:
        """Where a node at this point meets it."""
        return Point(min(max(point.x, self.left + _BEYOND), self.right - _BEYOND), self.y)


@dataclass(frozen=True, slots=True)
class Places:
    """Points of nodes, and of the bars that stand for LANs of more than two ends."""

    nodes: Mapping[str, Point]
    bars: Mapping[str, Bar]
    width: float
    height: float


def places(layout: Layout) -> Places:
    """Work out the picture's geometry."""
    columns = _columns(layout)
    core = _core_order(layout, columns)
    rightmost = max(columns.values(), default=0.0) or 1.0
    for at, name in enumerate(core):
        columns[name] = rightmost * (at + 0.5) / len(core)
    span = max(COLUMN * rightmost, COLUMN * len(core), _NARROWEST - 2 * MARGIN)
    nodes = {
        name: Point(MARGIN + span * column / rightmost, _height(layout, core, name))
        for name, column in columns.items()
    }
    bars = {link.name: _bar(layout, link, nodes) for link in layout.links if is_lan(link)}
    return Places(nodes, bars, 2 * MARGIN + span, _LAYERS["host"] + _LEGEND_HEIGHT)


def is_lan(link: PlacedLink) -> bool:
    """A link that is drawn as a bar."""
    return len(link.ends) > 2


def role(layout: Layout, name: str) -> str:
    """The layer of a node: the role of a router, or `host`."""
    return layout.file.routers[name].role if name in layout.file.routers else "host"


def _height(layout: Layout, core: Sequence[str], name: str) -> float:
    lift = _ZIGZAG[core.index(name) % len(_ZIGZAG)] if name in core else 0.0
    return _LAYERS[role(layout, name)] + lift


def _neighbors(layout: Layout, name: str) -> list[str]:
    links = (layout.link[end.link] for end in layout.ends[name])
    return [other.node for link in links for other in link.ends if other.node != name]


def _below(layout: Layout, name: str) -> list[str]:
    """What hangs from a router: CEs and hosts on links where nobody stands above it.

    So from a CE that shares a LAN with PEs, the others on that LAN do not hang.
    """
    if name in layout.file.hosts:
        return []
    links = (layout.link[end.link] for end in layout.ends[name])
    return [
        end.node
        for link in links
        if _depth(layout, name) == min(_depth(layout, end.node) for end in link.ends)
        for end in link.ends
        if end.node != name and role(layout, end.node) in ("ce", "host")
    ]


def _depth(layout: Layout, name: str) -> int:
    return _DEPTH[role(layout, name)]


def _columns(layout: Layout) -> dict[str, float]:
    """The column of each node below the P routers: leaves side by side, others over theirs."""
    columns: dict[str, float] = {}
    visited: set[str] = set()
    leaves = count()

    def place(name: str) -> float | None:
        if name in visited:
            return None
        visited.add(name)
        below = [x for other in _below(layout, name) if (x := place(other)) is not None]
        columns[name] = mean(below) if below else float(next(leaves))
        return columns[name]

    names = [*layout.file.routers, *layout.file.hosts]
    for name in sorted(names, key=lambda name: _depth(layout, name)):
        if role(layout, name) != "p":
            place(name)
    return columns


def _core_order(layout: Layout, columns: Mapping[str, float]) -> list[str]:
    """P routers by where the PEs are that they connect."""

    def key(name: str) -> float:
        near = [columns[other] for other in _neighbors(layout, name) if other in columns]
        return mean(near) if near else 0.0

    return sorted((n for n, r in layout.file.routers.items() if r.role == "p"), key=key)


def _bar(layout: Layout, link: PlacedLink, nodes: Mapping[str, Point]) -> Bar:
    """Above the LAN's hosts and as wide as they stand; below PEs, where CEs are on it too."""
    roles = {role(layout, end.node) for end in link.ends}
    points = [nodes[end.node] for end in link.ends]
    if {"pe", "ce"} <= roles:
        return _over(points, _LAYERS["pe"] + _LAN_BELOW_PES)
    if "host" in roles:
        hosts = [nodes[end.node] for end in link.ends if end.node in layout.file.hosts]
        return _over(hosts, _LAYERS["host"] - _LAN_ABOVE_HOSTS)
    return _over(points, mean(point.y for point in points))


def _over(points: Sequence[Point], y: float) -> Bar:
    columns = [point.x for point in points]
    return Bar(min(columns) - _BEYOND, max(columns) + _BEYOND, y)
