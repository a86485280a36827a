"""Routes inside the AS: intra-area before inter-area ones (RFC 2328 16.1 to 16.3, 11.1).

A router in several areas is an area border router and looks at the backbone's summary-LSAs alone.
As RFC 2328 3.3 has it, that is so even when none of its areas is the backbone: then it has no
inter-area routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address
from typing import Final

from controlplane.protocols.ospf.attached import AttachedArea
from controlplane.protocols.ospf.events import BACKBONE, AreaId, PathType
from controlplane.protocols.ospf.external import preferred_router_path
from controlplane.protocols.ospf.first_hops import NO_HOPS
from controlplane.protocols.ospf.graph import Vertex
from controlplane.protocols.ospf.inter import through_transit_area
from controlplane.protocols.ospf.path import Behind, Path
from controlplane.protocols.ospf.prefix import Prefix
from controlplane.protocols.ospf.ranges import ActiveRange, active_ranges

_NO_ANCHORS: Final[Behind] = frozenset()
_MASKS: Final = tuple((0xFFFFFFFF << host_bits) & 0xFFFFFFFF for host_bits in range(33))
"""All masks, the longest first."""


class InternalRoutes:
    """Paths to networks, kept; paths to AS boundary routers, worked out when asked for."""

    def __init__(self, areas: Mapping[AreaId, AttachedArea]) -> None:
        self._areas = areas
        self._paths: dict[Prefix, Path] = {}
        self._active: dict[Prefix, ActiveRange] = {}

    @property
    def paths(self) -> Mapping[Prefix, Path]:
        return self._paths

    @property
    def ranges(self) -> Iterable[ActiveRange]:
        """The active address ranges of all areas."""
        return self._active.values()

    @property
    def is_border(self) -> bool:
        return len(self._areas) > 1

    def update(self, networks: Iterable[Prefix]) -> set[Prefix]:
        """Work these networks out again; returns those whose path is another now."""
        changed = {network for network in networks if self._renew(network)}
        before, self._active = self._active, self._active_ranges()
        ranges = before.keys() | self._active.keys()
        return changed | {network for network in ranges if self._renew(network)}

    def lookup(self, address: IPv4Address) -> Path | None:
        """The path to the longest prefix that covers an address."""
        number = int(address)
        for mask in _MASKS:
            if (path := self._paths.get((number & mask) << 32 | mask)) is not None:
                return path
        return None

    def area_on_link(self, address: IPv4Address) -> AttachedArea | None:
        """The area of the link of ours that an address is on."""
        path = self.lookup(address) if int(address) else None
        if path is None or not any(hop.address is None for hop in path.hops):
            return None
        return self._areas[path.area]

    def boundary_router(self, vertex: Vertex) -> Path | None:
        """The path to an AS boundary router outside NSSAs (RFC 2328 16.4 (3), RFC 3101 2.5 (3))."""
        capable = (area for area in self._areas.values() if area.is_type_5_capable)
        entries = (self._router_entry(area, vertex) for area in capable)
        return preferred_router_path(entry for entry in entries if entry is not None)

    def _router_entry(self, area: AttachedArea, vertex: Vertex) -> Path | None:
        """The "router" routing table entry that is associated with an area."""
        path = area.tree.boundary_router(vertex)
        if path is None and area is self._examined:
            path = area.summarised_router(vertex)
        if path is None or path.area != BACKBONE:
            return path
        for transit in self._transit_areas():
            path = through_transit_area(path, transit.tree, transit.routers.of(vertex))
        return path

    @property
    def _examined(self) -> AttachedArea | None:
        """The area whose summary-LSAs are used (RFC 2328 16.2)."""
        if self.is_border:
            return self._areas.get(BACKBONE)
        return next(iter(self._areas.values()), None)

    def _transit_areas(self) -> list[AttachedArea]:
        if not self.is_border:
            return []
        others = (area for area_id, area in self._areas.items() if area_id != BACKBONE)
        return [area for area in others if area.tree.transit_capable]

    def _active_ranges(self) -> dict[Prefix, ActiveRange]:
        if not self.is_border:
            return {}
        return active_ranges((area.settings for area in self._areas.values()), self._paths)

    def _renew(self, network: Prefix) -> bool:
        path = self._path(network)
        if path == self._paths.get(network):
            return False
        if path is None:
            del self._paths[network]
        else:
            self._paths[network] = path
        return True

    def _path(self, network: Prefix) -> Path | None:
        path = self._intra_area(network)
        if path is None and network in self._active:
            return _discard(self._active[network])
        if path is None and self._examined is not None:
            path = self._examined.summarised(network)
        if path is None or path.area != BACKBONE:
            return path
        for transit in self._transit_areas():
            path = through_transit_area(path, transit.tree, transit.networks.of(network))
        return path

    def _intra_area(self, network: Prefix) -> Path | None:
        paths = [area.tree.network(network) for area in self._areas.values()]
        if len(paths) == 1:
            return paths[0]
        found = (path for path in paths if path is not None)
        return min(found, key=lambda path: (path.cost, -int(path.area)), default=None)


def _discard(active: ActiveRange) -> Path:
    """RFC 2328 11.1: packets to what is in an active range and is no network are dropped."""
    return Path(PathType.INTER_AREA, active.area, active.cost, NO_HOPS, _NO_ANCHORS)
