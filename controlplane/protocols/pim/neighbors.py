"""Hearing Hellos: neighbours come up, change and go (RFC 7761 4.3.1, 4.3.2, 4.3.4, 4.9.2)."""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.engine.time import Instant
from controlplane.protocols.pim.asserts import Asserts
from controlplane.protocols.pim.bootstrap import Bootstraps
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.df_elections import DfElections
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.neighbor import Neighbor
from controlplane.protocols.pim.notices import (
    NeighborDown,
    NeighborRestarted,
    NeighborUp,
    SecondaryAddressMoved,
)
from controlplane.protocols.pim.tib import RpfNeighbor
from controlplane.protocols.pim.timers import (
    NeighborLivenessTimer,
    PrimingTimer,
    TriggeredHelloTimer,
)
from controlplane.protocols.pim.upstream import Upstream
from controlplane.wire.pim.hello import HOLDTIME_FOREVER, HOLDTIME_GOODBYE, Hello


class Neighbors:
    def __init__(
        self,
        instance: PimInstance,
        upstream: Upstream,
        asserts: Asserts,
        bootstraps: Bootstraps,
        df_elections: DfElections,
    ) -> None:
        self._instance = instance
        self._upstream = upstream
        self._asserts = asserts
        self._bootstraps = bootstraps
        self._df_elections = df_elections

    def receive(
        self, interface: PimInterface, source: IPv4Address, hello: Hello, now: Instant
    ) -> None:
        """Record what a Hello says, unless the operator wants no neighbour of this address."""
        if not self._instance.config.accepts_neighbor(source):
            self._instance.counters[Count.DROP_NEIGHBOR_REFUSED] += 1
            return
        known = interface.neighbors.get(source)
        if hello.holdtime == HOLDTIME_GOODBYE:
            self._goodbye(interface, known)
            return
        if known is None:
            self._come_up(interface, source, hello, now)
        elif hello.generation_id != known.hello.generation_id:
            self._restart(interface, known, hello, now)
        elif hello != known.hello:
            self._change(interface, known, hello)
        self._restart_liveness_timer(interface, source, hello, now)

    def remove(self, interface: PimInterface, address: IPv4Address, reason: str) -> None:
        """Delete a neighbour's state."""
        self._delete(interface, address, reason)
        self._learned(interface)

    def expect(self, name: str, awaited: frozenset[IPv4Address], now: Instant) -> None:
        """Others will hear us that may not have yet: RFC 7761 4.3.1, as after one comes up."""
        interface = self._instance.interfaces.get(name)
        if interface is not None:
            strangers = awaited - interface.neighbors.keys()
            interface.awaited |= dict.fromkeys(strangers, now + interface.longest_hello)
            self._trigger_hello(interface, now)
            self._df_elections.neighbors_expected(interface, now)

    def fail(self, failure: NeighborFailed) -> None:
        """RFC 5882 4.2.1: a neighbour that BFD has lost is gone, as if its holdtime had run out."""
        interface = self._instance.interfaces.get(failure.interface)
        if interface is not None and failure.neighbor in interface.neighbors:
            self.remove(interface, failure.neighbor, failure.why)

    def remove_all(self, interface: PimInterface) -> None:
        """Delete what is known behind an interface that goes down."""
        for address in tuple(interface.neighbors):
            self._delete(interface, address, "the interface went down")

    def _delete(self, interface: PimInterface, address: IPv4Address, reason: str) -> None:
        del interface.neighbors[address]
        self._asserts.winner_gone(interface, address)
        self._instance.timers.cancel(NeighborLivenessTimer(interface.name, address))
        self._instance.timers.cancel(PrimingTimer(interface.name, address))
        self._forget_secondary_addresses(interface, address)
        self._instance.outputs.append(NeighborDown(interface.name, address, reason))
        if interface.settings.bfd:
            forget = ForgetNeighbor(interface=interface.name, neighbor=address)
            self._instance.outputs.append(forget)

    def _goodbye(self, interface: PimInterface, neighbor: Neighbor | None) -> None:
        if neighbor is not None:
            self.remove(interface, neighbor.address, "it said goodbye")

    def _come_up(
        self, interface: PimInterface, source: IPv4Address, hello: Hello, now: Instant
    ) -> None:
        interface.neighbors[source] = Neighbor(source, hello, now)
        interface.awaited.pop(source, None)
        self._instance.outputs.append(NeighborUp(interface.name, source))
        self._watch(interface, source)
        self._record_secondary_addresses(interface, source, hello)
        self._trigger_hello(interface, now)
        self._bootstraps.neighbor_started(interface, source)
        self._df_elections.neighbor_started(interface, interface.neighbors[source], now)
        self._learned(interface)

    def _watch(self, interface: PimInterface, neighbor: IPv4Address) -> None:
        if interface.settings.bfd:
            local = interface.address
            watch = WatchNeighbor(interface=interface.name, local=local, neighbor=neighbor)
            self._instance.outputs.append(watch)

    def _restart(
        self, interface: PimInterface, neighbor: Neighbor, hello: Hello, now: Instant
    ) -> None:
        """RFC 7761 4.3.1: the old Hello information is superseded, and our Hello is repeated."""
        neighbor.since = now
        self._instance.outputs.append(NeighborRestarted(interface.name, neighbor.address))
        self._change(interface, neighbor, hello)
        self._trigger_hello(interface, now)
        self._upstream.neighbor_restarted(RpfNeighbor(interface.name, neighbor.address), now)
        self._asserts.winner_gone(interface, neighbor.address)
        self._bootstraps.neighbor_started(interface, neighbor.address)
        self._df_elections.neighbor_started(interface, neighbor, now)

    def _change(self, interface: PimInterface, neighbor: Neighbor, hello: Hello) -> None:
        neighbor.hello = hello
        self._record_secondary_addresses(interface, neighbor.address, hello)
        self._learned(interface)

    def _learned(self, interface: PimInterface) -> None:
        """DR(I) and NBR(I, A) may have changed."""
        self._instance.elect_dr(interface)
        self._instance.touch_all()

    def _trigger_hello(self, interface: PimInterface, now: Instant) -> None:
        name = TriggeredHelloTimer(interface.name)
        if self._instance.timers.deadline(name) is None:
            delay = self._instance.rng.uniform(0, interface.settings.triggered_hello_delay)
            self._instance.timers.set(name, now + delay)

    def _restart_liveness_timer(
        self, interface: PimInterface, source: IPv4Address, hello: Hello, now: Instant
    ) -> None:
        name = NeighborLivenessTimer(interface.name, source)
        if hello.holdtime == HOLDTIME_FOREVER:
            self._instance.timers.cancel(name)
            return
        default = interface.default_hello_holdtime()
        holdtime = default if hello.holdtime is None else hello.holdtime
        self._instance.timers.set(name, now + holdtime)

    def _record_secondary_addresses(
        self, interface: PimInterface, source: IPv4Address, hello: Hello
    ) -> None:
        """RFC 7761 4.3.4: a list replaces the one before, and takes addresses from others."""
        self._forget_secondary_addresses(interface, source)
        for address in hello.secondary_addresses:
            if address == source:
                continue
            old = interface.primary_of.get(address, source)
            if old != source:
                moved = SecondaryAddressMoved(interface.name, address, old, source)
                self._instance.outputs.append(moved)
            interface.primary_of[address] = source

    @staticmethod
    def _forget_secondary_addresses(interface: PimInterface, primary: IPv4Address) -> None:
        kept = {a: p for a, p in interface.primary_of.items() if p != primary}
        interface.primary_of = kept
