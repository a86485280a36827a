"""Next hops and how far they are: the engine asks, its driver tells (RFC 4271 9.1.2.1).

A next hop is tracked as long as an announcement goes through it. The first answer about one counts
at once: routes wait for it. A change waits for `next_hop_delay` and is then decided on with all
others that came in the meantime: forwarding has turned to the backups by itself, and when a PE dies
its routes are to be decided once, when the distances of the rest are known too.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.protocols.bgp.events import NextHopsResolved, NextHopsTracked
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.path import NextHop
from controlplane.protocols.bgp.timers import NextHopTimer


class NextHops:
    """`_told` are the next hops that the driver knows to be tracked, `_changes` those that wait."""

    def __init__(self, instance: BgpInstance) -> None:
        self._instance = instance
        self._hops: dict[IPv4Address, NextHop] = {}
        self._told: set[IPv4Address] = set()
        self._touched: dict[IPv4Address, None] = {}
        self._changes: dict[IPv4Address, int | None] = {}

    def hop(self, address: IPv4Address) -> NextHop:
        """The next hop of an announcement to be; counted from when the announcement is used."""
        hop = self._hops.get(address)
        if hop is None:
            hop = self._hops[address] = NextHop(address)
        return hop

    def use(self, hop: NextHop) -> None:
        hop.users += 1
        if hop.users == 1:
            self._touched[hop.address] = None

    def release(self, hop: NextHop) -> None:
        hop.users -= 1
        if not hop.users:
            self._touched[hop.address] = None

    def answered(self, event: NextHopsResolved, now: Instant) -> set[NextHop]:
        """Take distances; returns the next hops that had none yet. All others wait."""
        answered: set[NextHop] = set()
        for address, metric in event.metrics.items():
            hop = self._hops.get(address)
            if hop is None:
                continue
            if hop.is_answered:
                self._changes[address] = metric
            else:
                hop.metric, hop.is_answered = metric, True
                answered.add(hop)
        if self._changes and self._instance.timers.deadline(NextHopTimer()) is None:
            delay = self._instance.config.next_hop_delay
            self._instance.timers.set(NextHopTimer(), now + delay)
        return answered

    def timer_expires(self) -> set[NextHop]:
        """The next hops that are not as far as before, or out of reach."""
        changes, self._changes = self._changes, {}
        moved = set()
        for address, metric in changes.items():
            hop = self._hops.get(address)
            if hop is not None and hop.metric != metric:
                hop.metric = metric
                moved.add(hop)
        return moved

    def settle(self) -> None:
        """Tell which next hops are tracked from now on, and which no longer."""
        if not self._touched:
            return
        touched, self._touched = self._touched, {}
        added = {a for a in touched if self._is_used(a) and a not in self._told}
        removed = {a for a in touched if not self._is_used(a)}
        for address in removed:
            self._hops.pop(address, None)
            self._changes.pop(address, None)
        removed &= self._told
        self._told = (self._told | added) - removed
        if added or removed:
            tracked = NextHopsTracked(added=frozenset(added), removed=frozenset(removed))
            self._instance.outputs.append(tracked)

    def _is_used(self, address: IPv4Address) -> bool:
        hop = self._hops.get(address)
        return hop is not None and hop.users > 0
