"""The route provider: what BGP will bring to VRFs and sites, worked out from the lab file.

It stands where those protocols will stand and speaks as they do, in routes of a VRF that replace
the ones before. Three kinds of routes come from it:

- routes inside a domain, the shortest by the costs of outgoing ends, as a link-state protocol
  finds them: in a customer's site between CEs and the VRFs of the PEs that serve it (a PE passes
  nothing on between its sites' routers here: that is what the VPN does);
- a default route at each CE towards the nearest PE;
- routes that a PE imports from VRFs of other PEs, by route target (RFC 4364 4.3.1), with the PE's
  loopback as next hop.

In the core it gives nothing away but the file's static routes: there routers find the others by
OSPF. What they should find is worked out all the same, and the lab holds them against it.

Connected routes are a router's own. A link that is down carries nothing and its subnet is not
known anywhere; convergence takes no time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Final, TypeAlias, cast

import networkx as nx

from controlplane.lab.expand.domains import PROVIDER, Domain
from controlplane.lab.expand.layout import Layout, PlacedEnd, PlacedLink
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.vpn import RouteDistinguisher
from controlplane.rib.route import Gateway, Route, RouteProtocol, VpnNextHop

DEFAULT_ROUTE: Final = IPv4Network("0.0.0.0/0")

Routes: TypeAlias = dict[tuple[str, str], tuple[Route, ...]]
"""Routes by router and VRF."""


class RouteProvider:
    """Routes of a whole lab, for any set of broken links."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def routes(self, down: frozenset[str] = frozenset()) -> Routes:
        """All routes of all routers while these links are down."""
        return _Moment(self._layout, down).routes()

    def given(self, routes: Routes) -> Routes:
        """The part of these that routers are told: the others they find by themselves."""
        return {
            (router, vrf): tuple(route for route in found if not self._is_found(router, vrf, route))
            for (router, vrf), found in routes.items()
        }

    def _is_found(self, router: str, vrf: str, route: Route) -> bool:
        in_core = vrf == DEFAULT_VRF and self._layout.domains.is_core(router)
        return in_core and route.protocol is RouteProtocol.COMPUTED


class _Moment:
    """The network with some links down."""

    def __init__(self, layout: Layout, down: frozenset[str]) -> None:
        self._layout = layout
        self._down = down
        domains = {PROVIDER, *(link.domain for link in layout.links), *layout.file.vpns}
        self._areas = {domain: Area(layout, domain, down) for domain in domains}

    def routes(self) -> Routes:
        inside = {
            (router, vrf): self._inside(router, vrf)
            for router in self._layout.file.routers
            for vrf in (DEFAULT_VRF, *self._layout.vrfs(router))
        }
        exported = {
            (router, vrf): table.keys() | self._areas[vrf].connected(router)
            for (router, vrf), table in inside.items()
            if vrf != DEFAULT_VRF
        }
        return {
            (router, vrf): (*table.values(), *self._imported(router, vrf, exported))
            for (router, vrf), table in inside.items()
        }

    def _inside(self, router: str, vrf: str) -> dict[IPv4Network, Route]:
        domain = self._layout.domains.of_node(router) if vrf == DEFAULT_VRF else vrf
        area = self._areas.get(domain)
        computed = area.routes(router) if area else ()
        return {route.prefix: route for route in (*computed, *self._static(router, vrf))}

    def _static(self, router: str, vrf: str) -> Iterator[Route]:
        """The routes of the file whose link works."""
        for spec in self._layout.file.routers[router].routes:
            hop = next(self._layout.hops(router, spec.via, spec.vpn or DEFAULT_VRF), None)
            if (spec.vpn or DEFAULT_VRF) == vrf and hop and hop[0].link not in self._down:
                own, other = hop
                gateway = Gateway(own.interface, other.address.ip)
                yield Route(prefix=spec.to, protocol=RouteProtocol.STATIC, next_hops=(gateway,))

    def _imported(
        self, router: str, vrf: str, exported: Mapping[tuple[str, str], Iterable[IPv4Network]]
    ) -> Iterator[Route]:
        """For each prefix the nearest PE that exports what this VRF imports."""
        if vrf == DEFAULT_VRF:
            return
        vpns, loopbacks = self._layout.file.vpns, self._layout.loopbacks
        distances = self._areas[PROVIDER].distances(router)
        offers: dict[IPv4Network, tuple[int, IPv4Address, RouteDistinguisher]] = {}
        for (pe, name), prefixes in exported.items():
            if pe == router or pe not in distances:
                continue
            if vpns[name].export_targets & vpns[vrf].import_targets:
                offer = (distances[pe], loopbacks[pe], vpns[name].rd)
                for prefix in prefixes:
                    offers[prefix] = min(offers.get(prefix, offer), offer)
        for prefix, (distance, pe_address, rd) in sorted(offers.items()):
            yield Route(
                prefix=prefix,
                protocol=RouteProtocol.IBGP,
                next_hops=(VpnNextHop(pe_address, rd),),
                metric=distance,
            )


class Area:
    """One domain's working links as a graph; an edge costs what the end costs that it leaves."""

    def __init__(self, layout: Layout, domain: Domain, down: frozenset[str]) -> None:
        self._layout = layout
        self._domain = domain
        self._links = [
            link for link in layout.links if link.domain == domain and link.name not in down
        ]
        self._graph = _graph(layout, self._links)
        self._owners = self._prefixes()

    def connected(self, router: str) -> set[IPv4Network]:
        """The subnets of the router's own working links."""
        return {link.subnet for link in self._links if any(end.node == router for end in link.ends)}

    def distances(self, source: str) -> Mapping[str, int]:
        """The cost to each router in reach."""
        return self._shortest(source)[0]

    def routes(self, source: str) -> Iterator[Route]:
        """Routes of a router to all that is not its own; of a CE, also the default route.

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
        exits = [node for node in distances if self._is_exit(node, source)]
        if exits and not self._layout.domains.is_core(source):
            nearest = min(exits, key=distances.__getitem__)
            yield self._route(DEFAULT_ROUTE, paths[nearest], distances[nearest])

    def next_hop(self, source: str, target: str) -> str | None:
        """The neighbour on the way to a router."""
        paths = self._shortest(source)[1]
        return paths[target][1] if target in paths and target != source else None

    def _prefixes(self) -> dict[IPv4Network, dict[str, int]]:
        """Who has which subnet or loopback, and what it costs there."""
        owners: dict[IPv4Network, dict[str, int]] = {}
        for node in self._graph:
            if self._layout.domains.of_node(node) == self._domain:
                owners[IPv4Network(self._layout.loopbacks[node])] = {node: 0}
        for link in self._links:
            ends = (end for end in link.ends if end.node in self._graph)
            owners[link.subnet] = {end.node: end.cost for end in ends}
        return owners

    def _is_exit(self, node: str, source: str) -> bool:
        """A PE, seen from a customer's site."""
        return node != source and self._domain != PROVIDER and self._layout.domains.is_core(node)

    def _shortest(self, source: str) -> tuple[Mapping[str, int], Mapping[str, list[str]]]:
        if source not in self._graph:
            return {}, {}

        def cost(node: str, _: str, edge: Mapping[str, int]) -> int | None:
            return None if self._is_exit(node, source) else edge["cost"]

        distances, paths = nx.single_source_dijkstra(self._graph, source, weight=cost)
        return cast("dict[str, int]", distances), cast("dict[str, list[str]]", paths)

    def _route(self, prefix: IPv4Network, path: list[str], distance: int) -> Route:
        edge = self._graph.edges[path[0], path[1]]
        return Route(
            prefix=prefix,
            protocol=RouteProtocol.COMPUTED,
            next_hops=(Gateway(edge["own"].interface, edge["other"].address.ip),),
            metric=distance,
        )


def _graph(layout: Layout, links: Iterable[PlacedLink]) -> nx.DiGraph[str]:
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
