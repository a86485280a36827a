"""Several PIM engines on toy LANs: what one sends, the others hear at once.

A line of the trace is an instant, a router, and what it did. Packets carry an arrow, and periodic
Hellos are left out once the routers know each other (`hellos=False`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface
from random import Random

from controlplane.engine.engine import InterfaceUp, PacketReceived, SendPacket
from controlplane.engine.liveness import ForgetNeighbor, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.engine import PimEngine
from controlplane.protocols.pim.events import (
    PimEnabled,
    PimInput,
    PimOutput,
    RoutesChanged,
    Rpf,
    TreeRemoved,
    TreeUpdate,
)
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import JoinPrune
from controlplane.wire.pim.message import decode_message

Loses = Callable[[str, SendPacket], bool]


class Network:
    """Interfaces are named after their LAN; `loses` tells which packets do not reach a router."""

    def __init__(self, *, hellos: bool = False) -> None:
        self.now: Instant = 0.0
        self.hellos = hellos
        self.engines: dict[str, PimEngine] = {}
        self.rpf: dict[str, dict[IPv4Address, Rpf]] = {}
        self.lans: dict[str, list[str]] = {}
        self.loses: Loses = lambda router, packet: False
        self.lines: list[str] = []
        self._boots = 0

    def router(self, name: str, **addresses: str) -> None:
        """Start, or start anew, a router on these LANs."""
        self._boots += 1
        rpf = self.rpf.setdefault(name, {})
        rng = Random(f"{name} {self._boots}")
        self.engines[name] = PimEngine(rpf=lambda root, _: rpf.get(root), rng=rng)
        for index, (lan, address) in enumerate(addresses.items(), start=1):
            kind = InterfaceKind.PMSI if address.endswith("/32") else InterfaceKind.ETHERNET
            interface = Interface(name=lan, index=index, kind=kind, address=IPv4Interface(address))
            if name not in self.lans.setdefault(lan, []):
                self.lans[lan].append(name)
            self.tell(name, InterfaceUp(interface=interface))
            self.tell(name, PimEnabled(interface=lan))

    def route(self, name: str, source: IPv4Address, interface: str, via: str | None) -> None:
        self.rpf[name][source] = Rpf(interface, IPv4Address(via) if via else None)
        self.tell(name, RoutesChanged())

    def member(self, name: str, sg: SourceGroup, *, joined: bool, interface: str = "hosts") -> None:
        self.tell(
            name,
            MembershipChanged(interface=interface, group=sg.group, source=sg.source, joined=joined),
        )

    def tell(self, name: str, event: PimInput) -> None:
        """Hand an input to a router, and carry what comes of it to the others."""
        self._carry(deque((name, o) for o in self.engines[name].handle(event, self.now)))

    def run(self, until: Instant) -> None:
        """Let time pass, deadline by deadline."""
        while (deadline := self._next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            for name, engine in self.engines.items():
                self._carry(deque((name, o) for o in engine.advance(self.now)))
        self.now = until

    def say(self, text: str) -> None:
        """Write down what the scenario does."""
        self.lines.append(f"# {text}")

    def trace(self) -> str:
        return "\n".join(self.lines) + "\n"

    def _next_deadline(self) -> Instant | None:
        deadlines = (engine.next_deadline() for engine in self.engines.values())
        return min((d for d in deadlines if d is not None), default=None)

    def _carry(self, waiting: deque[tuple[str, PimOutput]]) -> None:
        while waiting:
            name, output = waiting.popleft()
            self._write(name, output)
            if isinstance(output, SendPacket):
                for other in self.lans[output.interface]:
                    waiting.extend((other, o) for o in self._deliver(name, other, output))

    def _deliver(self, sender: str, receiver: str, packet: SendPacket) -> list[PimOutput]:
        if receiver == sender or self.loses(receiver, packet):
            return []
        received = PacketReceived(
            interface=packet.interface,
            source=packet.source,
            destination=packet.destination,
            payload=packet.payload,
            ttl=packet.ttl,
        )
        return self.engines[receiver].handle(received, self.now)

    def _write(self, name: str, output: PimOutput) -> None:
        text = describe(output)
        if self.hellos or "Hello" not in text:
            self.lines.append(f"{self.now:9.3f} {name:4} {text}")


def describe(output: PimOutput) -> str:
    match output:
        case SendPacket():
            return f"> {output.interface}: {_message(output)}"
        case TreeUpdate():
            via = f" via {output.rpf_neighbor}" if output.rpf_neighbor else ""
            outgoing = " ".join(sorted(output.outgoing)) or "nowhere"
            return f"{output.sg}: from {output.incoming}{via} to {outgoing}"
        case TreeRemoved():
            return f"{output.sg}: removed"
        case WatchNeighbor(interface=interface, neighbor=neighbor):
            return f"{interface}: watch {neighbor}"
        case ForgetNeighbor(interface=interface, neighbor=neighbor):
            return f"{interface}: watch {neighbor} no longer"
        case Notice():
            return output.words()


def _message(packet: SendPacket) -> str:
    match decode_message(packet.payload):
        case Hello() as hello:
            return f"Hello, holdtime {hello.holdtime}, priority {hello.dr_priority}"
        case JoinPrune() as message:
            return f"{_entries(message)} to {message.upstream_neighbor}"
        case other:
            return str(other)


def _entries(message: JoinPrune) -> str:
    joins = [str(SourceGroup(s.address, g.group.address)) for g in message.groups for s in g.joined]
    prunes = [
        str(SourceGroup(s.address, g.group.address)) for g in message.groups for s in g.pruned
    ]
    named = (("Join", joins), ("Prune", prunes))
    return ", ".join(f"{verb} {' '.join(sgs)}" for verb, sgs in named if sgs)
