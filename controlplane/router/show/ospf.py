"""Rows of OSPF: what operators know as `show ip ospf`, `show ip ospf neighbor`, and so on."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.show import DatabaseView, LsaView
from controlplane.router.router import Router
from controlplane.router.show.row import Row, seconds, text
from controlplane.router.show.view import body_of, row_of
from controlplane.router.vrf import Vrf
from controlplane.wire.ospf.lsa import LsType


def ospf_neighbor(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """`neighbor` is the router id."""
    if vrf.ospf is None:
        return []
    return [
        {**row_of(vrf, view), "neighbor": str(view.router_id)} for view in vrf.ospf.neighbors(now)
    ]


def ospf_interface(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return [row_of(vrf, view) for view in vrf.ospf.interfaces(now)] if vrf.ospf else []


def ospf_trouble(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """What keeps routers apart from this one."""
    return [row_of(vrf, view) for view in vrf.ospf.troubles(now)] if vrf.ospf else []


def ospf_spf(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """The last calculations of routes, the newest last."""
    if vrf.ospf is None:
        return []
    return [{**row_of(vrf, run, "at"), "age": seconds(now - run.at)} for run in vrf.ospf.spf_log]


def ospf_route(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """OSPF's own routing table, of which the RIB installs what is best."""
    if vrf.ospf is None:
        return []
    routes = vrf.ospf.calculation.table
    return [row_of(vrf, routes[prefix], "behind") for prefix in sorted(routes)]


def ospf_database(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """The headers and bodies of all LSAs, by scope."""
    if vrf.ospf is None:
        return []
    databases = vrf.ospf.databases(now)
    return [_lsa(vrf, database, view) for database in databases for view in database.lsas]


def _lsa(vrf: Vrf, database: DatabaseView, view: LsaView) -> Row:
    header = view.header
    return {
        "vrf": vrf.name,
        "area": text(database.area),
        "interface": database.interface,
        "type": LsType(header.ls_type).name.lower().replace("_", "-"),
        "link_state_id": str(header.link_state_id),
        "advertising_router": str(header.advertising_router),
        "age": header.age,
        "sequence_number": f"{header.sequence_number & 0xFFFFFFFF:#010x}",
        "checksum": f"{header.checksum:#06x}",
        "own": view.is_own,
        "body": body_of(view.body),
    }
