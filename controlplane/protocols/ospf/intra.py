"""The intra-area routes of one area (RFC 2328 16.1): its tree, and the networks that hang on it.

What hangs where is kept by network, so a change of the tree or of an LSA touches the networks that
it concerns and no others: a stub network that comes or goes at a leaf costs no shortest paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, NamedTuple

from controlplane.protocols.ospf.events import AreaId, OspfNextHop, PathType
from controlplane.protocols.ospf.first_hops import NO_HOPS, FirstHops, Hops
from controlplane.protocols.ospf.graph import Graph, Node, Vertex, is_network, router_vertex
from controlplane.protocols.ospf.lsdb import Lsdb
from controlplane.protocols.ospf.path import Anchor, Behind, Path
from controlplane.protocols.ospf.prefix import Prefix, address_of, mask_of
from controlplane.protocols.ospf.spf import ShortestPaths
from controlplane.wire.ospf.bodies import RouterLink, RouterLsa
from controlplane.wire.ospf.lsa import LsaKey, LsType

TREE_TYPES: Final = frozenset({LsType.ROUTER, LsType.NETWORK})

_NOTHING: Final = Node({}, {})


class TreeChange(NamedTuple):
    """Vertices and networks whose path may be another now; `settled` vertices have another
    distance."""

    vertices: Set[Vertex]
    prefixes: Set[Prefix]
    settled: int


@dataclass(slots=True)
class _Ways:
    """The cheapest ways to a network that were found so far."""

    cost: int
    vertices: list[Vertex]


class AreaTree:
    """Paths to the networks and routers of an area, from the router with this id."""

    def __init__(
        self, area: AreaId, router_id: IPv4Address, local: Mapping[IPv4Address, str]
    ) -> None:
        self.area = area
        self._number = int(area)
        self._root = router_vertex(router_id)
        self._local = {int(address): name for address, name in sorted(local.items(), reverse=True)}
        self._own_networks: dict[int, dict[int, str]] = {}
        self._graph = Graph()
        self._first_hops = FirstHops(self._root, local)
        self._paths = ShortestPaths(self._graph, self._root, self._first_hops)
        self._hanging: dict[Prefix, dict[Vertex, int]] = {}
        self._virtual_endpoints: set[Vertex] = set()

    @property
    def prefixes(self) -> Iterable[Prefix]:
        """All networks that hang on a vertex, reachable or not."""
        return self._hanging.keys()

    @property
    def transit_capable(self) -> bool:
        """TransitCapability (RFC 2328 16.1): a virtual link goes through the area."""
        return any(vertex in self._paths.distance for vertex in self._virtual_endpoints)

    def update(self, lsdb: Lsdb, keys: Iterable[LsaKey]) -> TreeChange:
        """Take in the LSAs of routers and networks that changed."""
        touched: set[Vertex] = set()
        prefixes: set[Prefix] = set()
        for key in keys:
            vertex, before, after = self._replace(lsdb, key)
            if before != after:
                self._note_virtual_endpoint(vertex, after)
                touched |= self._touched(vertex, before, after)
                prefixes |= self._hang(vertex, before.leaves, after.leaves)
        moved, rerouted = self._paths.repair(touched) if touched else (set(), set())
        others = moved | rerouted
        for vertex in others:
            prefixes |= self._graph.nodes.get(vertex, _NOTHING).leaves.keys()
        return TreeChange(touched | others, prefixes, len(moved))

    def network(self, prefix: Prefix) -> Path | None:
        """The intra-area path to a network."""
        ways = self._ways(prefix)
        if ways is None:
            return None
        found = [self._hops_of(prefix, vertex) for vertex in ways.vertices]
        hops = found[0] if len(found) == 1 else NO_HOPS.union(*found)
        if not hops:
            return None
        behind = frozenset([self._anchor(prefix, vertex) for vertex in ways.vertices])
        return Path(PathType.INTRA_AREA, self.area, ways.cost, hops, behind)

    def router(self, vertex: Vertex) -> Path | None:
        """The intra-area path to a router, None to this one itself."""
        hops = self._paths.hops.get(vertex)
        if not hops:
            return None
        behind: Behind = frozenset({(self._number, vertex)})
        distance = self._paths.distance[vertex]
        return Path(PathType.INTRA_AREA, self.area, distance, hops, behind)

    def border_router(self, vertex: Vertex) -> Path | None:
        """The path to an area border router."""
        lsa = self.router_lsa(vertex)
        return self.router(vertex) if lsa is not None and lsa.area_border else None

    def boundary_router(self, vertex: Vertex) -> Path | None:
        """The path to an AS boundary router."""
        lsa = self.router_lsa(vertex)
        return self.router(vertex) if lsa is not None and lsa.as_boundary else None

    def router_lsa(self, vertex: Vertex) -> RouterLsa | None:
        """What a router says of itself, whether it can be reached or not."""
        return self._graph.nodes.get(vertex, _NOTHING).router

    @property
    def own_lsa(self) -> RouterLsa | None:
        """What this router says of itself."""
        return self.router_lsa(self._root)

    def far_end(self, link: RouterLink) -> IPv4Address | None:
        """The neighbour's address on a point-to-point link of this router."""
        own, vertex = self.own_lsa, router_vertex(link.link_id)
        router = self.router_lsa(vertex)
        if own is None or router is None:
            return None
        hops = self._first_hops.direct(own, vertex, link.metric, router)
        interface = self._local.get(int(link.link_data))
        return next((hop.address for hop in hops if hop.interface == interface), None)

    def routers(self) -> Iterator[tuple[Vertex, RouterLsa]]:
        """Routers that can be reached, this one excepted, and what they say of themselves."""
        for vertex in self._paths.hops:
            lsa = self.router_lsa(vertex)
            if lsa is not None and vertex != self._root:
                yield vertex, lsa

    def _replace(self, lsdb: Lsdb, key: LsaKey) -> tuple[Vertex, Node, Node]:
        """Put an LSA into the graph; returns its vertex before and after."""
        lsa, nodes = lsdb.usable(key), self._graph.nodes
        if key.ls_type == LsType.ROUTER:
            vertex = router_vertex(key.link_state_id)
            before = nodes.get(vertex, _NOTHING)
            self._graph.set_router(key.link_state_id, lsa)
        else:
            vertex = int(key.link_state_id)
            before = nodes.get(vertex, _NOTHING)
            self._graph.set_network(key.link_state_id, key.advertising_router, lsa)
        return vertex, before, nodes.get(vertex, _NOTHING)

    def _touched(self, vertex: Vertex, before: Node, after: Node) -> set[Vertex]:
        """Where paths may change: all neighbours of the root, else the ends of changed links."""
        neighbors = before.links.keys() | after.links.keys()
        if vertex != self._root:
            neighbors = {v for v in neighbors if before.links.get(v) != after.links.get(v)}
        return {vertex, *neighbors}

    def _note_virtual_endpoint(self, vertex: Vertex, node: Node) -> None:
        if node.router is not None and node.router.virtual_endpoint:
            self._virtual_endpoints.add(vertex)
        else:
            self._virtual_endpoints.discard(vertex)

    def _hang(
        self, vertex: Vertex, before: Mapping[Prefix, int], after: Mapping[Prefix, int]
    ) -> set[Prefix]:
        """Hang networks on a vertex in place of others; returns those that are new, gone, moved."""
        changed = {
            prefix
            for prefix in before.keys() | after.keys()
            if before.get(prefix) != after.get(prefix)
        }
        for prefix in changed:
            hanging = self._hanging.setdefault(prefix, {})
            if prefix in after:
                hanging[vertex] = after[prefix]
            else:
                del hanging[vertex]
            if not hanging:
                del self._hanging[prefix]
        return changed

    def _ways(self, prefix: Prefix) -> _Ways | None:
        """The vertices that a network is nearest by.

        Of two transit networks of one number, which is so while its Designated Router changes, the
        larger Link State ID counts (RFC 2328 16.1 (4)).
        """
        distance, ways = self._paths.distance, None
        for vertex, metric in sorted(self._hanging.get(prefix, {}).items(), reverse=True):
            if (near := distance.get(vertex)) is None:
                continue
            cost = near + metric
            if ways is None or cost < ways.cost:
                ways = _Ways(cost, [vertex])
            elif cost == ways.cost and not (is_network(vertex) and is_network(ways.vertices[-1])):
                ways.vertices.append(vertex)
        return ways

    def _hops_of(self, prefix: Prefix, vertex: Vertex) -> Hops:
        if vertex != self._root:
            return self._paths.hops[vertex]
        interface = self._own_interface(prefix)
        return NO_HOPS if interface is None else frozenset({OspfNextHop(interface, None)})

    def _anchor(self, prefix: Prefix, vertex: Vertex) -> Anchor:
        """The networks of this router have different next hops: each its own interface."""
        interface = self._own_interface(prefix) if vertex == self._root else None
        return (self._number, vertex if interface is None else interface)

    def _own_interface(self, prefix: Prefix) -> str | None:
        """The interface with an address in a network, the lowest one of several."""
        mask = mask_of(prefix)
        if mask not in self._own_networks:
            self._own_networks[mask] = {own & mask: name for own, name in self._local.items()}
        return self._own_networks[mask].get(address_of(prefix))
