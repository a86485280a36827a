"""Rows of unicast: `show ip route`, `show ip arp`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.engine.time import Instant
from controlplane.fib.unicast import goal_of
from controlplane.fib.vpn_paths import has_lsp
from controlplane.net.interface import DEFAULT_VRF
from controlplane.rib.route import Attached, Blackhole, Gateway, Local, NextHop, Route, VpnNextHop
from controlplane.router.router import Router
from controlplane.router.show.row import Json, Row, seconds
from controlplane.router.vrf import Vrf

IsReached: TypeAlias = Callable[[IPv4Address], bool]
"""Whether an LSP leads to a PE."""


def route(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """The installed routes; `type` is the kind of next hop.

    Those of BGP need no more than a route to the next hop, and a PE may have that without labels
    (`lsp`): then multicast alone follows it.
    """
    is_reached = cache(partial(_is_reached, router))
    return [_route(vrf, installed, is_reached) for installed in vrf.rib.routes()]


def _is_reached(router: Router, pe: IPv4Address) -> bool:
    way = router.vrfs[DEFAULT_VRF].rib.lookup(pe)
    goal = goal_of(DEFAULT_VRF, way, router.labels.of(way.prefix)) if way else None
    return has_lsp(goal)


def _route(vrf: Vrf, installed: Route, is_reached: IsReached) -> Row:
    next_hops: list[Json] = [_next_hop(next_hop, is_reached) for next_hop in installed.next_hops]
    return {
        "vrf": vrf.name,
        "prefix": str(installed.prefix),
        "protocol": installed.protocol.name.lower(),
        "preference": installed.protocol.value,
        "metric": installed.metric,
        **_next_hop(installed.next_hops[0], is_reached),
        "next_hops": next_hops,
    }


def _next_hop(next_hop: NextHop, is_reached: IsReached) -> Row:
    match next_hop:
        case Attached(interface):
            return {"type": "attached", "interface": interface, "via": None}
        case Local(interface):
            return {"type": "local", "interface": interface, "via": None}
        case Gateway(interface, address):
            return {"type": "gateway", "interface": interface, "via": str(address)}
        case VpnNextHop(pe, rd, label):
            lsp = label is not None and is_reached(pe)
            return {"type": "vpn", "interface": None, "via": str(pe), "rd": str(rd), "lsp": lsp}
        case Blackhole():
            return {"type": "blackhole", "interface": None, "via": None}


def arp(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return [
        {
            "vrf": vrf.name,
            "interface": neighbor.interface,
            "address": str(neighbor.address),
            "mac": str(neighbor.mac) if neighbor.mac else None,
            "state": neighbor.state.value,
            "age": seconds(neighbor.age),
            "expires": seconds(neighbor.expires),
        }
        for neighbor in vrf.arp.neighbors(now)
    ]
