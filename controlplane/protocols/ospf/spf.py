"""Shortest paths through an area (RFC 2328 16.1), kept up to date rather than calculated anew.

Every vertex has a distance, and one that it would have judging by its neighbours' distances
("looking ahead"). Where links have changed, the two differ, and only from there on is anything
calculated: the algorithm is DynamicSWSF-FP (Ramalingam and Reps, "An incremental algorithm for a
generalization of the shortest-path problem", 1996). A vertex that got nearer takes the distance
ahead, as in Dijkstra's algorithm; one that lost its path gets none first, so that its neighbours
stop relying on it, and then the best that is left. Started with no distances at all it does
what Dijkstra's does, vertex by vertex, so that the full calculation is the same code: RFC 2328
16.1 asks for an identical tree, whatever the algorithm.

Next hops follow in a second pass, from the vertices whose paths are others now, in the order of
their distance. All equal-cost paths are kept.

Every link from a router costs at least 1 (`graph.CHEAPEST_LINK`), so there are no circles of cost 0
and parents always come before their children in the order (distance, vertex).
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Final

from controlplane.protocols.ospf.first_hops import NO_HOPS, FirstHops, Hops
from controlplane.protocols.ospf.graph import Graph, Vertex, is_network

_UNREACHABLE: Final = 1 << 62


class ShortestPaths:
    """`distance` and `hops` of all vertices that the root reaches."""

    def __init__(self, graph: Graph, root: Vertex, first_hops: FirstHops) -> None:
        self._graph = graph
        self._root = root
        self._first_hops = first_hops
        self.distance: dict[Vertex, int] = {}
        self.hops: dict[Vertex, Hops] = {}

    def repair(self, touched: set[Vertex]) -> tuple[set[Vertex], set[Vertex]]:
        """Take in changes of the graph.

        `touched` are the vertices whose LSA is another now or that a changed link leads to.
        Returns the vertices with another distance, and those with other next hops.
        """
        moved = _Settling(self._graph, self._root, self.distance).settle(touched)
        beside = {head for vertex in moved for head, _ in self._graph.out(vertex)}
        return moved, self._reroute(touched | moved | beside)

    def _reroute(self, vertices: set[Vertex]) -> set[Vertex]:
        """Work out next hops again; their children follow where they are others."""
        rerouted = {vertex for vertex in vertices if self._forgotten(vertex)}
        queued = {vertex for vertex in vertices if vertex in self.distance}
        heap = [(self.distance[vertex], vertex) for vertex in queued]
        heapify(heap)
        while heap:
            distance, vertex = heappop(heap)
            hops = self._hops_of(vertex)
            if hops == self.hops.get(vertex):
                continue
            self.hops[vertex] = hops
            rerouted.add(vertex)
            for child, cost in self._graph.out(vertex):
                if child not in queued and self.distance.get(child) == distance + cost:
                    queued.add(child)
                    heappush(heap, (distance + cost, child))
        return rerouted

    def _forgotten(self, vertex: Vertex) -> bool:
        """Whether the vertex had next hops, and is unreachable now."""
        return vertex not in self.distance and self.hops.pop(vertex, None) is not None

    def _hops_of(self, vertex: Vertex) -> Hops:
        if vertex == self._root:
            return NO_HOPS
        distance = self.distance[vertex]
        through = [
            self._through(parent, vertex, cost)
            for parent, cost in self._graph.incoming(vertex)
            if self.distance.get(parent, _UNREACHABLE) + cost == distance
        ]
        return through[0] if len(through) == 1 else NO_HOPS.union(*through)

    def _through(self, parent: Vertex, vertex: Vertex, cost: int) -> Hops:
        """Next hops by way of one parent."""
        nodes = self._graph.nodes
        if parent == self._root:
            root = nodes[parent].router
            assert root is not None
            return self._first_hops.direct(root, vertex, cost, nodes[vertex].router)
        if is_network(parent):
            router = nodes[vertex].router
            assert router is not None, "a network has links to routers alone"
            return self._first_hops.across(self.hops[parent], parent, router)
        return self.hops[parent]


class _Settling:
    """One run: distances are settled in the order of the nearer of the old and the new one."""

    def __init__(self, graph: Graph, root: Vertex, distance: dict[Vertex, int]) -> None:
        self._graph = graph
        self._root = root
        self._distance = distance
        self._ahead: dict[Vertex, int] = {}
        self._before: dict[Vertex, int] = {}
        self._heap: list[tuple[int, Vertex]] = []

    def settle(self, touched: Iterable[Vertex]) -> set[Vertex]:
        """Returns the vertices whose distance is another now."""
        for vertex in touched:
            self._look_ahead(vertex)
        while self._heap:
            self._step(*heappop(self._heap))
        return {v for v, before in self._before.items() if self._now(v) != before}

    def _now(self, vertex: Vertex) -> int:
        return self._distance.get(vertex, _UNREACHABLE)

    def _look_ahead(self, vertex: Vertex) -> None:
        """What the distance should be, by those of the neighbours."""
        distance = self._distance
        if vertex == self._root:
            ahead = 0 if vertex in self._graph.nodes else _UNREACHABLE
        else:
            ways = (
                distance[tail] + cost
                for tail, cost in self._graph.incoming(vertex)
                if tail in distance
            )
            ahead = min(ways, default=_UNREACHABLE)
        self._set_ahead(vertex, ahead)

    def _set_ahead(self, vertex: Vertex, ahead: int) -> None:
        self._ahead[vertex] = ahead
        now = self._now(vertex)
        if ahead != now:
            heappush(self._heap, (min(ahead, now), vertex))

    def _step(self, key: int, vertex: Vertex) -> None:
        now, ahead = self._now(vertex), self._ahead[vertex]
        if now == ahead or key != min(now, ahead):
            return  # settled, or queued again with another key
        self._before.setdefault(vertex, now)
        if ahead < now:
            self._nearer(vertex, ahead)
        else:
            self._lost(vertex, now)

    def _nearer(self, vertex: Vertex, distance: int) -> None:
        self._distance[vertex] = distance
        for head, cost in self._graph.out(vertex):
            if distance + cost < self._ahead.get(head, self._now(head)):
                self._set_ahead(head, distance + cost)

    def _lost(self, vertex: Vertex, before: int) -> None:
        del self._distance[vertex]
        for head, cost in self._graph.out(vertex):
            if self._ahead.get(head, self._now(head)) == before + cost:
                self._look_ahead(head)
        self._set_ahead(vertex, self._ahead[vertex])
