"""The router- and network-LSAs that this router wants in its areas (RFC 2328 12.4.1, 12.4.2)."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.area import Area
from controlplane.protocols.ospf.events import AreaKind
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.network_lsa import network_lsas
from controlplane.protocols.ospf.origination import Origin, Originations
from controlplane.protocols.ospf.originations import Wanted, area_options
from controlplane.protocols.ospf.router_lsa import router_lsa
from controlplane.wire.ospf.bodies import RouterLsa
from controlplane.wire.ospf.lsa import LsaKey, LsType


class OwnLsas:
    def __init__(self, instance: OspfInstance, originations: Originations) -> None:
        self._instance = instance
        self._originations = originations
        self._was_border = False
        self._is_boundary = False

    def be_boundary(self, is_boundary: bool) -> None:
        """Whether this router tells external routes, which its router-LSAs show (bit E)."""
        if is_boundary != self._is_boundary:
            self._is_boundary = is_boundary
            self._touch_all()

    def settle(self, now: Instant) -> None:
        """Bring the LSAs of areas up to date in which something has changed."""
        if not self._instance.stale_areas:
            return
        if self._is_border() != self._was_border:
            self._was_border = self._is_border()
            self._touch_all()
        stale, self._instance.stale_areas = self._instance.stale_areas, {}
        for area_id in stale:
            self._update(self._instance.areas[area_id], now)

    def _update(self, area: Area, now: Instant) -> None:
        scope, router_id = area.lsdb.scope, self._instance.router_id
        options = area_options(area.settings.kind)
        routers, networks = {}, {}
        if area.interfaces:
            key = LsaKey(LsType.ROUTER, router_id, router_id)
            routers[key] = Wanted(self._router_lsa(area), options)
            networks = {
                key: Wanted(body, options) for key, body in network_lsas(area, router_id).items()
            }
        self._originations.want(scope, Origin.ROUTER, routers, now)
        self._originations.want(scope, Origin.NETWORKS, networks, now)

    def _router_lsa(self, area: Area) -> RouterLsa:
        return router_lsa(
            area,
            area_border=self._was_border,
            as_boundary=self._tells_externals_in(area),
            nssa_translator=self._was_border
            and area.settings.kind is AreaKind.NSSA
            and area.settings.always_translate,
        )

    def _tells_externals_in(self, area: Area) -> bool:
        """Bit E: "should never be set in a router-LSA for a stub area" (RFC 2328 12.4.1); RFC 3101
        3.1 wants it of NSSA border routers in all others, whether they translate or not: inside the
        NSSA it makes their default route of type 7 believed (2.5 (3))."""
        if area.settings.kind is AreaKind.STUB:
            return False
        return self._is_boundary or (self._was_border and self._is_in_nssa())

    def _is_border(self) -> bool:
        """RFC 2328 12.4.1: "actively attached to two or more areas"."""
        return sum(bool(area.interfaces) for area in self._instance.areas.values()) > 1

    def _is_in_nssa(self) -> bool:
        return any(
            area.interfaces and area.settings.kind is AreaKind.NSSA
            for area in self._instance.areas.values()
        )

    def _touch_all(self) -> None:
        self._instance.stale_areas |= dict.fromkeys(self._instance.areas)
