"""What the lab gives routers, and what it knows that they should find by themselves.

Given are the file's static routes, and in a customer's site what its own IGP would find: between
CEs the shortest paths by the costs of outgoing ends, and for CEs inside a default route to the
nearest one with a link to others. Everything else protocols find: OSPF in the core, BGP between
PEs, their VRFs and CEs. What should come of that is worked out all the same, and the lab holds
the routers against it: the core's shortest paths here, what BGP brings in `reach.py`.

Connected routes are a router's own. A link that is down carries nothing and its subnet is not
known anywhere; convergence takes no time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from ipaddress import IPv4Network
from typing import Final, TypeAlias, cast

import networkx as nx

from controlplane.lab.expand.domains import PROVIDER, Domain
from controlplane.lab.expand.layout import Layout, PlacedEnd, PlacedLink
from controlplane.lab.expand.rendezvous import anycast_addresses
from controlplane.lab.expand.sites import is_inside_site, routing_of
from controlplane.lab.reach import Reach, Reached, Table
from controlplane.net.interface import DEFAULT_VRF
from controlplane.rib.route import Gateway, Route, RouteProtocol

DEFAULT_ROUTE: Final = IPv4Network("0.0.0.0/0")

Routes: TypeAlias = dict[tuple[str, str], tuple[Route, ...]]
"""Routes by router and VRF."""


class RouteProvider:
    """Routes of a whole lab, for any set of broken links."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def routes(self, down: frozenset[str] = frozenset()) -> Routes:
        """The routes of IGPs and of the file while these links are down."""
        return _Moment(self._layout, down).routes

    def reached(self, down: frozenset[str] = frozenset()) -> Mapping[Table, Reached]:
        """What BGP should bring then, by router and VRF."""
        return _Moment(self._layout, down).reached()

    def given(self, routes: Routes) -> Routes:
        """The part of these that routers are told: the others they find by themselves."""
        return {
            (router, vrf): tuple(route for route in found if not self._is_found(router, route))
            for (router, vrf), found in routes.items()
        }

    def _is_found(self, router: str, route: Route) -> bool:
        return self._layout.domains.is_core(router) and route.protocol is RouteProtocol.COMPUTED


class _Moment:
    """The network with some links down."""

    def __init__(self, layout: Layout, down: frozenset[str]) -> None:
        self._layout = layout
        self._down = down
        domains = {PROVIDER, *(link.domain for link in layout.links)}
        self._areas = {domain: Area(layout, domain, down) for domain in domains}

    @cached_property
    def routes(self) -> Routes:
        """Those of IGPs and of the file."""
        return {
            (router, vrf): tuple(self._of_table(router, vrf).values())
            for router in self._layout.file.routers
            for vrf in (DEFAULT_VRF, *self._layout.vrfs(router))
        }

    def reached(self) -> Mapping[Table, Reached]:
        """What BGP brings."""
        core = self._areas[PROVIDER]
        reachable = {name: frozenset(core.distances(name)) for name in self._layout.file.routers}
        return Reach(self._layout, self._down, self.routes, reachable).tables()

    def _of_table(self, router: str, vrf: str) -> dict[IPv4Network, Route]:
        area = self._areas.get(self._layout.domains.of_node(router))
        computed = area.routes(router) if area and vrf == DEFAULT_VRF else ()
        return {route.prefix: route for route in (*computed, *self._static(router, vrf))}

    def _static(self, router: str, vrf: str) -> Iterator[Route]:
        """The routes of the file whose link works."""
        for spec in self._layout.file.routers[router].routes:
            hop = next(self._layout.hops(router, spec.via, spec.vpn or DEFAULT_VRF), None)
            if (spec.vpn or DEFAULT_VRF) == vrf and hop and hop[0].link not in self._down:
                own, other = hop
                gateway = Gateway(own.interface, other.address.ip)
                yield Route(prefix=spec.to, protocol=RouteProtocol.STATIC, next_hops=(gateway,))


class Area:
    """One domain's working links as a graph; an edge costs what the end costs that it leaves.

    A customer's domain has an area for each of its sites, with nothing between them.
    """

    def __init__(self, layout: Layout, domain: Domain, down: frozenset[str]) -> None:
        self._layout = layout
        self._domain = domain
        links = [link for link in layout.links if link.domain == domain]
        self._links = [link for link in links if link.name not in down and self._is_inside(link)]
        self._exits = frozenset(_exits(layout, links))
        self._graph = graph_of(layout, self._links)
        self._owners = self._prefixes()

    def distances(self, source: str) -> Mapping[str, int]:
        """The cost to each router in reach."""
        return self._shortest(source)[0]

    def routes(self, source: str) -> Iterator[Route]:
        """Routes of a router to all that is not its own; of a CE inside, also the default route.

        To a subnet the last cost is that of its owner's interface there (RFC 2328 12.4.1).
        """
        distances, paths = self._shortest(source)
        for prefix, owners in self._owners.items():
            near = {
                owner: distances[owner] + owners[owner] for owner in owners if owner in distances
            }
            if near and source not in owners:
                nearest = min(near, key=near.__getitem__)
                yield self._route(prefix, paths[nearest], near[nearest])
        exits = [node for node in distances if node in self._exits]
        if exits and source not in self._exits:
            nearest = min(exits, key=distances.__getitem__)
            yield self._route(DEFAULT_ROUTE, paths[nearest], distances[nearest])

    def _is_inside(self, link: PlacedLink) -> bool:
        """In a customer's domain, what a site's own IGP knows of."""
        return self._domain == PROVIDER or is_inside_site(self._layout.file, link.spec)

    def _prefixes(self) -> dict[IPv4Network, dict[str, int]]:
        """Who has which subnet or loopback, and what it costs there."""
        owners: dict[IPv4Network, dict[str, int]] = {}
        for node in self._graph:
            if self._layout.domains.of_node(node) == self._domain:
                owners[IPv4Network(self._layout.loopbacks[node])] = {node: 0}
                for address in anycast_addresses(self._layout, node, None):
                    owners.setdefault(IPv4Network(address), {})[node] = 0
        for link in self._links:
            ends = (end for end in link.ends if end.node in self._graph)
            owners[link.subnet] = {end.node: end.cost for end in ends}
        return owners

    def _shortest(self, source: str) -> tuple[Mapping[str, int], Mapping[str, list[str]]]:
        if source not in self._graph:
            return {}, {}
        distances, paths = nx.single_source_dijkstra(self._graph, source, weight="cost")
        return cast("dict[str, int]", distances), cast("dict[str, list[str]]", paths)

    def _route(self, prefix: IPv4Network, path: list[str], distance: int) -> Route:
        edge = self._graph.edges[path[0], path[1]]
        return Route(
            prefix=prefix,
            protocol=RouteProtocol.COMPUTED,
            next_hops=(Gateway(edge["own"].interface, edge["other"].address.ip),),
            metric=distance,
        )


def _exits(layout: Layout, links: Iterable[PlacedLink]) -> Iterator[str]:
    """CEs with a link out of their site; how to use it they learn there, or from each other."""
    for link in links:
        if routing_of(layout.file, link.spec) not in (None, "igp"):
            yield from (end.node for end in link.ends if not layout.domains.is_core(end.node))


def graph_of(layout: Layout, links: Iterable[PlacedLink]) -> nx.DiGraph[str]:
    """Routers and the cheapest of the links between each two; the first one where they tie."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for link in links:
        for own in link.ends:
            if own.node in layout.file.routers:
                graph.add_node(own.node)
                for other in layout.neighbors(own):
                    _add_edge(graph, own, other)
    return graph


def _add_edge(graph: nx.DiGraph[str], own: PlacedEnd, other: PlacedEnd) -> None:
    edge = graph.get_edge_data(own.node, other.node)
    if edge is None or own.cost < edge["cost"]:
        graph.add_edge(own.node, other.node, cost=own.cost, own=own, other=other)
