"""Readings of the switch's counters: who wants them, and what they mean to whom.

PIM       which sources have been active, and how busy shared trees are (RFC 7761 4.2)
S-PMSI    how many octets of each flow came (RFC 6513 7.4.2)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.fib.counts import CountersRead, RouteCount
from controlplane.mvpn.s_pmsi.events import FlowsCounted
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.protocols.pim.events import SharedTreeRates, SourcesActive
from controlplane.rib.mrib import Mrib
from controlplane.router.engines import Engines
from controlplane.router.vrf import Vrf


def wanted_period(vrfs: Mapping[str, Vrf]) -> Duration | None:
    """How often the counters shall be read, None: not at all."""
    wanted = [vrf.pim.wants_counters for vrf in vrfs.values()]
    wanted += [vrf.s_pmsi.wants_counters for vrf in vrfs.values() if vrf.s_pmsi]
    return min((period for period in wanted if period is not None), default=None)


def tell(engines: Engines, vrfs: Mapping[str, Vrf], read: CountersRead, now: Instant) -> None:
    """Each VRF's engines hear of its routes."""
    by_vrf: defaultdict[int, list[RouteCount]] = defaultdict(list)
    for one in read.routes:
        by_vrf[one.vrf].append(one)
    for name, vrf in vrfs.items():
        _tell_one(engines, name, read.seconds, by_vrf[vrf.id], vrf.mrib, now)


def _tell_one(
    engines: Engines,
    vrf: str,
    seconds: float,
    routes: list[RouteCount],
    mrib: Mrib,
    now: Instant,
) -> None:
    octets = {one.tree: one.octets for one in routes if isinstance(one.tree, SourceGroup)}
    octets_of: Counter[IPv4Address] = Counter()
    for one in routes:
        if _is_shared(one.tree, mrib):
            octets_of[one.tree.group] += one.octets
    rates = {group: count * 8 / 1000 / seconds for group, count in octets_of.items()}
    engines.pim(vrf, SourcesActive(sgs=frozenset(octets)), now)
    engines.pim(vrf, SharedTreeRates(rates=rates), now)
    engines.s_pmsi(vrf, FlowsCounted(seconds=seconds, octets=octets), now)


def _is_shared(tree: TreeName, mrib: Mrib) -> bool:
    """Whether these are packets of a shared tree: one that a selective P-tree brings has an entry
    of its own in the switch, and may have no tree."""
    return isinstance(tree, AnySource) or tree not in mrib.trees
