"""Which external LSAs make the route to a network (RFC 2328 16.4, RFC 3101 2.5).

The ways to AS boundary routers and forwarding addresses are shared by thousands of LSAs, so they
are kept until something that they consist of changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address

from controlplane.protocols.ospf.attached import AttachedArea
from controlplane.protocols.ospf.events import AreaId, PathType
from controlplane.protocols.ospf.external import (
    External,
    ExternalPath,
    best_externals,
    externals,
)
from controlplane.protocols.ospf.graph import Vertex
from controlplane.protocols.ospf.index import LsaIndex
from controlplane.protocols.ospf.internal import InternalRoutes
from controlplane.protocols.ospf.lsdb import Lsdb
from controlplane.protocols.ospf.path import Path, by_way_of
from controlplane.protocols.ospf.prefix import DEFAULT, Prefix
from controlplane.wire.ospf.lsa import LsaKey, LsType


class ExternalRoutes:
    def __init__(
        self,
        router_id: IPv4Address,
        areas: Mapping[AreaId, AttachedArea],
        internal: InternalRoutes,
    ) -> None:
        self._areas = areas
        self._internal = internal
        self._type_5: LsaIndex[External] = externals(router_id, None)
        self._to_router: dict[Vertex, Path | None] = {}
        self._to_address: dict[IPv4Address, Path | None] = {}

    def take_in(self, lsdb: Lsdb, keys: Iterable[LsaKey]) -> set[Prefix]:
        """Type 5 LSAs have changed; returns the networks that they are about."""
        networks = set[Prefix]()
        for key in keys:
            if key.ls_type == LsType.AS_EXTERNAL:
                networks |= self._type_5.put(key, lsdb.usable(key))
        return networks

    def forget_ways(self) -> set[Prefix]:
        """Anything may have changed; returns all external networks."""
        self._to_router.clear()
        self._to_address.clear()
        return {network for index in self._indexes() for network in index.destinations}

    def relying_on(self, routers: Iterable[Vertex], internal: set[Prefix]) -> set[Prefix]:
        """The networks to choose again when the ways to these routers and networks changed."""
        supports: list[int] = list(routers)
        for router in supports:
            self._to_router.pop(router, None)
        if internal:
            supports += [int(address) for address in self._moved_addresses()]
        return {
            network
            for index in self._indexes()
            for support in supports
            for network in index.relying_on(support)
        }

    def best(self, network: Prefix) -> list[ExternalPath]:
        """The LSAs and paths that the route to a network consists of, the most telling first."""
        return best_externals(self._paths(network))

    def told(self, network: Prefix, nssa: AreaId | None) -> list[External]:
        """What other routers tell of a network by type 5, or by type 7 in an NSSA, if they can be
        reached."""
        index = self._type_5 if nssa is None else self._areas[nssa].externals
        reachable = self._way_to_router if nssa is None else self._areas[nssa].tree.boundary_router
        return [says for says in index.of(network) if reachable(says.boundary_router) is not None]

    def _indexes(self) -> list[LsaIndex[External]]:
        return [self._type_5, *(area.externals for area in self._areas.values())]

    def _moved_addresses(self) -> list[IPv4Address]:
        """Forget the forwarding addresses that are reached another way now; returns them."""
        known = self._to_address
        moved = [a for a, path in known.items() if self._internal.lookup(a) != path]
        for address in moved:
            del known[address]
        return moved

    def _paths(self, network: Prefix) -> Iterator[ExternalPath]:
        for index in self._indexes():
            for says in index.of(network):
                path = self._way(network, says)
                if path is not None:
                    yield ExternalPath(says, path)

    def _way(self, network: Prefix, says: External) -> Path | None:
        """RFC 2328 16.4 (3) with RFC 3101 2.5 (3): to the AS boundary router, or to the forwarding
        address if there is one, and then the router needs to be reachable all the same."""
        area = None if says.nssa is None else self._areas[says.nssa]
        if area is None:
            router = self._way_to_router(says.boundary_router)
        elif network == DEFAULT and self._is_no_default_for_us(area, says):
            router = None
        else:
            router = area.tree.boundary_router(says.boundary_router)
        if router is None or not int(says.forwarding_address):
            return router
        return self._way_to_address(says.forwarding_address, area)

    def _is_no_default_for_us(self, nssa: AttachedArea, says: External) -> bool:
        """RFC 3101 2.5 (3): what a border router is told of a default route inside an NSSA."""
        return self._internal.is_border and not (says.propagate and nssa.settings.summaries)

    def _way_to_router(self, vertex: Vertex) -> Path | None:
        if vertex not in self._to_router:
            self._to_router[vertex] = self._internal.boundary_router(vertex)
        return self._to_router[vertex]

    def _way_to_address(self, address: IPv4Address, nssa: AttachedArea | None) -> Path | None:
        """For type 7 an intra-area path of the NSSA, for type 5 one through another area."""
        if address not in self._to_address:
            self._to_address[address] = self._internal.lookup(address)
        path = self._to_address[address]
        if path is None or not path.hops:
            return None
        if nssa is None:
            usable = self._areas[path.area].is_type_5_capable
        else:
            is_intra_area = path.path_type is PathType.INTRA_AREA
            usable = is_intra_area and path.area == nssa.settings.id
        return by_way_of(path, address) if usable else None
