"""Paths that no peer told: this router's own routes, and those that a VRF imports.

They compete like all others (`decision.py`): an own route with any next hop, an imported one as one
that came from inside the AS. Several routes may be imported to one prefix, from several PEs or with
several route distinguishers.
"""

from __future__ import annotations

from controlplane.protocols.bgp.adj_rib_in import AdjRibIn
from controlplane.protocols.bgp.events import (
    BgpConfig,
    Imported,
    PathSource,
    RoutesImported,
    RoutesOriginated,
)
from controlplane.protocols.bgp.loc_rib import LocRib
from controlplane.protocols.bgp.path import (
    Announcement,
    Destination,
    Heard,
    ImportedPath,
    announcement,
)
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
    """`_announcements` are the latest for each set of attributes, of those that routes have.

    Attributes are told apart by identity, which many routes share: to hash their value takes longer
    than all else that is done here.
    """

    def __init__(self, rib: LocRib, config: BgpConfig) -> None:
        self._rib = rib
        self._config = config
        self._announcements: dict[int, Announcement] = {}

    def imported(self, event: RoutesImported) -> None:
        for key in event.withdrawn:
            self._withdraw(key)
        for route in event.changed:
            self._learn(route)

    def _learn(self, route: Imported) -> None:
        said = self._announcement(route)
        new = ImportedPath(said, route.label, origin=route.key)
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
        """The one that there is for routes like this, or a new one."""
        said = self._announcements.get(id(route.attributes))
        if said is None or not _is_of(said, route):
            said = self._announcements[id(route.attributes)] = self._new(route)
        return said

    def _new(self, route: Imported) -> Announcement:
        said = announcement(
            PathSource.IMPORTED,
            route.attributes,
            default_local_pref=self._config.local_pref,
            router_id=route.pe,
            address=route.pe,
        )
        said.distance = route.metric
        said.vrf = route.vrf
        return said

    def _release(self, path: ImportedPath) -> None:
        said = path.announcement
        said.users -= 1
        if not said.users and self._announcements.get(id(said.attributes)) is said:
            del self._announcements[id(said.attributes)]


def _is_of(said: Announcement, route: Imported) -> bool:
    """Whether an announcement of a route's attributes has all else in common with it."""
    return (said.address, said.distance, said.vrf) == (route.pe, route.metric, route.vrf)


def _path(destination: Destination, key: VpnPrefix) -> ImportedPath | None:
    """The path of an imported route, one of the few to its prefix."""
    imported = (path for path in destination.paths if isinstance(path, ImportedPath))
    return next((path for path in imported if path.origin == key), None)
