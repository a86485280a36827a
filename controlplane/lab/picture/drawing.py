"""The drawing: links, trees beside them in the colours of their VPNs, nodes, and a legend.

Links are drawn first and nodes last, so that lines end under the nodes. A tree's branch is an arrow
beside its link; several on one link lie side by side. A P-tunnel is drawn as a pipe: a wide pale
line around the customer's thin one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from typing import Final

from controlplane.lab.expand.layout import PlacedLink
from controlplane.lab.load import Lab
from controlplane.lab.picture.places import Places, Point, is_lan, places, role
from controlplane.lab.picture.rendezvous import badges, meeting_point
from controlplane.lab.picture.svg import box, element, line, words
from controlplane.lab.picture.trees import Branch, branches
from controlplane.lab.snapshot import Snapshot

_COLOURS: Final = ("#d6293e", "#1769c4", "#1d9a54", "#b8720a", "#8042b5", "#0f8f96")
_INK, _GREY, _PALE = "#1d2733", "#8a96a3", "#c9d1d9"
_FILL: Final = {"p": "#5b6b7c", "pe": "#24415f", "ce": "#ffffff", "host": "#ffffff"}
_FONT: Final = "'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_GAP: Final = 8.0
_NODE_WIDTH, _NODE_HEIGHT = 96.0, 40.0
_BADGE_WIDTH: Final = 32.0
_LETTER: Final = 6.6
"""The usual width of a letter of the legend."""
_LEGEND_LINE: Final = 20.0
_APART: Final = 0.15
_CLEAR: Final = 5.0
"""How far from a node an arrow ends."""


def draw(lab: Lab, snapshot: Snapshot | None) -> str:
    """The whole picture as the text of an SVG file."""
    where = places(lab.layout)
    found = branches(lab.layout, snapshot) if snapshot else []
    drawing = _Drawing(lab, where, found, snapshot.members if snapshot else frozenset())
    size = {"viewBox": f"0 0 {where.width:.0f} {where.height:.0f}"}
    head = element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "font_family": _FONT})
    body = "\n".join(drawing.parts())
    return f"{head.removesuffix('/>')}>\n{body}\n</svg>\n"


@dataclass(frozen=True)
class _Drawing:
    lab: Lab
    where: Places
    branches: list[Branch]
    members: frozenset[str]

    def parts(self) -> Iterator[str]:
        """All elements, from the back to the front."""
        yield element("rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
        yield from self._title()
        yield from self._markers()
        for link in self.lab.layout.links:
            yield from self._link(link)
        for link in self.lab.layout.links:
            yield from self._trees(link)
        for link in self.lab.layout.links:
            yield self._label(link)
        for name in self.where.nodes:
            yield from self._node(name)
        yield from self._badges()
        yield from self._legend()

    def colour(self, vpn: str | None) -> str:
        """The colour of a VPN; they are given out in the order of the file."""
        vpns = list(self.lab.file.vpns)
        return _COLOURS[vpns.index(vpn) % len(_COLOURS)] if vpn in vpns else _GREY

    def _title(self) -> Iterator[str]:
        left = {"text_anchor": "start"}
        yield words(Point(24, 36), self.lab.name, font_size=22, font_weight=700, fill=_INK, **left)
        text = self.lab.file.description
        yield words(Point(24, 58), text, font_size=13, fill=_GREY, **left)

    def _markers(self) -> Iterator[str]:
        """An arrowhead of each colour."""
        for vpn in self.lab.file.vpns:
            shape = element("path", {"d": "M0,0 L8,4 L0,8 z", "fill": self.colour(vpn)})
            yield (
                f'<marker id="head-{vpn}" markerWidth="8" markerHeight="8" refX="5" refY="4" '
                f'orient="auto" markerUnits="userSpaceOnUse">{shape}</marker>'
            )

    # -- links

    def _spans(self, link: PlacedLink) -> Iterator[tuple[str, Point, Point]]:
        """The strokes of a link: from each end to a LAN's bar, or from one end to the other."""
        points = {end.node: self.where.nodes[end.node] for end in link.ends}
        if is_lan(link):
            for node, point in points.items():
                yield node, point, self.where.bars[link.name].nearest(point)
        elif len(points) > 1:
            (node, first), (_, second) = points.items()
            yield node, first, second

    def _link(self, link: PlacedLink) -> Iterator[str]:
        for _, start, end in self._spans(link):
            yield line(start, end, stroke=_PALE, stroke_width=2)
        if is_lan(link):
            bar = self.where.bars[link.name]
            ends = Point(bar.left, bar.y), Point(bar.right, bar.y)
            yield line(*ends, stroke=_GREY, stroke_width=5, stroke_linecap="round")

    def _label(self, link: PlacedLink) -> str:
        at = self._label_point(link)
        halo = {"paint_order": "stroke", "stroke": "#ffffff", "stroke_width": 4}
        return words(at, link.name, font_size=10, fill=_GREY, **halo)

    def _label_point(self, link: PlacedLink) -> Point:
        if is_lan(link):
            bar = self.where.bars[link.name]
            return Point(bar.right - 20, bar.y - 8)
        points = [self.where.nodes[end.node] for end in link.ends]
        first, last = points[0], points[-1]
        # Off the middle, where the lines of a mesh cross, and off a PE, where they are close.
        part = (0.3 if link.core else 0.65) + _APART * self._earlier(link)
        return Point(first.x + (last.x - first.x) * part, first.y + (last.y - first.y) * part)

    def _earlier(self, link: PlacedLink) -> int:
        """How many links before this one join the same nodes: their labels go side by side."""
        links = self.lab.layout.links
        before = links[: links.index(link)]
        return sum(other.spec.ends.keys() == link.spec.ends.keys() for other in before)

    # -- trees

    def _trees(self, link: PlacedLink) -> Iterator[str]:
        here = [branch for branch in self.branches if branch.link == link.name]
        for at, branch in enumerate(here):
            shift = _GAP * (at - (len(here) - 1) / 2)
            for start, end in self._flow(link, branch):
                ends = _beside(start, end, shift)
                yield from self._arrow(branch, *self._clipped(*ends, start, end))

    def _flow(self, link: PlacedLink, branch: Branch) -> Iterator[tuple[Point, Point]]:
        """The strokes of the link that the branch uses, in the direction of the packets."""
        for node, start, end in self._spans(link):
            if node == branch.sender:
                yield start, end
            elif not is_lan(link):
                yield end, start
            elif node in self.members or node in self.lab.file.routers:
                yield end, start

    def _arrow(self, branch: Branch, start: Point, end: Point) -> Iterator[str]:
        colour = self.colour(branch.vpn)
        if branch.tunnel:
            yield line(start, end, stroke=colour, stroke_width=7, stroke_opacity=0.25)
        yield line(start, end, stroke=colour, stroke_width=2, marker_end=f"url(#head-{branch.vpn})")

    def _clipped(self, start: Point, end: Point, first: Point, last: Point) -> tuple[Point, Point]:
        """The stroke without what lies under the nodes at its ends."""
        nodes = set(self.where.nodes.values())
        return (
            _outside(start, end, first) if first in nodes else start,
            _outside(end, start, last) if last in nodes else end,
        )

    # -- nodes

    def _node(self, name: str) -> Iterator[str]:
        at, kind = self.where.nodes[name], role(self.lab.layout, name)
        colour = self.colour(self.lab.layout.vpn(name)) if kind in ("ce", "host") else _FILL[kind]
        used = kind == "host" and (name in self.members or name in self._sources())
        fill = colour if used else _FILL[kind]
        width = 4 if kind == "ce" else 2
        dash = {"stroke_dasharray": "5 4"} if kind == "host" and not used else {}
        yield box(
            at, _NODE_WIDTH, _NODE_HEIGHT, fill=fill, stroke=colour, stroke_width=width, **dash
        )
        ink = "#ffffff" if used or kind in ("p", "pe") else _INK
        bold = {"font_size": 14, "font_weight": 600}
        yield words(Point(at.x, at.y - 2), name, fill=ink, **bold)
        address = str(self.lab.layout.address(name))
        yield words(Point(at.x, at.y + 13), address, font_size=10, fill=ink, fill_opacity=0.85)
        if kind == "host":
            yield words(Point(at.x, at.y + 36), self._part(name), font_size=11, fill=colour)

    def _sources(self) -> set[str]:
        return {stream.host for stream in self.lab.streams}

    def _part(self, name: str) -> str:
        if name in self._sources():
            return "source"
        return "receiver" if name in self.members else "not joined"

    def _badges(self) -> Iterator[str]:
        """Where shared trees meet, on a corner of the router's box; several side by side."""
        at: dict[str, Point] = {}
        for badge in badges(self.lab.layout):
            node = self.where.nodes[badge.router]
            first = Point(node.x + _NODE_WIDTH / 2, node.y - _NODE_HEIGHT / 2)
            here = at.get(badge.router, first)
            at[badge.router] = Point(here.x - _BADGE_WIDTH - 2, here.y)
            colour = self.colour(badge.vpn) if badge.vpn else _INK
            yield box(here, _BADGE_WIDTH, 16.0, fill="#ffffff", stroke=colour, stroke_width=1.5)
            style = {"font_size": 10, "font_weight": 700, "fill": colour}
            yield words(Point(here.x, here.y + 4), badge.text, **style)

    def _legend(self) -> Iterator[str]:
        """As many lines as it needs, the last one at the bottom."""
        lines = self._legend_lines()
        for up, keys in enumerate(reversed(lines)):
            at = Point(24.0, self.where.height - 26 - _LEGEND_LINE * up)
            for branch, text in keys:
                yield from self._key(branch, at, text)
                at = Point(at.x + _key_width(text), at.y)

    def _legend_lines(self) -> list[list[tuple[Branch, str]]]:
        lines: list[list[tuple[Branch, str]]] = [[]]
        for key in self._keys():
            used = sum(_key_width(text) for _, text in lines[-1])
            if lines[-1] and 24 + used + _key_width(key[1]) > self.where.width:
                lines.append([])
            lines[-1].append(key)
        return lines

    def _keys(self) -> Iterator[tuple[Branch, str]]:
        """What is drawn of each VPN, in words."""
        for vpn, spec in self.lab.file.vpns.items():
            yield Branch(vpn, "", "", tunnel=False), f"{vpn}: C-tree"
            pools = [str(spec.data_mdt.pool)] if spec.data_mdt else []
            mdts = {f"{g}{meeting_point(self.lab.layout, g)}" for g in spec.default_mdt.values()}
            if groups := ", ".join([*sorted(mdts), *pools]):
                yield Branch(vpn, "", "", tunnel=True), f"P-tunnel: GRE to {groups}"

    def _key(self, branch: Branch, at: Point, text: str) -> Iterator[str]:
        """A sample of a branch with its meaning."""
        yield from self._arrow(branch, Point(at.x, at.y - 4), Point(at.x + 34, at.y - 4))
        style = {"font_size": 12, "fill": self.colour(branch.vpn), "text_anchor": "start"}
        yield words(Point(at.x + 44, at.y), text, **style)


def _key_width(text: str) -> float:
    """Of a key of the legend, with the gap behind it."""
    return 60 + _LETTER * len(text)


def _beside(start: Point, end: Point, shift: float) -> tuple[Point, Point]:
    """The stroke moved sideways, to the same side in both directions: none covers another."""
    length = hypot(end.x - start.x, end.y - start.y) or 1.0
    side = shift / length * (1 if start < end else -1)
    dx, dy = (start.y - end.y) * side, (end.x - start.x) * side
    return Point(start.x + dx, start.y + dy), Point(end.x + dx, end.y + dy)


def _outside(start: Point, end: Point, centre: Point) -> Point:
    """Where the stroke from `start` leaves the box of the node that stands at `centre`."""
    dx, dy = end.x - start.x, end.y - start.y
    far = [
        (half + _CLEAR - (at - middle) * sign) / abs(delta)
        for at, middle, delta, half in (
            (start.x, centre.x, dx, _NODE_WIDTH / 2),
            (start.y, centre.y, dy, _NODE_HEIGHT / 2),
        )
        if delta and (sign := 1 if delta > 0 else -1)
    ]
    part = min(far, default=0.0)
    return Point(start.x + dx * part, start.y + dy * part)
