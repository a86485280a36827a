"""The unicast routing table of one VRF.

A protocol hands over all its routes at once (`replace`), or what has changed of them (`update`). Of
the routes of a prefix the best one is installed: the protocol's preference first, then the metric.
Next hops that cannot be used take no part in that (RFC 4271 9.1.2.1: a route whose next hop does
not resolve is not considered): those on an interface that is down, a PE that the provider's table
does not reach. So when a link fails, the other next hops of a route and then the next best route
stand in before any protocol has noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.net.trie import PrefixTrie
from controlplane.rib.route import NextHop, Route, RouteProtocol

Usable: TypeAlias = Callable[[NextHop], bool]


def _preference(route: Route) -> tuple[RouteProtocol, int]:
    return route.protocol, route.metric


class Rib:
    """Candidates by prefix and protocol; installed routes by prefix, and in a trie for look-ups."""

    def __init__(self, usable: Usable) -> None:
        self._usable = usable
        self._candidates: dict[IPv4Network, dict[RouteProtocol, tuple[Route, ...]]] = {}
        self._installed: dict[IPv4Network, Route] = {}
        self._trie: PrefixTrie[Route] = PrefixTrie()

    def replace(self, protocol: RouteProtocol, routes: Iterable[Route]) -> frozenset[IPv4Network]:
        """A protocol's routes are now these; returns the prefixes whose installed route changed."""
        fresh: dict[IPv4Network, list[Route]] = {}
        for route in routes:
            fresh.setdefault(route.prefix, []).append(route)
        stale = [prefix for prefix, by in self._candidates.items() if protocol in by]
        for prefix in stale:
            if prefix not in fresh:
                self._withdraw(prefix, protocol)
        for prefix, candidates in fresh.items():
            self._candidates.setdefault(prefix, {})[protocol] = tuple(candidates)
        return self._select({*stale, *fresh})

    def update(
        self,
        protocol: RouteProtocol,
        changed: Iterable[Route],
        withdrawn: Iterable[IPv4Network],
    ) -> frozenset[IPv4Network]:
        """A protocol has these routes now, one a prefix, and none to these prefixes any more."""
        prefixes = set()
        for route in changed:
            self._candidates.setdefault(route.prefix, {})[protocol] = (route,)
            prefixes.add(route.prefix)
        for prefix in withdrawn:
            if protocol in self._candidates.get(prefix, {}):
                self._withdraw(prefix, protocol)
                prefixes.add(prefix)
        return self._select(prefixes)

    def refresh(self) -> frozenset[IPv4Network]:
        """Choose again after next hops became usable or unusable; returns as `replace` does."""
        return self._select(self._candidates)

    def lookup(self, address: IPv4Address) -> Route | None:
        """The installed route of the longest prefix that covers an address."""
        found = self._trie.lookup(address)
        return found[1] if found else None

    def installed(self, prefix: IPv4Network) -> Route | None:
        """The installed route of exactly this prefix."""
        return self._installed.get(prefix)

    def routes(self) -> Iterator[Route]:
        """Every installed route, by prefix."""
        return (route for _, route in self._trie.items())

    def _withdraw(self, prefix: IPv4Network, protocol: RouteProtocol) -> None:
        by_protocol = self._candidates[prefix]
        del by_protocol[protocol]
        if not by_protocol:
            del self._candidates[prefix]

    def _select(self, prefixes: Iterable[IPv4Network]) -> frozenset[IPv4Network]:
        return frozenset(prefix for prefix in prefixes if self._install(prefix, self._best(prefix)))

    def _best(self, prefix: IPv4Network) -> Route | None:
        by_protocol = self._candidates.get(prefix, {})
        candidates = (self._usable_part(route) for group in by_protocol.values() for route in group)
        usable = (route for route in candidates if route is not None)
        return min(usable, key=_preference, default=None)

    def _usable_part(self, route: Route) -> Route | None:
        """The route with the next hops that can be used."""
        next_hops = tuple(filter(self._usable, route.next_hops))
        if len(next_hops) == len(route.next_hops):
            return route
        return replace(route, next_hops=next_hops) if next_hops else None

    def _install(self, prefix: IPv4Network, best: Route | None) -> bool:
        """True when that changed the installed route."""
        if best == self._installed.get(prefix):
            return False
        if best is None:
            del self._installed[prefix]
            self._trie.remove(prefix)
        else:
            self._installed[prefix] = best
            self._trie.insert(prefix, best)
        return True
