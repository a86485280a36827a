"""Who is told when the routes of a VRF change.

forwarding    the prefixes, and the neighbours that they may cover
PIM           RPF may answer differently
LDP           routes of the provider's table are FECs (RFC 5036 2.1)
OSPF          what it redistributes
BGP           what it redistributes, and how far its next hops are
other VRFs    what they import from this one leads where it leads here
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from ipaddress import IPv4Network
from typing import Final

from controlplane.engine.time import Instant
from controlplane.fib.build import FibBuilder
from controlplane.net.compact_prefix import place
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.bgp.events import BestPath, BestPathsChanged, NextHopsTracked
from controlplane.protocols.ldp.events import FecNextHop, FecRoute, FecsChanged
from controlplane.protocols.ospf.events import (
    Behind,
    ExternalRoute,
    ExternalRoutesReplaced,
    OspfNextHop,
    OspfRoute,
    PathType,
    RoutesUpdated,
)
from controlplane.protocols.pim.events import RoutesChanged
from controlplane.rib.route import (
    Attached,
    Blackhole,
    Gateway,
    Local,
    NextHop,
    Route,
    RouteProtocol,
)
from controlplane.router.bgp_inputs import BgpInputs
from controlplane.router.bgp_routes import BgpRoutes
from controlplane.router.config import Redistribution
from controlplane.router.engines import Engines
from controlplane.router.links import Links
from controlplane.router.vrf import Vrf

_LABELLED: Final = frozenset({RouteProtocol.CONNECTED, RouteProtocol.STATIC, RouteProtocol.OSPF})
"""Routes that get labels of LDP; those of BGP carry their own (RFC 8277)."""

_CACHED: Final = 1 << 16


class Routing:
    def __init__(
        self,
        links: Links,
        vrfs: Mapping[str, Vrf],
        engines: Engines,
        builder: FibBuilder,
        redistribute: Iterable[Redistribution],
        bgp: BgpInputs,
    ) -> None:
        self._links = links
        self._vrfs = vrfs
        self._engines = engines
        self._builder = builder
        self._redistribute = {item.protocol: item for item in redistribute}
        self._redistributed: tuple[ExternalRoute, ...] = ()
        self._bgp = bgp
        self._bgp_routes = BgpRoutes({name: vrf.rib for name, vrf in vrfs.items()})

    def replace(
        self, vrf: str, protocol: RouteProtocol, routes: Collection[Route], now: Instant
    ) -> None:
        """The routes of a protocol are now these."""
        self._changed(self._vrfs[vrf], self._vrfs[vrf].rib.replace(protocol, routes), now)

    def ospf_updated(self, vrf: str, update: RoutesUpdated, now: Instant) -> None:
        """OSPF has other routes now."""
        rib = self._vrfs[vrf].rib
        changed = rib.update(RouteProtocol.OSPF, map(_ospf_route, update.changed), update.withdrawn)
        self._changed(self._vrfs[vrf], changed, now)

    def bgp_updated(self, vrf: str, change: BestPathsChanged, now: Instant) -> None:
        """BGP has other best paths to IPv4 prefixes now."""
        withdrawn = (key for key in change.withdrawn if isinstance(key, IPv4Network))
        self._install(vrf, change.changed, withdrawn, now)

    def track(self, vrf: str, wanted: NextHopsTracked, now: Instant) -> None:
        """BGP wants to know the distance of other next hops now."""
        self._bgp.track(vrf, wanted, now)

    def port_changed(self, vrf: str, now: Instant) -> None:
        """Interfaces of a VRF went up or down, and with them subnets and next hops."""
        rib = self._vrfs[vrf].rib
        changed = rib.refresh() | rib.replace(RouteProtocol.CONNECTED, self._links.connected(vrf))
        self._changed(self._vrfs[vrf], changed, now)

    def _changed(self, vrf: Vrf, prefixes: frozenset[IPv4Network], now: Instant) -> None:
        if not prefixes:
            return
        self._builder.routes_changed(vrf.name, prefixes)
        self._engines.pim(vrf.name, RoutesChanged(), now)
        self._bgp.routes_changed(vrf, prefixes, now)
        if vrf.name == DEFAULT_VRF:
            self._engines.ldp(vrf.name, self._fecs(vrf, prefixes), now)
            self._tell_ospf(vrf, now)
        for importer, paths in self._bgp_routes.leaked(vrf.name, prefixes).items():
            self._install(importer, paths, (), now)

    def _install(
        self, vrf: str, paths: Iterable[BestPath], withdrawn: Iterable[IPv4Network], now: Instant
    ) -> None:
        rib = self._vrfs[vrf].rib
        changed: frozenset[IPv4Network] = frozenset()
        for protocol, fresh, gone in self._bgp_routes.updates(vrf, paths, withdrawn):
            changed |= rib.update(protocol, fresh, gone)
        self._changed(self._vrfs[vrf], changed, now)

    def _fecs(self, vrf: Vrf, prefixes: Iterable[IPv4Network]) -> FecsChanged:
        ordered = sorted(prefixes, key=place)
        found = {prefix: self._fec(vrf.rib.installed(prefix)) for prefix in ordered}
        return FecsChanged(
            changed=tuple(fec for fec in found.values() if fec is not None),
            withdrawn=tuple(prefix for prefix, fec in found.items() if fec is None),
        )

    def _fec(self, route: Route | None) -> FecRoute | None:
        """An address inside a subnet of ours has the subnet's FEC: nobody routes to it alone.

        A discard route ends the LSPs to it: behind an aggregate each network has its own. A default
        route has none: it leads to a router that gives it and has none itself to end an LSP.
        """
        if route is None or route.protocol not in _LABELLED or not route.prefix.prefixlen:
            return None
        first = route.next_hops[0]
        if isinstance(first, Local) and self._links.named(first.interface).port is not None:
            return None
        return FecRoute(prefix=route.prefix, next_hops=_fec_next_hops(route.next_hops))

    def _is_in_ospf(self, next_hop: NextHop) -> bool:
        """Own addresses, and subnets of interfaces that OSPF runs on: it tells of those itself."""
        if isinstance(next_hop, Attached):
            return self._links.configs[next_hop.interface].ospf is not None
        return isinstance(next_hop, Local)

    def _tell_ospf(self, vrf: Vrf, now: Instant) -> None:
        if not self._redistribute:
            return
        external = tuple(self._external_routes(vrf))
        if external != self._redistributed:
            self._redistributed = external
            self._engines.ospf(vrf.name, ExternalRoutesReplaced(routes=external), now)

    def _external_routes(self, vrf: Vrf) -> Iterator[ExternalRoute]:
        for route in vrf.rib.routes():
            item = self._redistribute.get(route.protocol)
            if item is not None and not self._is_in_ospf(route.next_hops[0]):
                yield ExternalRoute(
                    prefix=route.prefix, metric=item.metric, type2=item.type2, tag=item.tag
                )


def _ospf_route(route: OspfRoute) -> Route:
    """One without next hops is an area range's: what has no route of its own is dropped there."""
    external = route.path_type is PathType.EXTERNAL_2
    return Route(
        prefix=route.prefix,
        protocol=RouteProtocol.OSPF,
        next_hops=_next_hops(route.next_hops),
        metric=route.cost2 if external else route.cost,
        way=_way(route.behind),
    )


@cache
def _way(behind: Behind) -> str:
    """The name of what lies behind the same routers: equal for equal values, in every run."""
    return "ospf " + ", ".join(sorted("/".join(map(str, place)) for place in behind))


@lru_cache(maxsize=_CACHED)
def _next_hops(hops: tuple[OspfNextHop, ...]) -> tuple[NextHop, ...]:
    """Thousands of routes have the same."""
    return tuple(map(_next_hop, hops)) or (Blackhole(),)


@lru_cache(maxsize=_CACHED)
def _fec_next_hops(hops: tuple[NextHop, ...]) -> frozenset[FecNextHop]:
    return frozenset(FecNextHop(h.interface, h.address) for h in hops if isinstance(h, Gateway))


def _next_hop(hop: OspfNextHop) -> NextHop:
    if hop.address is None:
        return Attached(hop.interface)
    return Gateway(hop.interface, hop.address)
