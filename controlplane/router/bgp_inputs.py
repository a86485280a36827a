"""What BGP is told of the tables: routes that it redistributes, and how far its next hops are.

A route of BGP's own is not told back to it. An address inside a subnet of ours is told as the
subnet; a loopback is told by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import IPv4Network

from controlplane.engine.time import Instant
from controlplane.protocols.bgp.events import NextHopsTracked, Originated, RoutesOriginated
from controlplane.rib.route import Local, Route, RouteProtocol
from controlplane.router.engines import Engines
from controlplane.router.links import Links
from controlplane.router.tracking import TrackedNextHops
from controlplane.router.vrf import Vrf
from controlplane.wire.bgp.attributes import Origin, PathAttributes
from controlplane.wire.bgp.nlri import Family


class BgpInputs:
    """`redistribute` has the protocols whose routes BGP of a VRF tells others."""

    def __init__(
        self,
        links: Links,
        vrfs: Mapping[str, Vrf],
        engines: Engines,
        redistribute: Mapping[str, frozenset[RouteProtocol]],
    ) -> None:
        self._links = links
        self._engines = engines
        self._redistribute = redistribute
        self._tracked = {name: TrackedNextHops(vrf.rib) for name, vrf in vrfs.items() if vrf.bgp}
        self._told: dict[str, set[IPv4Network]] = {name: set() for name in self._tracked}

    def routes_changed(self, vrf: Vrf, prefixes: Collection[IPv4Network], now: Instant) -> None:
        """The installed routes of these prefixes are others now, or gone."""
        if vrf.bgp is None:
            return
        if (resolved := self._tracked[vrf.name].changed(prefixes)) is not None:
            self._engines.bgp(vrf.name, resolved, now)
        if self._redistribute.get(vrf.name):
            self._originate(vrf, prefixes, now)

    def track(self, vrf: str, wanted: NextHopsTracked, now: Instant) -> None:
        """BGP has other next hops now; it hears of the new ones at once."""
        resolved = self._tracked[vrf].track(wanted.added, wanted.removed)
        if resolved.metrics:
            self._engines.bgp(vrf, resolved, now)

    def _originate(self, vrf: Vrf, prefixes: Collection[IPv4Network], now: Instant) -> None:
        told = self._told[vrf.name]
        wanted = {prefix: self._originated(vrf, prefix) for prefix in sorted(prefixes)}
        changed = tuple(one for one in wanted.values() if one is not None)
        withdrawn = tuple(
            prefix for prefix, one in wanted.items() if one is None and prefix in told
        )
        told.difference_update(withdrawn)
        told.update(prefix for prefix, one in wanted.items() if one is not None)
        if changed or withdrawn:
            event = RoutesOriginated(
                family=Family.IPV4_UNICAST, changed=changed, withdrawn=withdrawn
            )
            self._engines.bgp(vrf.name, event, now)

    def _originated(self, vrf: Vrf, prefix: IPv4Network) -> Originated | None:
        route = vrf.rib.installed(prefix)
        if route is None or route.protocol not in self._redistribute[vrf.name]:
            return None
        if self._is_inside_subnet(route):
            return None
        attributes = PathAttributes(origin=Origin.INCOMPLETE, med=route.metric)
        return Originated(key=prefix, attributes=attributes)

    def _is_inside_subnet(self, route: Route) -> bool:
        first = route.next_hops[0]
        return isinstance(first, Local) and self._links.named(first.interface).port is not None
