"""What routes should be, by networkx over the drawing: a second opinion that knows no LSAs.

In the graph of an area each link is a node beside the routers: going onto it costs what the
router's interface costs, leaving it costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any, NamedTuple, TypeAlias

import networkx as nx

from controlplane.protocols.ospf.events import BACKBONE, AreaId, OspfNextHop, PathType
from tests.protocols.ospf.autonomous_system import AutonomousSystem, Link, loopback

Node: TypeAlias = int | Link
Hops: TypeAlias = frozenset[OspfNextHop]
Found: TypeAlias = tuple[dict[Any, list[Any]], dict[Any, float]]
"""Predecessors on shortest paths, and distances."""


class Expected(NamedTuple):
    path_type: PathType
    area: AreaId
    cost: int
    hops: Hops


class AreaOracle:
    """Distances and next hops inside an area."""

    def __init__(self, system: AutonomousSystem, area: AreaId) -> None:
        self._system = system
        self._area = area
        self._graph: nx.DiGraph[Any] = nx.DiGraph()
        for number in system.routers:
            if area in system.areas_of(number):
                self._graph.add_node(number)
        for link in system.links:
            if link.is_up and link.area == area:
                for router, cost in link.costs.items():
                    self._graph.add_edge(router, link, weight=cost)
                    self._graph.add_edge(link, router, weight=0)
        self._known: dict[int, Found] = {}

    @property
    def routers(self) -> list[int]:
        return [node for node in self._graph if isinstance(node, int)]

    def path(self, source: int, target: Node) -> Expected | None:
        """The intra-area path; a router's own address has its loopback for a next hop."""
        if source not in self._graph or target not in self._graph:
            return None
        predecessors, distances = self._from(source)
        if target not in distances:
            return None
        hops = frozenset(self._first(source, target, predecessors))
        if source == target:
            hops = frozenset({OspfNextHop("lo", None)})
        return Expected(PathType.INTRA_AREA, self._area, int(distances[target]), hops)

    def _from(self, source: int) -> Found:
        if source not in self._known:
            self._known[source] = nx.dijkstra_predecessor_and_distance(self._graph, source)
        return self._known[source]

    def _first(
        self, source: int, target: Node, predecessors: dict[Node, list[Node]]
    ) -> Iterator[OspfNextHop]:
        """Walk all shortest paths back to their first link and the router behind it."""
        seen: set[tuple[Node, Node]] = set()
        waiting: list[tuple[Node, Node | None]] = [(target, None)]
        while waiting:
            node, behind = waiting.pop()
            for before in predecessors[node]:
                if before == source and isinstance(node, Link):
                    address = node.address(behind) if isinstance(behind, int) else None
                    yield OspfNextHop(node.interface, address)
                elif (before, node) not in seen:
                    seen.add((before, node))
                    waiting.append((before, node))


class Oracle:
    """The routes of a whole AS with normal areas (RFC 2328 3.2)."""

    def __init__(self, system: AutonomousSystem) -> None:
        self._system = system
        self._areas = {area: AreaOracle(system, area) for area in system.settings}
        self._known: dict[tuple[int, Node], Expected | None] = {}

    def table(self, router: int) -> dict[IPv4Network, Expected]:
        """Networks of links and loopbacks of routers."""
        targets: dict[IPv4Network, Node] = {loopback(n): n for n in self._system.routers}
        targets |= {link.network: link for link in self._system.links if link.is_up}
        found = {network: self.path(router, target) for network, target in targets.items()}
        return {network: path for network, path in found.items() if path is not None}

    def path(self, router: int, target: Node) -> Expected | None:
        key = router, target
        if key not in self._known:
            intra = self._areas[self._home(target)].path(router, target)
            self._known[key] = intra or self._inter(router, target)
        return self._known[key]

    def _home(self, target: Node) -> AreaId:
        return (
            target.area if isinstance(target, Link) else self._system.routers[target].loopback_area
        )

    def _inter(self, router: int, target: Node) -> Expected | None:
        """By way of the border routers of the only area, or of the backbone for one of them."""
        areas = self._system.areas_of(router)
        via = areas[0] if len(areas) == 1 else BACKBONE
        if via not in areas:
            return None
        paths = [p for b in self._areas[via].routers if (p := self._by(router, b, via, target))]
        if not paths:
            return None
        least = min(path.cost for path in paths)
        hops = frozenset[OspfNextHop]().union(*(p.hops for p in paths if p.cost == least))
        return Expected(PathType.INTER_AREA, via, least, hops)

    def _by(self, router: int, border: int, via: AreaId, target: Node) -> Expected | None:
        """Border routers tell the backbone only what is inside another area of theirs."""
        way = self._areas[via].path(router, border)
        if router == border or not self._system.is_border(border) or way is None:
            return None
        if via == BACKBONE:
            told = self._areas[self._home(target)].path(border, target)
        else:
            told = self.path(border, target)
        if told is None or told.area == via:
            return None
        return Expected(PathType.INTER_AREA, via, way.cost + told.cost, way.hops)
