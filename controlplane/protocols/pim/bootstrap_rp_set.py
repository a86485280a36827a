"""What Bootstrap messages say of RPs, for as long as they say it: "Store RP-Set" (RFC 5059 3.1.5).

Each mapping of a range to an RP lives for the holdtime that came with it (GET, the Group-to-RP
mapping Expiry Timer); with a holdtime of zero it ends. A range is told whole: RPs that are not in
it any more are gone at once. A range of which nothing is said is kept, as the part of the message
that it is in may be lost.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from controlplane.engine.time import Instant
from controlplane.protocols.pim.bootstrap_fragments import Reassembly
from controlplane.protocols.pim.config import ALL_GROUPS
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.notices import RpRangeChanged
from controlplane.protocols.pim.rp_set import DEFAULT_HASH_MASK_LENGTH, Origin, RpMapping
from controlplane.protocols.pim.timers import RpMappingTimer
from controlplane.wire.pim.bootstrap import Bootstrap, BootstrapRange, BootstrapRp


class LearntRps:
    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._reassembly = Reassembly()
        self._ranges: dict[IPv4Network, dict[IPv4Address, RpMapping]] = {}
        self._hash_mask_length = DEFAULT_HASH_MASK_LENGTH

    def store(self, message: Bootstrap, now: Instant) -> None:
        """Take what a message or a fragment says; an empty one says nothing."""
        if not message.ranges:
            return
        self._hash_mask_length = message.hash_mask_length
        for groups in self._reassembly.complete(message):
            if groups.group.groups.subnet_of(ALL_GROUPS):
                self._store_range(groups, now)
            else:
                self._instance.counters[Count.IGNORED_RP_RANGE] += 1
        self._publish()

    def expire(self, timer: RpMappingTimer) -> None:
        """GET(M) expires."""
        self._change(timer.groups, self._without(timer.groups, timer.rp))
        self._publish()

    def _store_range(self, told: BootstrapRange, now: Instant) -> None:
        groups = told.group.groups
        lasting = {rp.address: rp for rp in told.rps if rp.holdtime and _is_unicast(rp.address)}
        for gone in self._ranges.get(groups, {}).keys() - lasting.keys():
            self._instance.timers.cancel(RpMappingTimer(groups, gone))
        for rp in lasting.values():
            self._instance.timers.set(RpMappingTimer(groups, rp.address), now + rp.holdtime)
        bidirectional = told.group.bidirectional
        self._change(groups, {a: _mapping(groups, rp, bidirectional) for a, rp in lasting.items()})

    def _without(self, groups: IPv4Network, rp: IPv4Address) -> dict[IPv4Address, RpMapping]:
        return {address: m for address, m in self._ranges[groups].items() if address != rp}

    def _change(self, groups: IPv4Network, mappings: dict[IPv4Address, RpMapping]) -> None:
        old = self._ranges.pop(groups, {})
        if mappings:
            self._ranges[groups] = mappings
        if old != mappings:
            self._instance.outputs.append(RpRangeChanged(groups, tuple(sorted(mappings))))

    def _publish(self) -> None:
        """RFC 7761 4.7.1: trees whose RP may be another one are looked at again."""
        mappings = frozenset(m for by_rp in self._ranges.values() for m in by_rp.values())
        if self._instance.rp_set.learn(mappings, self._hash_mask_length):
            self._instance.touch_all()


def _is_unicast(address: IPv4Address) -> bool:
    return not (address.is_multicast or address.is_unspecified or address.is_loopback)


def _mapping(groups: IPv4Network, rp: BootstrapRp, bidirectional: bool) -> RpMapping:
    return RpMapping(
        groups=groups,
        rp=rp.address,
        bidirectional=bidirectional,
        origin=Origin.BOOTSTRAP,
        priority=rp.priority,
    )
