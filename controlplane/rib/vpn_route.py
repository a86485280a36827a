"""How a RIB keeps routes to other PEs, of which it may have a hundred thousand.

A `Route` has a tuple of next hops, for those that are equally good. BGP tells one PE for a prefix,
so its name and label stand in the route itself here, in a third of the memory, and a `Route` is
made of them for whom it may concern.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from controlplane.net.label import Label
from controlplane.net.vpn import RouteDistinguisher
from controlplane.rib.route import Route, RouteProtocol, VpnNextHop


@dataclass(frozen=True, slots=True)
class VpnRoute:
    """What is not the same for all routes of BGP with one next hop that is a PE."""

    prefix: IPv4Network
    pe: IPv4Address
    rd: RouteDistinguisher
    label: Label | None
    metric: int
    backups: tuple[VpnNextHop, ...]

    @property
    def route(self) -> Route:
        return Route(
            prefix=self.prefix,
            protocol=RouteProtocol.IBGP,
            next_hops=(VpnNextHop(self.pe, self.rd, self.label),),
            metric=self.metric,
            backups=self.backups,
        )


def packed(route: Route) -> Route | VpnRoute:
    """What to keep of a route."""
    match route:
        case Route(
            prefix=prefix,
            protocol=RouteProtocol.IBGP,
            next_hops=(VpnNextHop(pe, rd, label),),
            metric=metric,
            way="",
            backups=backups,
        ):
            return VpnRoute(prefix, pe, rd, label, metric, backups)
        case _:
            return route


def unpacked(kept: Route | VpnRoute) -> Route:
    """What was kept."""
    return kept.route if isinstance(kept, VpnRoute) else kept
