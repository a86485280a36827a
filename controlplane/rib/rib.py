"""The unicast routing table of one VRF.

Each protocol hands over all its routes at once (`replace`). Of the routes of a prefix the best one
is installed: the protocol's preference first, then the metric. A route whose next hop cannot be
used takes no part in that (RFC 4271 9.1.2.1: a route whose next hop does not resolve is not
considered): an interface that is down, a PE that the provider's table does not reach. So when the
best route's link fails, the next best one stands in before any protocol has noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
        usable = (
            route
            for group in by_protocol.values()
            for route in group
            if self._usable(route.next_hop)
        )
        return min(usable, key=_preference, default=None)

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
