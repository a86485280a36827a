"""Rows of unicast: `show ip route`, `show ip arp`."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.rib.route import Attached, Blackhole, Gateway, Local, NextHop, Route, VpnNextHop
from controlplane.router.router import Router
from controlplane.router.show.row import Row, seconds
from controlplane.router.vrf import Vrf


def route(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """The installed routes; `type` is the kind of next hop."""
    return [_route(vrf, installed) for installed in vrf.rib.routes()]


def _route(vrf: Vrf, installed: Route) -> Row:
    return {
        "vrf": vrf.name,
        "prefix": str(installed.prefix),
        "protocol": installed.protocol.name.lower(),
        "preference": installed.protocol.value,
        "metric": installed.metric,
        **_next_hop(installed.next_hops[0]),
        "next_hops": [_next_hop(next_hop) for next_hop in installed.next_hops],
    }


def _next_hop(next_hop: NextHop) -> Row:
    match next_hop:
        case Attached(interface):
            return {"type": "attached", "interface": interface, "via": None}
        case Local(interface):
            return {"type": "local", "interface": interface, "via": None}
        case Gateway(interface, address):
            return {"type": "gateway", "interface": interface, "via": str(address)}
        case VpnNextHop(pe, rd):
            return {"type": "vpn", "interface": None, "via": str(pe), "rd": str(rd)}
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
