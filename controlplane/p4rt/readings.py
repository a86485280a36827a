"""Readings of one switch's counters, one after another, as a router wants to hear of them.

A router hears of differences: what came between two readings. The first one is what the second is
compared with. A route that is new, or was made anew, counts from zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.fib.counts import CountersRead, RouteCount
from controlplane.net.multicast import TreeName
from controlplane.p4rt.counters import Count, Counters


class Readings:
    def __init__(self, first: Counters, now: Instant) -> None:
        self._routes = first.routes
        self._at = now

    def take(self, counters: Counters, now: Instant) -> CountersRead:
        """What came since the reading before; time has passed since."""
        counted = tuple(_differences(self._routes, counters.routes))
        seconds = now - self._at
        self._routes, self._at = counters.routes, now
        return CountersRead(seconds, counted)


def _differences(
    before: Mapping[tuple[int, TreeName], Count], after: Mapping[tuple[int, TreeName], Count]
) -> Iterator[RouteCount]:
    for (vrf, tree), count in sorted(after.items(), key=_in_order):
        base = before.get((vrf, tree), Count())
        if base.packets > count.packets:
            base = Count()
        if count.packets > base.packets:
            octets = count.octets - base.octets
            yield RouteCount(vrf, tree, count.packets - base.packets, octets)


def _in_order(item: tuple[tuple[int, TreeName], Count]) -> tuple[int, IPv4Address, str]:
    (vrf, tree), _ = item
    return vrf, tree.group, str(tree)
