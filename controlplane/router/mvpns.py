"""The MVPNs of a PE beside BGP and PIM of the provider's table.

At the start BGP is told the routes that tell other PEs of this one, and PIM what static lists name.
Then, with the A-D routes that BGP learns, P-tunnels of other PEs come and go.
"""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.fib.build import FibBuilder
from controlplane.mvpn.mvpn import Mvpn
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.bgp.events import BestPathsChanged, RoutesOriginated
from controlplane.router.engines import Engines


class Mvpns:
    """`mvpns` by VRF."""

    def __init__(self, mvpns: Mapping[str, Mvpn], engines: Engines, builder: FibBuilder) -> None:
        self._mvpns = mvpns
        self._engines = engines
        self._builder = builder

    def start(self, now: Instant) -> None:
        """What this PE says of itself, and whom it knows without being told."""
        for mvpn in self._mvpns.values():
            for join in mvpn.joins():
                self._engines.pim(DEFAULT_VRF, join, now)
            for family, route in mvpn.originated():
                event = RoutesOriginated(family=family, changed=(route,))
                self._engines.bgp(DEFAULT_VRF, event, now)

    def learn(self, event: BestPathsChanged, now: Instant) -> list[tuple[str, Notice]]:
        """A-D routes changed; returns what each VRF has to tell of it."""
        told: list[tuple[str, Notice]] = []
        for vrf, mvpn in self._mvpns.items():
            change = mvpn.learn(event)
            if change.pes:
                self._builder.tunnels_changed(vrf, change.pes)
            for membership in change.provider:
                self._engines.pim(DEFAULT_VRF, membership, now)
            for customer in change.customer:
                self._engines.pim(vrf, customer, now)
            told += ((vrf, notice) for notice in change.notices)
        return told
