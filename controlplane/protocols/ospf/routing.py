"""When LSAs changed, routes are calculated (RFC 2328 16): here is when, and who is told.

What this router originates because of its routes is looked at after each calculation.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.area import Area
from controlplane.protocols.ospf.attached import AreaView
from controlplane.protocols.ospf.calculation import AreaRun, Changes, RouteCalculation
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.events import AreaId, ExternalRoute, RoutesUpdated
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.lsdb import AS_SCOPE
from controlplane.protocols.ospf.notices import RoutesCalculated
from controlplane.protocols.ospf.origination import Origin, Originations
from controlplane.protocols.ospf.originations import Wants, desired_lsas
from controlplane.protocols.ospf.te import TeInterface, te_lsas
from controlplane.protocols.ospf.throttle import SpfThrottle
from controlplane.protocols.ospf.timers import SpfTimer

_SPF_TIMER: Final = SpfTimer()
_LOGGED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfRun:
    """One calculation, for `show`; `lsas` is how many had changed."""

    at: Instant
    lsas: int
    runs: tuple[AreaRun, ...]
    changed: int
    withdrawn: int


class Routing:
    def __init__(self, instance: OspfInstance, originations: Originations) -> None:
        self._instance = instance
        self._originations = originations
        self._external_routes: tuple[ExternalRoute, ...] = ()
        self._throttle = SpfThrottle(instance.config.spf)
        self._changed_at: Instant = 0.0
        self._waiting = 0
        self.calculation = RouteCalculation(instance.config)
        self.log: deque[SpfRun] = deque(maxlen=_LOGGED)

    def settle(self, now: Instant) -> None:
        """Have routes calculated when there is a reason to."""
        waiting = len(self._instance.changed)
        if waiting == self._waiting:
            return
        if not self._waiting:
            self._changed_at = now
        self._waiting = waiting
        at = self._throttle.next_run(now, self._changed_at)
        self._instance.timers.set(_SPF_TIMER, at)

    def run(self, now: Instant) -> None:
        """The SPF timer has expired."""
        self._instance.counters[Count.SPF_RUN] += 1
        changed, self._instance.changed = self._instance.changed, {}
        self._waiting = 0
        changes = self.calculation.run(self._views(), self._instance.external, changed)
        self._throttle.ran(now)
        self._tell(changes, len(changed), now)
        self._originate(now)

    def replace_external_routes(self, routes: tuple[ExternalRoute, ...], now: Instant) -> None:
        """What this router tells as an AS boundary router is now this."""
        self._external_routes = routes
        self._originate(now)

    def _originate(self, now: Instant) -> None:
        """RFC 2328 12.4 (5) to (10): LSAs that follow from the routing table."""
        wants = desired_lsas(self.calculation, self._external_routes)
        self._originations.want(AS_SCOPE, Origin.ROUTES, wants.get(None, {}), now)
        for area in self._instance.areas.values():
            scope = area.lsdb.scope
            self._originations.want(scope, Origin.ROUTES, wants.get(area.id, {}), now)
            te = self._te_lsas(area)
            self._originations.want(scope, Origin.TRAFFIC_ENGINEERING, te, now)

    def _te_lsas(self, area: Area) -> Wants:
        attached = self.calculation.areas.get(area.id)
        if attached is None:
            return {}
        interfaces = {
            i.name: TeInterface(i.interface.index, i.settings.traffic_engineering)
            for i in area.interfaces.values()
            if i.settings.traffic_engineering is not None
        }
        return te_lsas(attached, self._instance.router_id, interfaces)

    def _views(self) -> dict[AreaId, AreaView]:
        return {
            area.id: AreaView(
                settings=area.settings,
                lsdb=area.lsdb,
                local={i.address: i.name for i in area.interfaces.values()},
            )
            for area in self._instance.areas.values()
            if area.interfaces
        }

    def _tell(self, changes: Changes, lsas: int, now: Instant) -> None:
        changed, withdrawn = changes.changed, changes.withdrawn
        run = SpfRun(
            at=now,
            lsas=lsas,
            runs=changes.runs,
            changed=len(changed),
            withdrawn=len(withdrawn),
        )
        self.log.append(run)
        outputs = self._instance.outputs
        waited = now - self._changed_at
        outputs.append(RoutesCalculated(changes.runs, len(changed), len(withdrawn), waited))
        if changed or withdrawn:
            outputs.append(RoutesUpdated(changed=changed, withdrawn=withdrawn))
