"""Readings of one switch's counters, one after another, as a router wants to hear of them.

A router hears of differences: what came between two readings. The first one is what the second is
compared with. An entry that is new, or was made anew, counts from zero; one that is gone takes
nothing away from what the route's others have counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.fib.counts import CountersRead, RouteCount
from controlplane.net.multicast import TreeName
from controlplane.p4rt.counters import Count, Counters, RouteEntry


class Readings:
    def __init__(self, first: Counters, now: Instant) -> None:
        self._entries = first.entries
        self._at = now

    def take(self, counters: Counters, now: Instant) -> CountersRead:
        """What came since the reading before; time has passed since."""
        news: dict[tuple[int, TreeName], Count] = defaultdict(Count)
        for entry, more in _differences(self._entries, counters.entries):
            news[entry.vrf, entry.tree] = news[entry.vrf, entry.tree].plus(more)
        seconds = now - self._at
        self._entries, self._at = counters.entries, now
        routes = sorted(news.items(), key=_in_order)
        return CountersRead(seconds, tuple(RouteCount(*name, *count) for name, count in routes))


def _differences(
    before: Mapping[RouteEntry, Count], after: Mapping[RouteEntry, Count]
) -> Iterator[tuple[RouteEntry, Count]]:
    for entry, count in after.items():
        base = before.get(entry, Count())
        if base.packets > count.packets:
            base = Count()
        if count.packets > base.packets:
            yield entry, Count(count.packets - base.packets, count.octets - base.octets)


def _in_order(item: tuple[tuple[int, TreeName], Count]) -> tuple[int, IPv4Address, str]:
    (vrf, tree), _ = item
    return vrf, tree.group, str(tree)
