"""The P-groups of a VRF's own selective trees: which flow has which.

A flow gets a group of its own while there is one: a fresh one first, then that which is out of use
for longest, since leaves of its last flow may still be joined. When all are in use, flows share:
the group with the fewest flows is taken, of several the one that is in use for longest.
"""

from __future__ import annotations

from collections import deque
from ipaddress import IPv4Address, IPv4Network

from controlplane.net.multicast import SourceGroup


class GroupPool:
    """Every address of the network is a group."""

    def __init__(self, network: IPv4Network) -> None:
        self._fresh = iter(network)
        self._idle: deque[IPv4Address] = deque()
        self._flows: dict[IPv4Address, set[SourceGroup]] = {}

    def take(self, flow: SourceGroup) -> IPv4Address:
        """The group of a flow from now on."""
        group = next(self._fresh, None) or self._oldest() or self._least_used()
        self._flows.setdefault(group, set()).add(flow)
        return group

    def release(self, flow: SourceGroup, group: IPv4Address) -> None:
        """The flow needs its group no longer."""
        self._flows[group].remove(flow)
        if not self._flows[group]:
            del self._flows[group]
            self._idle.append(group)

    def users(self, group: IPv4Address) -> int:
        """How many flows have this group."""
        return len(self._flows[group])

    def _oldest(self) -> IPv4Address | None:
        return self._idle.popleft() if self._idle else None

    def _least_used(self) -> IPv4Address:
        return min(self._flows, key=self.users)
