"""Entries of the routing table (RFC 2328 11), as they are told to others and shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address

from controlplane.protocols.ospf.attached import AttachedArea
from controlplane.protocols.ospf.events import AreaId, OspfNextHop, OspfRoute, PathType
from controlplane.protocols.ospf.external import ExternalPath, external_path
from controlplane.protocols.ospf.first_hops import Hops
from controlplane.protocols.ospf.graph import router_id_of
from controlplane.protocols.ospf.path import Path
from controlplane.protocols.ospf.prefix import Prefix, network_of

_CACHED = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterEntry:
    """A routing table entry for a router: an area border router, an AS boundary router, or both."""

    router_id: IPv4Address
    area: AreaId
    path_type: PathType
    cost: int
    next_hops: tuple[OspfNextHop, ...]
    area_border: bool
    as_boundary: bool


@lru_cache(maxsize=_CACHED)
def next_hops(hops: Hops, maximum: int) -> tuple[OspfNextHop, ...]:
    """Sorted, and not more than that: RFC 2328 16.8 lets a router keep a fixed number."""
    return tuple(sorted(hops, key=_by_interface)[:maximum])


def internal_route(network: Prefix, path: Path, maximum_paths: int) -> OspfRoute:
    return OspfRoute(
        prefix=network_of(network),
        path_type=path.path_type,
        area=path.area,
        cost=path.cost,
        next_hops=next_hops(path.hops, maximum_paths),
        behind=path.behind,
    )


def external_route(network: Prefix, best: list[ExternalPath], maximum_paths: int) -> OspfRoute:
    says, path = best[0].says, external_path(best)
    return OspfRoute(
        prefix=network_of(network),
        path_type=path.path_type,
        area=path.area,
        cost=path.cost,
        next_hops=next_hops(path.hops, maximum_paths),
        behind=path.behind,
        cost2=says.metric if says.type2 else 0,
        tag=says.tag,
    )


def router_entries(
    areas: Mapping[AreaId, AttachedArea], maximum_paths: int
) -> Iterator[RouterEntry]:
    """Intra-area entries of each area, and inter-area ones from summary-LSAs of type 4."""
    for area in areas.values():
        for vertex, lsa in area.tree.routers():
            path = area.tree.router(vertex)
            if path is not None and (lsa.area_border or lsa.as_boundary):
                flags = lsa.area_border, lsa.as_boundary
                yield _router_entry(router_id_of(vertex), path, flags, maximum_paths)
        for vertex in area.routers.destinations:
            path = area.summarised_router(vertex)
            if path is not None and area.tree.boundary_router(vertex) is None:
                yield _router_entry(router_id_of(vertex), path, (False, True), maximum_paths)


def _router_entry(
    router_id: IPv4Address, path: Path, flags: tuple[bool, bool], maximum_paths: int
) -> RouterEntry:
    area_border, as_boundary = flags
    return RouterEntry(
        router_id=router_id,
        area=path.area,
        path_type=path.path_type,
        cost=path.cost,
        next_hops=next_hops(path.hops, maximum_paths),
        area_border=area_border,
        as_boundary=as_boundary,
    )


def _by_interface(hop: OspfNextHop) -> tuple[str, int]:
    return hop.interface, -1 if hop.address is None else int(hop.address)
