"""The unicast routing table of one VRF.

A protocol hands over all its routes at once (`replace`), or what has changed of them (`update`). Of
the routes of a prefix the best one is installed: the protocol's preference first, then the metric.
Next hops on an interface that is down take no part in that (RFC 4271 9.1.2.1: a route whose next
hop does not resolve is not considered). So when a link fails, the other next hops of a route and
then the next best route stand in before any protocol has noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.net.prefix_table import PrefixTable
from controlplane.rib.route import NextHop, Route, RouteProtocol
from controlplane.rib.vpn_route import VpnRoute, packed, unpacked

Usable: TypeAlias = Callable[[NextHop], bool]


def _preference(route: Route) -> tuple[RouteProtocol, int]:
    return route.protocol, route.metric


class Rib:
    """Installed routes by prefix, for look-ups too.

    `_contested` has the candidates of a prefix where they are not just the installed route, as they
    are nearly everywhere: several, or next hops that cannot be used now.
    """

    def __init__(self, usable: Usable) -> None:
        self._usable = usable
        self._installed: PrefixTable[Route | VpnRoute] = PrefixTable()
        self._contested: dict[IPv4Network, tuple[Route, ...]] = {}

    def replace(self, protocol: RouteProtocol, routes: Iterable[Route]) -> frozenset[IPv4Network]:
        """A protocol's routes are now these; returns the prefixes whose installed route changed."""
        fresh: dict[IPv4Network, list[Route]] = {}
        for route in routes:
            fresh.setdefault(route.prefix, []).append(route)
        stale = (p for p, candidates in self._all() if _of(protocol, candidates))
        wanted = {prefix: fresh.get(prefix, ()) for prefix in (*stale, *fresh)}
        return frozenset(p for p, of_it in wanted.items() if self._put(p, protocol, of_it))

    def update(
        self,
        protocol: RouteProtocol,
        changed: Iterable[Route],
        withdrawn: Iterable[IPv4Network],
    ) -> frozenset[IPv4Network]:
        """A protocol has these routes now, one a prefix, and none to these prefixes any more.

        Returns as `replace` does.
        """
        new = [one.prefix for one in changed if self._put(one.prefix, protocol, (one,))]
        gone = [prefix for prefix in withdrawn if self._withdraw(prefix, protocol)]
        return frozenset((*new, *gone))

    def refresh(self) -> frozenset[IPv4Network]:
        """Choose again after next hops became usable or unusable; returns as `replace` does."""
        return frozenset(p for p, found in self._all() if self._choose(p, found, self.installed(p)))

    def lookup(self, address: IPv4Address) -> Route | None:
        """The installed route of the longest prefix that covers an address."""
        found = self._installed.lookup(address)
        return unpacked(found) if found else None

    def installed(self, prefix: IPv4Network) -> Route | None:
        """The installed route of exactly this prefix."""
        found = self._installed.get(prefix)
        return unpacked(found) if found else None

    def routes(self) -> Iterator[Route]:
        """Every installed route, by prefix."""
        return map(unpacked, self._installed.values())

    def _all(self) -> list[tuple[IPv4Network, tuple[Route, ...]]]:
        """Every prefix with its candidates."""
        alone = {route.prefix: (route,) for route in self.routes()}
        return list((alone | self._contested).items())

    def _candidates(self, prefix: IPv4Network, installed: Route | None) -> tuple[Route, ...]:
        if self._contested and (found := self._contested.get(prefix)) is not None:
            return found
        return (installed,) if installed is not None else ()

    def _withdraw(self, prefix: IPv4Network, protocol: RouteProtocol) -> bool:
        if not _of(protocol, self._candidates(prefix, self.installed(prefix))):
            return False
        return self._put(prefix, protocol, ())

    def _put(self, prefix: IPv4Network, protocol: RouteProtocol, routes: Iterable[Route]) -> bool:
        """These are a protocol's candidates now; True when that changed the installed route."""
        former = self.installed(prefix)
        candidates = self._candidates(prefix, former)
        others = [one for one in candidates if one.protocol is not protocol]
        return self._choose(prefix, (*others, *routes), former)

    def _choose(
        self, prefix: IPv4Network, candidates: tuple[Route, ...], former: Route | None
    ) -> bool:
        """Install the best candidate; True when it is another than the former one."""
        best = self._best(candidates)
        if candidates and (len(candidates) > 1 or best is not candidates[0]):
            self._contested[prefix] = candidates
        elif self._contested:
            self._contested.pop(prefix, None)
        if best == former:
            return False
        if best is None:
            self._installed.remove(prefix)
        else:
            self._installed.insert(prefix, packed(best))
        return True

    def _best(self, candidates: tuple[Route, ...]) -> Route | None:
        if len(candidates) == 1:
            return self._usable_part(candidates[0])
        usable = [one for one in map(self._usable_part, candidates) if one is not None]
        return min(usable, key=_preference, default=None)

    def _usable_part(self, route: Route) -> Route | None:
        """The route with the next hops that can be used."""
        if all(map(self._usable, route.next_hops)):
            return route
        next_hops = tuple(filter(self._usable, route.next_hops))
        return replace(route, next_hops=next_hops) if next_hops else None


def _of(protocol: RouteProtocol, candidates: Iterable[Route]) -> bool:
    """Whether some of these are a protocol's."""
    return any(route.protocol is protocol for route in candidates)
