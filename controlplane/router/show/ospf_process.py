"""A row for the OSPF process of a VRF: what `show ip ospf` begins with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.engine import OspfEngine
from controlplane.protocols.ospf.events import AreaSettings, OspfConfig
from controlplane.protocols.ospf.show import DatabaseView, InterfaceView, LsaView
from controlplane.router.router import Router
from controlplane.router.show.row import Json, Row, seconds
from controlplane.router.vrf import Vrf
from controlplane.wire.ospf.bodies import RouterLsa
from controlplane.wire.ospf.lsa import LsType


def ospf_process(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """`area_border` and `as_boundary` are what the router's own LSAs say that it is."""
    config = router.config.ospf
    if vrf.ospf is None or config is None:
        return []
    databases = vrf.ospf.databases(now)
    own = list(_own_router_lsas(databases))
    return [
        {
            "vrf": vrf.name,
            "router_id": str(config.router_id),
            "area_border": any(lsa.area_border for lsa in own),
            "as_boundary": any(lsa.as_boundary for lsa in own),
            "spf_runs": vrf.ospf.counters[Count.SPF_RUN],
            "last_spf": _last_spf(vrf.ospf, now),
            "areas": _areas(config, databases, vrf.ospf.interfaces(now)),
            "as_lsas": _count(_of_as(databases)),
        }
    ]


def _own_router_lsas(databases: Iterable[DatabaseView]) -> Iterator[RouterLsa]:
    for database in databases:
        for lsa in database.lsas:
            if lsa.is_own and isinstance(lsa.body, RouterLsa):
                yield lsa.body


def _last_spf(ospf: OspfEngine, now: Instant) -> float | None:
    return seconds(now - ospf.spf_log[-1].at) if ospf.spf_log else None


def _areas(
    config: OspfConfig, databases: Sequence[DatabaseView], interfaces: Sequence[InterfaceView]
) -> list[Json]:
    return [
        {
            "area": str(area.id),
            "kind": _kind(area),
            "interfaces": sum(one.area == area.id for one in interfaces),
            "adjacencies": sum(one.adjacencies for one in interfaces if one.area == area.id),
            "lsas": _count(_of_area(databases, area)),
        }
        for area in sorted(config.areas, key=lambda area: area.id)
    ]


def _kind(area: AreaSettings) -> str:
    """The kind, and whether summaries are kept out of it (\"totally stubby\")."""
    return area.kind.value + ("" if area.summaries else ", no summaries")


def _of_area(databases: Iterable[DatabaseView], area: AreaSettings) -> Iterator[LsaView]:
    mine = (one for one in databases if one.area == area.id and one.interface is None)
    return (lsa for database in mine for lsa in database.lsas)


def _of_as(databases: Iterable[DatabaseView]) -> Iterator[LsaView]:
    whole = (one for one in databases if one.area is None and one.interface is None)
    return (lsa for database in whole for lsa in database.lsas)


def _count(lsas: Iterable[LsaView]) -> Row:
    """How many there are of each type, by the number of the type."""
    types = Counter(LsType(lsa.header.ls_type) for lsa in lsas)
    return {kind.name.lower().replace("_", "-"): types[kind] for kind in sorted(types)}
