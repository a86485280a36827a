"""What an area border router tells each of its areas of the others (RFC 2328 12.4.3).

Destinations inside the area, or reached through it, are left out, as in a distance vector protocol.
Only what is inside another area goes into the backbone; anything goes from there into the others.
Networks in an address range of their area are told as that range. A stub area or NSSA may have a
default route in place of all (RFC 2328 12.4.3.1, RFC 3101 2.7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from controlplane.protocols.ospf.attached import AttachedArea
from controlplane.protocols.ospf.events import BACKBONE, AreaId, AreaKind, PathType
from controlplane.protocols.ospf.graph import Vertex
from controlplane.protocols.ospf.internal import InternalRoutes
from controlplane.protocols.ospf.path import Path
from controlplane.protocols.ospf.prefix import DEFAULT, Prefix
from controlplane.protocols.ospf.ranges import Ranges
from controlplane.wire.ospf.bodies import LS_INFINITY


class Summaries(NamedTuple):
    """Metrics of networks (type 3) and of AS boundary routers (type 4)."""

    networks: dict[Prefix, int]
    routers: dict[Vertex, int]


def summaries_for(
    area: AttachedArea, areas: Mapping[AreaId, AttachedArea], internal: InternalRoutes
) -> Summaries:
    """What this router, a border router, tells an area."""
    told = _Told(area, areas, internal)
    networks = dict(told.networks()) if area.settings.summaries or _is_normal(area) else {}
    if _has_default_summary(area):
        networks[DEFAULT] = area.settings.default_cost
    routers = dict(told.routers()) if area.is_type_5_capable else {}
    return Summaries(networks, routers)


def _is_normal(area: AttachedArea) -> bool:
    return area.settings.kind is AreaKind.NORMAL


def _has_default_summary(area: AttachedArea) -> bool:
    """A stub area always; an NSSA only without other summaries, else it gets one of type 7."""
    kind = area.settings.kind
    return kind is AreaKind.STUB or (kind is AreaKind.NSSA and not area.settings.summaries)


class _Told:
    """The routing table as one area is told of it."""

    def __init__(
        self, area: AttachedArea, areas: Mapping[AreaId, AttachedArea], internal: InternalRoutes
    ) -> None:
        self._area = area
        self._areas = areas
        self._internal = internal
        self._interfaces = frozenset(area.local.values())
        self._ranges = {
            area_id: Ranges(other.settings.ranges)
            for area_id, other in areas.items()
            if other.settings.ranges and not self._must_see(area_id)
        }

    def networks(self) -> Iterator[tuple[Prefix, int]]:
        for network, path in self._internal.paths.items():
            if self._is_told(path) and not self._is_condensed(network, path):
                yield network, path.cost
        for active in self._internal.ranges:
            is_elsewhere = active.area != self._area.settings.id and active.area in self._ranges
            if active.advertise and is_elsewhere and active.cost < LS_INFINITY:
                yield active.network, active.cost

    def routers(self) -> Iterator[tuple[Vertex, int]]:
        """RFC 3101 1.3: AS boundary routers inside NSSAs are not told of."""
        known: set[Vertex] = set()
        for area in self._areas.values():
            if area.is_type_5_capable:
                known.update(vertex for vertex, lsa in area.tree.routers() if lsa.as_boundary)
                known.update(area.routers.destinations)
        for vertex in known:
            path = self._internal.boundary_router(vertex)
            if path is not None and self._is_told(path):
                yield vertex, path.cost

    def _is_told(self, path: Path) -> bool:
        """A border router's inter-area paths are all the backbone's, which so gets none of them."""
        is_ours = path.area == self._area.settings.id
        if is_ours or path.cost >= LS_INFINITY or not path.hops:
            return False
        return not any(hop.interface in self._interfaces for hop in path.hops)

    def _is_condensed(self, network: Prefix, path: Path) -> bool:
        """Whether a range stands for the network, be it told or hidden."""
        ranges = self._ranges.get(path.area)
        is_intra_area = path.path_type is PathType.INTRA_AREA
        return is_intra_area and ranges is not None and ranges.around(network) is not None

    def _must_see(self, area_id: AreaId) -> bool:
        """ "The backbone's configured ranges should be ignored when originating summary-LSAs into
        transit areas." """
        return area_id == BACKBONE and self._area.tree.transit_capable
