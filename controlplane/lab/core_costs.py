"""What the core's networks should cost each router by OSPF, area by area (RFC 2328 16.1 and 16.2).

A network of an area that a router is in costs what the shortest way inside that area does, even if
one through another area is shorter. Of other areas border routers tell what they cost from there:
those of the network's area tell the backbone, and those of the router's own area tell it what they
know themselves or have learnt there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import TypeAlias, cast

import networkx as nx

from controlplane.lab.expand.domains import PROVIDER
from controlplane.lab.expand.layout import Layout, PlacedLink
from controlplane.lab.routes import graph_of
from controlplane.protocols.ospf.events import BACKBONE, AreaId

_Owners: TypeAlias = Mapping[str, int | None]
"""Routers and what a network costs from there; None where it is not known."""


class CoreCosts:
    """Those of a moment at which the links of `down` do not work."""

    def __init__(self, layout: Layout, down: frozenset[str]) -> None:
        self._layout = layout
        self._links = [
            link for link in layout.links if link.domain == PROVIDER and link.name not in down
        ]
        areas = {BACKBONE, *(link.spec.area for link in self._links)}
        self._distances = {area: dict(self._shortest(area)) for area in areas}

    def all(self) -> Mapping[tuple[str, IPv4Network], int]:
        """By router and network, as far as it is reached."""
        costs = {
            (router, prefix): self._cost(router, area, owners)
            for prefix, area, owners in self._networks()
            for router in self._layout.file.routers
            if self._layout.domains.is_core(router)
        }
        return {key: cost for key, cost in costs.items() if cost is not None}

    def _cost(self, router: str, area: AreaId, owners: _Owners) -> int | None:
        inside = self._within(area, router, owners)
        if inside is not None:
            return inside
        if router in self._distances[BACKBONE]:
            told = {border: self._within(area, border, owners) for border in self._borders(area)}
            return self._within(BACKBONE, router, told)
        home = next((one for one, nodes in self._distances.items() if router in nodes), None)
        if home is None:
            return None
        told = {border: self._cost(border, area, owners) for border in self._borders(home)}
        return self._within(home, router, told)

    def _within(self, area: AreaId, router: str, owners: _Owners) -> int | None:
        """What the nearest of the owners has, at the end of a way inside an area."""
        distances = self._distances[area].get(router, {})
        reached = (
            distances[owner] + cost
            for owner, cost in owners.items()
            if cost is not None and owner in distances
        )
        return min(reached, default=None)

    def _borders(self, area: AreaId) -> Iterator[str]:
        yield from self._distances[area].keys() & self._distances[BACKBONE].keys()

    def _networks(self) -> Iterator[tuple[IPv4Network, AreaId, _Owners]]:
        """Loopbacks and subnets, each with its area and what it costs whose it is."""
        for link in self._links:
            yield link.subnet, link.spec.area, {end.node: end.cost for end in link.ends}
        for name, spec in self._layout.file.routers.items():
            if self._layout.domains.is_core(name):
                yield IPv4Network(self._layout.loopbacks[name]), spec.area, {name: 0}

    def _shortest(self, area: AreaId) -> Iterator[tuple[str, Mapping[str, int]]]:
        """From each router of an area to the others."""
        inside = graph_of(self._layout, self._links_of(area))
        for name, spec in self._layout.file.routers.items():
            if spec.area == area and self._layout.domains.is_core(name):
                inside.add_node(name)
        found = nx.all_pairs_dijkstra_path_length(inside, weight="cost")
        yield from cast("Iterator[tuple[str, Mapping[str, int]]]", found)

    def _links_of(self, area: AreaId) -> list[PlacedLink]:
        return [link for link in self._links if link.spec.area == area]
