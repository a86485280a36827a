"""Readings of the switch's counters: what they mean to whom.

PIM       which sources have been active, and how busy shared trees are (RFC 7761 4.2)
S-PMSI    how many octets of each flow came (RFC 6513 7.4.2)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from controlplane.engine.time import Instant
from controlplane.fib.counts import CountersRead, RouteCount
from controlplane.mvpn.s_pmsi.events import FlowsCounted
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import SourcesActive, TreeRates
from controlplane.router.engines import Engines
from controlplane.router.vrf import Vrf


def tell(engines: Engines, vrfs: Mapping[str, Vrf], read: CountersRead, now: Instant) -> None:
    """Each VRF's engines hear of its routes."""
    by_vrf: defaultdict[int, list[RouteCount]] = defaultdict(list)
    for one in read.routes:
        by_vrf[one.vrf].append(one)
    for name, vrf in vrfs.items():
        _tell_one(engines, name, read.seconds, by_vrf[vrf.id], now)


def _tell_one(
    engines: Engines, vrf: str, seconds: float, routes: list[RouteCount], now: Instant
) -> None:
    octets = {one.tree: one.octets for one in routes if isinstance(one.tree, SourceGroup)}
    rates = {one.tree: one.octets * 8 / 1000 / seconds for one in routes}
    engines.pim(vrf, SourcesActive(sgs=frozenset(octets)), now)
    engines.pim(vrf, TreeRates(rates=rates), now)
    engines.s_pmsi(vrf, FlowsCounted(seconds=seconds, octets=octets), now)
