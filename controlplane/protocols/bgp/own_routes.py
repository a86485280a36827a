"""Paths that no peer told: this router's own routes, and those that a VRF imports.

They compete like all others (`decision.py`): an own route with any next hop, an imported one as one
that came from inside the AS. Several routes may be imported to one prefix, from several PEs or with
several route distinguishers.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.protocols.bgp.adj_rib_in import AdjRibIn
from controlplane.protocols.bgp.events import (
    BgpConfig,
    Imported,
    PathSource,
    RoutesImported,
    RoutesOriginated,
)
from controlplane.protocols.bgp.loc_rib import LocRib
from controlplane.protocols.bgp.path import Announcement, Destination, Heard, Path, announcement
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.nlri import VpnPrefix


def originate(own: AdjRibIn, config: BgpConfig, event: RoutesOriginated) -> None:
    """Put own routes of a family into what stands for the Adj-RIB-In of this router itself."""
    own.withdraw(event.withdrawn)
    for route in event.changed:
        heard = Heard(route.attributes)
        said = own.announcements.get(heard)
        if said is None:
            said = announcement(
                PathSource.LOCAL,
                route.attributes,
                default_local_pref=config.local_pref,
                router_id=config.router_id,
                address=config.router_id,
            )
            said.heard = heard
        own.learn(route.key, route.label, said)


class ImportedRoutes:
    """`_announcements` are by attributes and PE: what imported routes share."""

    def __init__(self, rib: LocRib, config: BgpConfig) -> None:
        self._rib = rib
        self._config = config
        self._announcements: dict[tuple[PathAttributes, IPv4Address], Announcement] = {}

    def imported(self, event: RoutesImported) -> None:
        for key in event.withdrawn:
            self._withdraw(key)
        for route in event.changed:
            self._learn(route)

    def _learn(self, route: Imported) -> None:
        said = self._announcement(route)
        new = Path(said, route.label, route)
        said.users += 1
        destination = self._rib.destination(route.prefix)
        before = _path(destination, route.key)
        self._rib.replace(destination, before, new)
        if before is not None:
            self._release(before)

    def _withdraw(self, key: VpnPrefix) -> None:
        destination = self._rib.destinations.get(key.prefix)
        if destination is not None and (path := _path(destination, key)) is not None:
            self._rib.replace(destination, path, None)
            self._release(path)

    def _announcement(self, route: Imported) -> Announcement:
        name = (route.attributes, route.pe)
        said = self._announcements.get(name)
        if said is None:
            said = self._announcements[name] = announcement(
                PathSource.IMPORTED,
                route.attributes,
                default_local_pref=self._config.local_pref,
                router_id=route.pe,
                address=route.pe,
            )
        return said

    def _release(self, path: Path) -> None:
        said, route = path.announcement, path.imported
        assert route is not None, "only imported paths are here"
        said.users -= 1
        if not said.users:
            del self._announcements[route.attributes, route.pe]


def _path(destination: Destination, key: VpnPrefix) -> Path | None:
    """The path of an imported route, one of the few to its prefix."""
    return next((p for p in destination.paths if p.imported and p.imported.key == key), None)
