"""Rows of BGP: `show ip bgp summary`, and the routes of each family with the reasons."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from controlplane.engine.time import Instant
from controlplane.protocols.bgp.show_routes import PathView, RouteView
from controlplane.router.router import Router
from controlplane.router.show.row import Json, Row, text
from controlplane.router.show.view import row_of
from controlplane.router.vrf import Vrf
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.words.bgp_communities import communities_words

_Rows: TypeAlias = Callable[[Router, Vrf, Instant], list[Row]]


def bgp_neighbor(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """`neighbor` is the peer's address."""
    if vrf.bgp is None:
        return []
    return [{**row_of(vrf, view), "neighbor": str(view.address)} for view in vrf.bgp.peers(now)]


def _routes(family: Family, router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return [_route(vrf, view) for view in vrf.bgp.routes(family)] if vrf.bgp else []


def _route(vrf: Vrf, view: RouteView) -> Row:
    return {
        "vrf": vrf.name,
        "route": str(view.key),
        "paths": [_path(path) for path in view.paths],
        "told": [str(peer) for peer in view.told],
    }


def _path(path: PathView) -> Json:
    return {
        "source": path.source.value,
        "peer": text(path.peer),
        "best": path.is_best,
        "backup": path.is_backup,
        "stale": path.is_stale,
        "why_not": path.why_not,
        "label": path.label,
        "igp_metric": path.metric,
        "imported": str(path.imported) if path.imported else None,
        "from_vrf": path.vrf,
        **_attributes(path.attributes),
    }


def _attributes(of: PathAttributes) -> Row:
    return {
        "next_hop": text(of.next_hop),
        "as_path": str(of.as_path),
        "origin": of.origin.name.lower(),
        "med": of.med,
        "local_pref": of.local_pref,
        "communities": list(communities_words(of)),
        "originator": text(of.originator_id),
        "clusters": [str(one) for one in of.cluster_list],
        "pmsi_tunnel": str(of.pmsi_tunnel) if of.pmsi_tunnel else None,
        "connector": text(of.connector.address) if of.connector else None,
    }


BGP_ROUTES: Final[dict[str, _Rows]] = {
    "bgp unicast": partial(_routes, Family.IPV4_UNICAST),
    "bgp vpnv4": partial(_routes, Family.VPNV4),
    "bgp mvpn": partial(_routes, Family.MCAST_VPN),
    "bgp mdt": partial(_routes, Family.MDT),
    "bgp multicast": partial(_routes, Family.VPNV4_MULTICAST),
    "bgp targets": partial(_routes, Family.ROUTE_TARGET),
}
