"""The next hops that BGP of a VRF wants to know the distance of (RFC 4271 9.1.2.1).

They are looked up in the VRF's own table. Of what changed there, only what covers one of them
matters; a change of the distance is told, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network

from controlplane.protocols.bgp.events import NextHopsResolved
from controlplane.rib.rib import Rib
from controlplane.rib.route import Blackhole

_HOST = 32


class TrackedNextHops:
    """Of one VRF; addresses with the distance that was told last, None for out of reach."""

    def __init__(self, rib: Rib) -> None:
        self._rib = rib
        self._metrics: dict[IPv4Address, int | None] = {}

    def track(
        self, added: Iterable[IPv4Address], removed: Iterable[IPv4Address]
    ) -> NextHopsResolved:
        """What is known of those that are new."""
        for address in removed:
            self._metrics.pop(address, None)
        fresh = {address: self._metric(address) for address in added}
        self._metrics |= fresh
        return NextHopsResolved(metrics=fresh)

    def changed(self, prefixes: Collection[IPv4Network]) -> NextHopsResolved | None:
        """What is news after routes of these prefixes changed."""
        news = {}
        for address in self._covered(prefixes):
            metric = self._metric(address)
            if metric != self._metrics[address]:
                news[address] = self._metrics[address] = metric
        return NextHopsResolved(metrics=news) if news else None

    def _covered(self, prefixes: Collection[IPv4Network]) -> list[IPv4Address]:
        if not self._metrics:
            return []
        hosts = {one.network_address for one in prefixes if one.prefixlen == _HOST}
        wide = [one for one in prefixes if one.prefixlen < _HOST]
        return [
            address
            for address in self._metrics
            if address in hosts or any(address in prefix for prefix in wide)
        ]

    def _metric(self, address: IPv4Address) -> int | None:
        route = self._rib.lookup(address)
        if route is None or isinstance(route.next_hops[0], Blackhole):
            return None
        return route.metric
