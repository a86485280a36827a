"""Calculation of the routing table (RFC 2328 16), as far as changed LSAs make it necessary.

The steps are those of the RFC: shortest paths through each area (`spf.py`) and what hangs on them
(`intra.py`), inter-area paths (`inter.py`, `internal.py`), external paths (`external.py`,
`external_routes.py`). Each step says which destinations may have other paths now, and the next one
looks at those and at what relies on them. So a run after any change leaves the table that a first
run would make (RFC 2328 16.5 and 16.6 describe two such short cuts; this is all of them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.protocols.ospf.attached import (
    AreaChange,
    AreaView,
    AttachedArea,
    all_keys,
)
from controlplane.protocols.ospf.events import AreaId, OspfConfig, OspfRoute
from controlplane.protocols.ospf.external import External, ExternalPath
from controlplane.protocols.ospf.external_routes import ExternalRoutes
from controlplane.protocols.ospf.internal import InternalRoutes
from controlplane.protocols.ospf.lsdb import Lsdb
from controlplane.protocols.ospf.prefix import Prefix, network_of
from controlplane.protocols.ospf.table import (
    RouterEntry,
    external_route,
    internal_route,
    router_entries,
)
from controlplane.wire.ospf.lsa import LsaKey, LsType

ChangedLsas: TypeAlias = Iterable[tuple[AreaId | None, LsaKey]]
"""Area, None for LSAs of AS scope, and key of LSAs that are new, gone, or have another body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRun:
    """The shortest paths of an area were calculated, in full or from what was known.

    `vertices` are those that got another distance.
    """

    area: AreaId
    full: bool
    vertices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a run has changed; `runs` has the areas whose LSAs took part."""

    changed: tuple[OspfRoute, ...]
    withdrawn: tuple[IPv4Network, ...]
    runs: tuple[AreaRun, ...]


class RouteCalculation:
    """Routing table of one OSPF process."""

    def __init__(self, config: OspfConfig) -> None:
        self._config = config
        self._areas: dict[AreaId, AttachedArea] = {}
        self._transit: frozenset[AreaId] = frozenset()
        self._internal = InternalRoutes(self._areas)
        self._external = ExternalRoutes(config.router_id, self._areas, self._internal)
        self._routes: dict[Prefix, OspfRoute] = {}
        self._is_first_run = True

    @property
    def table(self) -> Mapping[IPv4Network, OspfRoute]:
        """The routes to networks."""
        return {network_of(network): route for network, route in self._routes.items()}

    @property
    def routers(self) -> tuple[RouterEntry, ...]:
        """Area border and AS boundary routers that can be reached, by area."""
        return tuple(router_entries(self._areas, self._config.maximum_paths))

    @property
    def router_id(self) -> IPv4Address:
        return self._config.router_id

    @property
    def areas(self) -> Mapping[AreaId, AttachedArea]:
        return self._areas

    @property
    def internal(self) -> InternalRoutes:
        return self._internal

    def best_externals(self, network: Prefix) -> list[ExternalPath]:
        """The LSAs that the route to a network consists of, none where an internal one is."""
        return [] if network in self._internal.paths else self._external.best(network)

    def told(self, network: Prefix, nssa: AreaId | None) -> list[External]:
        """What reachable routers tell of a network by type 5, or by type 7 in an NSSA."""
        return self._external.told(network, nssa)

    def run(
        self, areas: Mapping[AreaId, AreaView], external: Lsdb, changed: ChangedLsas
    ) -> Changes:
        """Bring the table up to date.

        `areas` are those that this router has working interfaces in. `changed` names all LSAs that
        changed since the last run; those of an area that is new here, or whose interfaces have
        changed, need no naming, and in the first run none does.
        """
        keys = _by_area(changed)
        if self._is_first_run:
            keys[None] = [lsa.key for lsa in external.of_type(LsType.AS_EXTERNAL)]
        everything, fresh = self._attach(areas)
        runs, updates = self._update_areas(areas, keys, fresh)
        networks = {network for update in updates for network in update.networks}
        routers = {router for update in updates for router in update.routers}
        externals = self._external.take_in(external, keys.get(None, ()))
        externals.update(*(update.externals for update in updates))
        if self._transit_changed() or everything:
            networks |= self._known_networks()
            externals |= self._external.forget_ways() | self._routes.keys()
        internal = self._internal.update(networks)
        externals |= self._external.relying_on(routers, internal)
        self._is_first_run = False
        return self._publish(internal | externals, runs)

    def _attach(self, views: Mapping[AreaId, AreaView]) -> tuple[bool, set[AreaId]]:
        """Areas come, go, and are made anew; returns whether any did, and those to be filled."""
        before = {area_id: area.settings for area_id, area in self._areas.items()}
        for area_id in before.keys() - views.keys():
            del self._areas[area_id]
        fresh = set[AreaId]()
        for area_id, view in views.items():
            area = self._areas.get(area_id)
            if area is None or not area.fits(view):
                self._areas[area_id] = AttachedArea(view, self._config.router_id)
                fresh.add(area_id)
            else:
                area.settings = view.settings
        after = {area_id: area.settings for area_id, area in self._areas.items()}
        return before != after or bool(fresh), fresh

    def _update_areas(
        self,
        views: Mapping[AreaId, AreaView],
        keys: Mapping[AreaId | None, Iterable[LsaKey]],
        fresh: set[AreaId],
    ) -> tuple[list[AreaRun], list[AreaChange]]:
        runs, updates = [], []
        for area_id, area in self._areas.items():
            lsdb, full = views[area_id].lsdb, area_id in fresh
            area_keys = all_keys(lsdb) if full else keys.get(area_id)
            if area_keys:
                update = area.update(lsdb, area_keys)
                updates.append(update)
                runs.append(AreaRun(area=area_id, full=full, vertices=update.settled))
        return runs, updates

    def _transit_changed(self) -> bool:
        before = self._transit
        transit = (area_id for area_id, area in self._areas.items() if area.tree.transit_capable)
        self._transit = frozenset(transit)
        return before != self._transit

    def _known_networks(self) -> set[Prefix]:
        """Every network that an internal path leads to or may lead to."""
        known = (area.known_networks for area in self._areas.values())
        return set(self._internal.paths).union(*known)

    def _publish(self, networks: Iterable[Prefix], runs: list[AreaRun]) -> Changes:
        changed, withdrawn = [], []
        for network in networks:
            route, before = self._route(network), self._routes.get(network)
            if route == before:
                continue
            if route is None:
                del self._routes[network]
                withdrawn.append(network_of(network))
            else:
                self._routes[network] = route
                changed.append(route)
        return Changes(changed=tuple(changed), withdrawn=tuple(withdrawn), runs=tuple(runs))

    def _route(self, network: Prefix) -> OspfRoute | None:
        """RFC 2328 16.4 (6) (a): internal paths are always preferred."""
        path = self._internal.paths.get(network)
        if path is not None:
            return internal_route(network, path, self._config.maximum_paths)
        best = self._external.best(network)
        return external_route(network, best, self._config.maximum_paths) if best else None


def _by_area(changed: ChangedLsas) -> dict[AreaId | None, list[LsaKey]]:
    keys: dict[AreaId | None, list[LsaKey]] = {}
    for area_id, key in changed:
        keys.setdefault(area_id, []).append(key)
    return keys
