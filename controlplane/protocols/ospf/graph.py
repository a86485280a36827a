"""The directed graph of an area (RFC 2328 2.1): routers and transit networks, and what links them.

A vertex is a number. Transit networks have the address of their Designated Router, and routers
their id above 32 bits, so that networks come before routers of the same distance: "network vertices
must be chosen before router vertices in order to necessarily find all equal-cost paths"
(RFC 2328 16.1 (3)). Stub networks are no vertices: they hang on a router as leaves, and so does the
network itself on the vertex of a transit network.

A link counts when both its ends say that it is there (RFC 2328 16.1 (2) (b)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.net.interned import address
from controlplane.protocols.ospf.prefix import Prefix, prefix_of
from controlplane.wire.ospf.bodies import LinkType, NetworkLsa, RouterLsa
from controlplane.wire.ospf.lsa import HEADER_OCTETS, Lsa
from controlplane.wire.reader import Reader

Vertex: TypeAlias = int

_ROUTER: Final = 1 << 32
_CACHED: Final = 1 << 14

CHEAPEST_LINK: Final = 1
"""RFC 2328 C.3: "the interface output cost must always be greater than 0". A router that says 0
all the same is taken for 1, as with 0 two routers could each be on the way to the other."""


def router_vertex(router_id: IPv4Address) -> Vertex:
    return _ROUTER | int(router_id)


def network_vertex(designated_router: IPv4Address) -> Vertex:
    return int(designated_router)


def is_network(vertex: Vertex) -> bool:
    return vertex < _ROUTER


def router_id_of(vertex: Vertex) -> IPv4Address:
    return address(vertex ^ _ROUTER)


@dataclass(frozen=True, slots=True)
class Node:
    """What the LSA of a vertex says: `links` and their costs, the cheapest of parallel ones,
    and `leaves`, the networks that hang on it. `router` is the LSA itself when it is a router's."""

    links: Mapping[Vertex, int]
    leaves: Mapping[Prefix, int]
    router: RouterLsa | None = None


def router_node(router: RouterLsa) -> Node:
    links: dict[Vertex, int] = {}
    leaves: dict[Prefix, int] = {}
    for link in router.links:
        target, metric = int(link.link_id), link.metric
        if link.type is LinkType.STUB:
            prefix = prefix_of(target, int(link.link_data))
            if prefix is not None:
                leaves[prefix] = min(metric, leaves.get(prefix, metric))
        else:
            vertex = target if link.type is LinkType.TRANSIT else _ROUTER | target
            cost = max(metric, CHEAPEST_LINK)
            links[vertex] = min(cost, links.get(vertex, cost))
    return Node(links, leaves, router)


@lru_cache(maxsize=_CACHED)
def _router_node(body: bytes) -> Node:
    """Cached: all routers of a lab have the same LSAs."""
    return router_node(RouterLsa.decode(Reader(body)))


def network_node(designated_router: IPv4Address, network: NetworkLsa) -> Node:
    prefix = prefix_of(int(designated_router), int(network.mask))
    links = {router_vertex(router): 0 for router in network.attached_routers}
    return Node(links, {} if prefix is None else {prefix: 0})


class Graph:
    """Vertices by number, as the LSAs of the moment have them."""

    def __init__(self) -> None:
        self.nodes: dict[Vertex, Node] = {}
        self._networks: dict[Vertex, dict[IPv4Address, Node]] = {}

    def cost(self, tail: Vertex, head: Vertex) -> int | None:
        """The cost of a link that both ends know of, None when there is none."""
        nodes = self.nodes
        if tail not in nodes or head not in nodes or tail not in nodes[head].links:
            return None
        return nodes[tail].links.get(head)

    def out(self, tail: Vertex) -> Iterator[tuple[Vertex, int]]:
        """Where links lead to from a vertex, and their costs; none when it is gone."""
        nodes = self.nodes
        node = nodes.get(tail)
        if node is None:
            return
        for head, cost in node.links.items():
            if head in nodes and tail in nodes[head].links:
                yield head, cost

    def incoming(self, head: Vertex) -> Iterator[tuple[Vertex, int]]:
        """Where links come from to a vertex, and their costs."""
        nodes = self.nodes
        node = nodes.get(head)
        if node is None:
            return
        for tail in node.links:
            if tail in nodes and (cost := nodes[tail].links.get(head)) is not None:
                yield tail, cost

    def set_router(self, router_id: IPv4Address, lsa: Lsa | None) -> Vertex:
        """A router's LSA is now this; returns its vertex."""
        vertex = router_vertex(router_id)
        if lsa is None:
            self.nodes.pop(vertex, None)
        else:
            self.nodes[vertex] = _router_node(lsa.octets[HEADER_OCTETS:])
        return vertex

    def set_network(
        self, designated_router: IPv4Address, advertising_router: IPv4Address, lsa: Lsa | None
    ) -> Vertex:
        """A network's LSA is now this; returns its vertex.

        When the Designated Router changes its id, LSAs of both ids exist for a moment: the LSA of
        the higher id counts, on all routers.
        """
        vertex = network_vertex(designated_router)
        advertised = self._networks.setdefault(vertex, {})
        if lsa is None:
            advertised.pop(advertising_router, None)
        else:
            assert isinstance(lsa.body, NetworkLsa)
            advertised[advertising_router] = network_node(designated_router, lsa.body)
        if advertised:
            self.nodes[vertex] = advertised[max(advertised)]
        else:
            del self._networks[vertex]
            self.nodes.pop(vertex, None)
        return vertex
