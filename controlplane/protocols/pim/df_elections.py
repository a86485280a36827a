"""Which elections of Designated Forwarders are held (RFC 5015 3.5): for each RPA, on each link.

But not on the rendezvous point link (RPL), which the RPA is an address of: there all routers are
equal. On the link that is the way to the RPA this router's metric is infinite, as it can bring
nothing nearer from there; so it is where there is no way.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.df_election import DfElection
from controlplane.protocols.pim.events import Rpf
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.neighbor import Neighbor
from controlplane.protocols.pim.notices import NeighborNotBidirectional
from controlplane.protocols.pim.sender import Sender
from controlplane.protocols.pim.timers import DfAnnouncementTimer, DfTimer, TriggeredHelloTimer
from controlplane.wire.pim.df_election import INFINITE_METRIC, DfMessage, DfMetric

ANNOUNCEMENT_PERIOD: Final[Duration] = 60.0
"""Of the Winner messages that tell nothing new (RFC 5015 3.5.6 gives no time)."""

_ANNOUNCEMENT: Final = DfAnnouncementTimer()


class DfElections:
    """`elections` go by their timers, which name RPA and link."""

    def __init__(self, instance: PimInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender
        self.elections: dict[DfTimer, DfElection] = {}

    def decide(self, now: Instant) -> None:
        """When routes, RPs, links or neighbours are others: begin and end elections, and let those
        that go on know."""
        if not self._instance.surroundings_changed:
            return
        self._instance.surroundings_changed = False
        wanted = dict(self._wanted())
        for gone in self.elections.keys() - wanted.keys():
            self.elections.pop(gone).end()
        for name, (interface, metric) in wanted.items():
            if (known := self.elections.get(name)) is not None:
                known.surroundings_change(metric, now)
                self._need(known, name, now)
            else:
                self._begin(name, interface, metric, now)

    def _need(self, election: DfElection, name: DfTimer, now: Instant) -> None:
        """The link that has become the way to the RPA may have got its DF while we heard nobody."""
        route = self._instance.route_to_rpa(name.rpa)
        if route is not None and route.interface == name.interface:
            election.ask_from(now)

    def receive(
        self, interface: PimInterface, source: IPv4Address, message: DfMessage, now: Instant
    ) -> None:
        election = self.elections.get(DfTimer(message.rp_address, interface.name))
        if source not in interface.neighbors:
            self._instance.counters[Count.DROP_DF_NO_NEIGHBOR] += 1
        elif election is None:
            self._instance.counters[Count.IGNORED_DF_ELECTION] += 1
        else:
            election.receive(source, message, now)

    def neighbor_started(self, interface: PimInterface, neighbor: Neighbor, now: Instant) -> None:
        """RFC 5015 3.5.1: a new neighbour must "be informed of the current outcome"."""
        if self._on(interface) and not neighbor.hello.bidirectional_capable:
            notice = NeighborNotBidirectional(interface.name, neighbor.address)
            self._instance.outputs.append(notice)
        if (hello := self._next_hello(interface)) is not None:
            for election in self._on(interface):
                election.announce_from(hello)
                election.ask_from(hello)
        for election in self._on(interface):
            election.one_heard(now)

    def neighbors_expected(self, interface: PimInterface, now: Instant) -> None:
        """They may not have heard us yet, as new ones; nor we them."""
        for election in self._on(interface):
            election.one_awaited(now)
        if (hello := self._next_hello(interface)) is not None:
            for election in self._on(interface):
                election.announce_from(hello)

    def _next_hello(self, interface: PimInterface) -> Instant | None:
        """New neighbours are told right after it: before that they do not listen."""
        return self._instance.timers.deadline(TriggeredHelloTimer(interface.name))

    def _on(self, interface: PimInterface) -> list[DfElection]:
        return [e for name, e in self.elections.items() if name.interface == interface.name]

    def expire(self, name: DfTimer | DfAnnouncementTimer, now: Instant) -> None:
        match name:
            case DfTimer():
                self.elections[name].expire(now)
            case DfAnnouncementTimer():
                self._remind(now)

    def _remind(self, now: Instant) -> None:
        """RFC 5015 3.5.6: where messages were lost, two routers may think that they are the DF, or
        each that the other one is."""
        for election in self.elections.values():
            election.remind(now)
        if self.elections:
            self._instance.timers.set(_ANNOUNCEMENT, now + ANNOUNCEMENT_PERIOD)

    def _begin(
        self, name: DfTimer, interface: PimInterface, metric: DfMetric, now: Instant
    ) -> None:
        election = DfElection(self._instance, self._sender, name.rpa, interface, metric)
        self.elections[name] = election
        election.start(now)
        if self._instance.timers.deadline(_ANNOUNCEMENT) is None:
            self._instance.timers.set(_ANNOUNCEMENT, now + ANNOUNCEMENT_PERIOD)

    def _wanted(self) -> Iterator[tuple[DfTimer, tuple[PimInterface, DfMetric]]]:
        for rpa in self._instance.rp_set.bidirectional_rps():
            route = self._instance.route_to_rpa(rpa)
            for name, interface in self._instance.interfaces.items():
                if not _is_rpl(route, name):
                    yield DfTimer(rpa, name), (interface, _metric(route, name))


def _is_rpl(route: Rpf | None, interface: str) -> bool:
    return route is not None and route.neighbor is None and route.interface == interface


def _metric(route: Rpf | None, interface: str) -> DfMetric:
    """RFC 5015 3.5.3.2."""
    if route is None or route.interface == interface:
        return INFINITE_METRIC
    return DfMetric(route.preference, route.metric)
