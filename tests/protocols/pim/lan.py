"""Routers of `Network` with a toy data plane: packets go where the engines' TreeUpdates send them.

It is what a switch does with a packet, in as few lines as show it: the (S,G) route, else that of
(*,G); the incoming interface must be the route's; copies to all outgoing interfaces, decapsulated
from or encapsulated in a Register where the route says so. What the routes do not take goes to the
engine: DataArrived, or the Register itself.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.engine import PacketReceived
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.protocols.pim.events import (
    DataArrived,
    PimOutput,
    Registering,
    SourcesActive,
    TreeRemoved,
    TreeUpdate,
)
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.pim.message import encode_message
from controlplane.wire.pim.register import Register
from tests.protocols.pim.network import Network

_NOBODY = IPv4Address(0)
_LONGEST_WAY = 30
"""Copies of one packet before it is said to go round in circles."""


@dataclass(frozen=True)
class Arrival:
    """A packet at a router, on a LAN or in a Register (whose outer addresses are `outer`).

    `sender` is the router that forwarded it there.
    """

    router: str
    sg: SourceGroup
    lan: str | None
    outer: Registering | None = None
    sender: str | None = None


class Lan(Network):
    """`routes` is what each router's switch was told."""

    def __init__(self, *, hellos: bool = False) -> None:
        super().__init__(hellos=hellos)
        self.routes: dict[str, dict[TreeName, TreeUpdate]] = {}

    def send(self, sg: SourceGroup, lan: str) -> Counter[str]:
        """A host sends a packet; how many copies of it were on each LAN, its own not counted."""
        seen: Counter[str] = Counter()
        waiting = deque(Arrival(router, sg, lan) for router in self.lans[lan])
        for _ in range(_LONGEST_WAY * len(self.engines)):
            if not waiting:
                return seen
            self._arrive(waiting.popleft(), seen, waiting)
        raise AssertionError(f"{sg} goes round in circles: {seen}")

    def stream(self, sg: SourceGroup, lan: str, seconds: int) -> list[Counter[str]]:
        """A packet a second, and what each brought."""
        brought = []
        for _ in range(seconds):
            brought.append(self.send(sg, lan))
            self.run(self.now + 1.0)
        return brought

    def show_packet(self, router: str, sg: SourceGroup, lan: str) -> None:
        """One packet that came in at a router, as if from somewhere else."""
        self._arrive(Arrival(router, sg, lan), Counter(), deque())

    def _write(self, name: str, output: PimOutput) -> None:
        super()._write(name, output)
        routes = self.routes.setdefault(name, {})
        match output:
            case TreeUpdate():
                routes[output.tree] = output
            case TreeRemoved():
                del routes[output.tree]

    def _arrive(self, at: Arrival, seen: Counter[str], waiting: deque[Arrival]) -> None:
        route = self._route(at.router, at.sg)
        taken = route is not None and self._is_taken(at, route)
        if route is not None and taken:
            self._forward(at, route, seen, waiting)
            if at.lan is not None and isinstance(route.tree, SourceGroup):
                self.tell(at.router, SourcesActive(sgs=frozenset({at.sg})))
        if route is None or not taken or route.watch_sources:
            self._show(at)

    def _is_taken(self, at: Arrival, route: TreeUpdate) -> bool:
        """On a PMSI, each PE's packets come in a tunnel of its own; a tree takes one's, or all."""
        if at.lan is None:
            return route.from_registers
        of_all = at.lan in route.accepted or at.lan not in self.pmsis
        of_this = self.owners.get(route.rpf_neighbor or _NOBODY) == at.sender
        return route.incoming == at.lan and (of_all or of_this)

    def _forward(
        self, at: Arrival, route: TreeUpdate, seen: Counter[str], waiting: deque[Arrival]
    ) -> None:
        for lan in sorted(route.outgoing):
            seen[lan] += 1
            others = (name for name in self.lans.get(lan, ()) if name != at.router)
            waiting.extend(Arrival(other, at.sg, lan, sender=at.router) for other in others)
        if (outer := route.registering) is not None and outer.rp in self.owners:
            waiting.append(Arrival(self.owners[outer.rp], at.sg, None, outer))

    def _address(self, router: str | None, lan: str) -> IPv4Address | None:
        return self.addresses.get((router or "", lan))

    def _route(self, router: str, sg: SourceGroup) -> TreeUpdate | None:
        routes = self.routes.get(router, {})
        return routes.get(sg) or routes.get(AnySource.of(sg.group))

    def _show(self, at: Arrival) -> None:
        if at.lan is not None:
            neighbor = self._address(at.sender, at.lan) if at.lan in self.pmsis else None
            self.tell(at.router, DataArrived(interface=at.lan, sg=at.sg, neighbor=neighbor))
        elif at.outer is not None:
            self.tell(at.router, _register(at.sg, at.outer))


def _register(sg: SourceGroup, outer: Registering) -> PacketReceived:
    inner = Ipv4Packet(source=sg.source, destination=sg.group, protocol=IpProtocol.UDP, payload=b"")
    return PacketReceived(
        interface="",
        source=outer.source,
        destination=outer.rp,
        payload=encode_message(Register(packet=inner)),
        ttl=60,
    )
