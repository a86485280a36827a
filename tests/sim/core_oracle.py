"""What OSPF of a lab's core must find, from the lab's layout and networkx alone.

Inside an area routes are the graph's shortest paths, all of those that are equal; between areas
they are what RFC 2328 12.4.3 has border routers tell, and 16.2 makes of that. Links may be down, or
cut: then the interfaces are up all the same, and nobody is there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from math import inf
from typing import Final, NamedTuple, TypeAlias

import networkx as nx

from controlplane.lab.expand.domains import PROVIDER
from controlplane.lab.expand.layout import Layout, PlacedEnd, PlacedLink
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.ospf.events import BACKBONE, AreaId, AreaKind, AreaSettings

DEFAULT: Final = IPv4Network("0.0.0.0/0")
LOOPBACK: Final = "lo0"
_PAIR: Final = 2

Vertex: TypeAlias = str
"""A router by its name, or a LAN by that of its link."""

Hop: TypeAlias = tuple[str, IPv4Address | None]
"""An interface, and the neighbour there; None for what is on its link itself."""


class Found(NamedTuple):
    """A route: its cost and all its next hops; none where packets are dropped."""

    cost: int
    hops: frozenset[Hop]


class Told(NamedTuple):
    """What a border router tells an area: a network, and how far it is."""

    border: Vertex
    network: IPv4Network
    cost: int


class Step(NamedTuple):
    """From a router to a neighbour, or to the LAN itself."""

    cost: int
    hop: Hop
    to: Vertex

    def leads_to(self, target: Vertex) -> bool:
        """Behind a LAN are the routers on it, which have steps of their own."""
        return self.hop[1] is not None or self.to == target


def nearest(candidates: Iterable[Found | None]) -> Found | None:
    """The cheapest; of equal ones the next hops of all."""
    found = [one for one in candidates if one is not None]
    cost = min((one.cost for one in found), default=0)
    hops = frozenset[Hop]().union(*(one.hops for one in found if one.cost == cost))
    return Found(cost, hops) if found else None


def network_is_lan(link: PlacedLink) -> bool:
    """Whether OSPF elects a Designated Router on it."""
    return link.spec.network == "broadcast" or len(link.ends) > _PAIR


@dataclass
class Area:
    """One area's working part: a graph, and the networks that hang on its vertices."""

    settings: AreaSettings
    graph: nx.DiGraph[Vertex] = field(default_factory=nx.DiGraph)
    steps: dict[Vertex, list[Step]] = field(default_factory=lambda: defaultdict(list))
    networks: dict[IPv4Network, dict[Vertex, int]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    interfaces: dict[tuple[Vertex, IPv4Network], str] = field(default_factory=dict)

    def add_stub(self, router: Vertex, network: IPv4Network, cost: int, interface: str) -> None:
        self.graph.add_node(router)
        self.networks[network][router] = cost
        self.interfaces[router, network] = interface

    def add_link(self, link: PlacedLink, ends: list[PlacedEnd], *, cut: bool) -> None:
        meet = len(ends) > 1 and not cut
        if not (meet and network_is_lan(link)):
            for end in ends:
                self.add_stub(end.node, link.subnet, end.cost, end.interface)
        if meet and network_is_lan(link):
            self._add_lan(link, ends)
        if meet:
            for own in ends:
                for other in ends:
                    if own is not other:
                        step = Step(own.cost, (own.interface, other.address.ip), other.node)
                        self._add_step(own.node, step)

    def _add_lan(self, link: PlacedLink, ends: list[PlacedEnd]) -> None:
        self.networks[link.subnet][link.name] = 0
        for end in ends:
            self._add_step(end.node, Step(end.cost, (end.interface, None), link.name))
            self.graph.add_edge(link.name, end.node, cost=0)

    def _add_step(self, router: Vertex, step: Step) -> None:
        known = self.graph.get_edge_data(router, step.to, {"cost": step.cost})["cost"]
        self.graph.add_edge(router, step.to, cost=min(step.cost, known))
        self.steps[router].append(step)

    @cached_property
    def distances(self) -> Mapping[Vertex, Mapping[Vertex, int]]:
        lengths = nx.all_pairs_dijkstra_path_length(self.graph, weight="cost")
        return {vertex: {to: int(cost) for to, cost in its.items()} for vertex, its in lengths}

    def reachable(self, router: Vertex) -> frozenset[Vertex]:
        """The vertices of the part of the area that a router is in, itself among them."""
        return frozenset(self.distances[router]) if router in self.graph else frozenset()

    def way(self, source: Vertex, target: Vertex) -> Found | None:
        """All first steps that are on shortest paths."""
        if source == target or target not in self.reachable(source):
            return None
        cost = self.distances[source][target]
        on_the_way = (
            step.hop
            for step in self.steps[source]
            if step.leads_to(target)
            and step.cost + self.distances[step.to].get(target, inf) == cost
        )
        return Found(cost, frozenset(on_the_way))

    def route(self, source: Vertex, network: IPv4Network) -> Found | None:
        return nearest(self._candidates(source, network))

    def _candidates(self, source: Vertex, network: IPv4Network) -> Iterator[Found]:
        for vertex, cost in self.networks.get(network, {}).items():
            if vertex == source:
                yield Found(cost, frozenset({(self.interfaces[source, network], None)}))
            elif way := self.way(source, vertex):
                yield Found(way.cost + cost, way.hops)


class Oracle:
    """The core with some links down and some cut."""

    def __init__(self, layout: Layout, down: Iterable[str] = (), cut: Iterable[str] = ()) -> None:
        self.layout = layout
        self._down, self._cut = frozenset(down), frozenset(cut)
        self.areas: dict[AreaId, Area] = {}
        for router, spec in layout.file.routers.items():
            loopback = IPv4Network(layout.loopbacks[router])
            self._area(spec.area).add_stub(router, loopback, 0, LOOPBACK)
        for link in layout.links:
            if link.domain == PROVIDER and link.name not in self._down:
                ends = [end for end in link.ends if self._speaks(end)]
                self._area(link.spec.area).add_link(link, ends, cut=link.name in self._cut)

    def _area(self, name: AreaId) -> Area:
        settings = self.layout.file.provider.ospf.area(name)
        return self.areas.setdefault(name, Area(settings))

    def _speaks(self, end: PlacedEnd) -> bool:
        is_on = end.spec.ospf is None or end.spec.ospf.enabled
        return end.node in self.layout.file.routers and is_on

    # -- who is there

    def is_up(self, link: PlacedLink, end: PlacedEnd) -> bool:
        """Whether OSPF runs on this end, heard by others or not."""
        return link.name not in self._down and self._speaks(end)

    def works(self, link: PlacedLink) -> bool:
        """Whether routers meet on the link."""
        is_broken = link.name in self._down | self._cut
        return link.core and not is_broken

    def areas_of(self, router: Vertex) -> list[AreaId]:
        return [name for name, area in self.areas.items() if router in area.graph]

    def is_border(self, router: Vertex) -> bool:
        return len(self.areas_of(router)) > 1

    def neighbors(self, router: Vertex) -> frozenset[Vertex]:
        """The routers on links that work."""
        steps = (step for area in self.areas.values() for step in area.steps.get(router, ()))
        return frozenset(step.to for step in steps if step.to in self.layout.file.routers)

    @cached_property
    def is_whole(self) -> bool:
        """Whether no area has fallen apart, or off the backbone: everybody reaches everybody."""
        return all(
            area.reachable(vertex) == frozenset(area.graph)
            and area.graph.nodes & self.areas[BACKBONE].graph.nodes
            for area in self.areas.values()
            for vertex in area.graph
        )

    def reaches(self, source: Vertex, goal: Vertex) -> bool:
        """Whether there is a way from router to router, which broken areas do not prove."""
        return self.is_whole or IPv4Network(self.layout.loopbacks[goal]) in self.routes(source)

    # -- routes from elsewhere

    @cached_property
    def tellers(self) -> dict[IPv4Network, frozenset[Vertex]]:
        """What OSPF does not run on and is redistributed, by whom."""
        tellers: dict[IPv4Network, set[Vertex]] = defaultdict(set)
        for router, spec in self.layout.file.routers.items():
            if "connected" in spec.redistribute:
                for end in self.layout.ends[router]:
                    if end.link not in self._down and not self._speaks(end):
                        tellers[self.layout.link[end.link].subnet].add(router)
            if "static" in spec.redistribute:
                for network in self._static_routes(router):
                    tellers[network].add(router)
        return {network: frozenset(routers) for network, routers in tellers.items()}

    def _static_routes(self, router: Vertex) -> Iterator[IPv4Network]:
        """Those of which the link works."""
        for route in self.layout.file.routers[router].routes:
            own, _ = next(self.layout.hops(router, route.via, DEFAULT_VRF))
            if own.link not in self._down | self._cut:
                yield route.to

    def external_routes(self, router: Vertex) -> dict[IPv4Network, Found]:
        """RFC 2328 16.4 in a core of one area: the nearest of those who tell, all say as much."""
        (area,) = self.areas.values()
        found = {
            network: nearest(area.way(router, teller) for teller in tellers)
            for network, tellers in self.tellers.items()
        }
        return {network: route for network, route in found.items() if route is not None}

    # -- routes inside the AS

    def routes(self, router: Vertex) -> dict[IPv4Network, Found]:
        """Intra-area before inter-area ones (RFC 2328 11)."""
        inter = self._backbone_routes(router) if self._uses_backbone(router) else {}
        if not self._uses_backbone(router):
            (name,) = self.areas_of(router)
            inter = self._inter(self.areas[name], router, self._told[name])
        ranges = {network: Found(cost, frozenset()) for network, cost, _ in self._ranges(router)}
        return inter | ranges | self._intra(router)

    def _uses_backbone(self, router: Vertex) -> bool:
        return self.is_border(router) or self.areas_of(router) == [BACKBONE]

    def _intra(self, router: Vertex) -> dict[IPv4Network, Found]:
        return {
            network: route
            for name in self.areas_of(router)
            for network in self.areas[name].networks
            if (route := self.areas[name].route(router, network)) is not None
        }

    def _backbone_routes(self, router: Vertex) -> dict[IPv4Network, Found]:
        return self._inter(self.areas[BACKBONE], router, self._told_to_backbone)

    def _inter(self, area: Area, router: Vertex, told: list[Told]) -> dict[IPv4Network, Found]:
        """RFC 2328 16.2."""
        found: dict[IPv4Network, list[Found]] = defaultdict(list)
        for border, network, cost in told:
            if border != router and (way := area.way(router, border)):
                found[network].append(Found(way.cost + cost, way.hops))
        best = ((network, nearest(candidates)) for network, candidates in found.items())
        return {network: route for network, route in best if route is not None}

    # -- what border routers tell (RFC 2328 12.4.3)

    @property
    def _borders(self) -> list[Vertex]:
        return [router for router in self.layout.file.routers if self.is_border(router)]

    @cached_property
    def _told_to_backbone(self) -> list[Told]:
        return [
            Told(border, network, cost)
            for border in self._borders
            for name in self.areas_of(border)
            if name != BACKBONE
            for network, cost in self._inside(border, name)
        ]

    @cached_property
    def _told(self) -> dict[AreaId, list[Told]]:
        """What the areas other than the backbone are told."""
        return {
            name: [told for border in self._borders for told in self._to_area(border, name)]
            for name in self.areas
            if name != BACKBONE
        }

    def _to_area(self, border: Vertex, name: AreaId) -> Iterator[Told]:
        if name not in self.areas_of(border):
            return
        settings = self.areas[name].settings
        if settings.kind is AreaKind.STUB or (
            settings.kind is AreaKind.NSSA and not settings.summaries
        ):
            yield Told(border, DEFAULT, settings.default_cost)
        if not settings.summaries and settings.kind is not AreaKind.NORMAL:
            return
        for other in self.areas_of(border):
            if other != name:
                for network, cost in self._inside(border, other):
                    yield Told(border, network, cost)
        intra = self._intra(border).keys() | {range_[0] for range_ in self._ranges(border)}
        for network, route in self._backbone_routes(border).items():
            if network not in intra:
                yield Told(border, network, route.cost)

    def _inside(self, border: Vertex, name: AreaId) -> Iterator[tuple[IPv4Network, int]]:
        """The networks of an area as a border router tells them: those in a range as that range."""
        ranges = [one.prefix for one in self.areas[name].settings.ranges]
        for network in self.areas[name].networks:
            route = self.areas[name].route(border, network)
            if route and not any(network.subnet_of(one) for one in ranges):
                yield network, route.cost
        yield from ((network, cost) for network, cost, area in self._ranges(border) if area == name)

    def _ranges(self, border: Vertex) -> Iterator[tuple[IPv4Network, int, AreaId]]:
        """Active ranges; each is as far as the farthest network in it."""
        for name in self.areas_of(border) if self.is_border(border) else ():
            area = self.areas[name]
            for one in area.settings.ranges:
                inside = (n for n in area.networks if n.subnet_of(one.prefix))
                routes = (area.route(border, network) for network in inside)
                costs = [route.cost for route in routes if route is not None]
                if costs:
                    yield one.prefix, max(costs), name
