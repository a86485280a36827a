"""Several PIM engines on toy LANs: what one sends, the others hear at once.

A line of the trace is an instant, a router, and what it did. Packets carry an arrow, and periodic
Hellos are left out once the routers know each other (`hellos=False`).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from random import Random

from controlplane.engine.engine import InterfaceUp, PacketReceived, SendPacket
from controlplane.engine.liveness import ForgetNeighbor, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.assert_metric import INFINITE_METRIC, INFINITE_PREFERENCE
from controlplane.protocols.pim.config import PimConfig
from controlplane.protocols.pim.engine import DEFAULTS, PimEngine
from controlplane.protocols.pim.events import (
    PimEnabled,
    PimInput,
    PimOutput,
    RoutesChanged,
    Rpf,
    TreeRemoved,
    TreeUpdate,
)
from controlplane.wire.pim.address import EncodedSource
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import decode_message
from controlplane.wire.pim.register import ANY_SOURCE, Register, RegisterStop

GOLDEN = Path(__file__).parent / "golden"

Loses = Callable[[str, SendPacket], bool]


class Network:
    """Interfaces are named after their LAN; `loses` tells which packets do not reach a router."""

    def __init__(self, *, hellos: bool = False) -> None:
        self.now: Instant = 0.0
        self.hellos = hellos
        self.engines: dict[str, PimEngine] = {}
        self.rpf: dict[str, dict[IPv4Address, Rpf]] = {}
        self.lans: dict[str, list[str]] = {}
        self.owners: dict[IPv4Address, str] = {}
        self.pmsis: set[str] = set()
        self.addresses: dict[tuple[str, str], IPv4Address] = {}
        self.loses: Loses = lambda router, packet: False
        self.lines: list[str] = []
        self._boots = 0

    def router(self, name: str, config: PimConfig = DEFAULTS, /, **addresses: str) -> None:
        """Start, or start anew, a router on these LANs."""
        self._boots += 1
        rpf = self.rpf.setdefault(name, {})
        rng = Random(f"{name} {self._boots}")
        self.engines[name] = PimEngine(rpf=lambda root, _: rpf.get(root), rng=rng, config=config)
        for index, (lan, address) in enumerate(addresses.items(), start=1):
            kind = InterfaceKind.PMSI if address.endswith("/32") else InterfaceKind.ETHERNET
            interface = Interface(name=lan, index=index, kind=kind, address=IPv4Interface(address))
            if kind is InterfaceKind.PMSI:
                self.pmsis.add(lan)
            self.owners[interface.address.ip] = name
            self.addresses[name, lan] = interface.address.ip
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

    def check(self, name: str) -> None:
        """Compare the trace with the golden one of this name."""
        file = GOLDEN / f"{name}.txt"
        if os.environ.get("UPDATE_GOLDEN"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(self.trace())
        assert self.trace() == file.read_text()

    def _next_deadline(self) -> Instant | None:
        deadlines = (engine.next_deadline() for engine in self.engines.values())
        return min((d for d in deadlines if d is not None), default=None)

    def _carry(self, waiting: deque[tuple[str, PimOutput]]) -> None:
        while waiting:
            name, output = waiting.popleft()
            self._write(name, output)
            if isinstance(output, SendPacket):
                for other in self._receivers(output):
                    waiting.extend((other, o) for o in self._deliver(name, other, output))

    def _receivers(self, packet: SendPacket) -> list[str]:
        """The routers of the LAN; of unicast the one whose address it is, wherever it is."""
        if packet.destination.is_multicast:
            return self.lans[packet.interface]
        owner = self.owners.get(packet.destination)
        return [owner] if owner is not None else []

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
            return f"{output.tree}: from {_origin(output)} to {_destination(output)}"
        case TreeRemoved():
            return f"{output.tree}: removed"
        case WatchNeighbor(interface=interface, neighbor=neighbor):
            return f"{interface}: watch {neighbor}"
        case ForgetNeighbor(interface=interface, neighbor=neighbor):
            return f"{interface}: watch {neighbor} no longer"
        case Notice():
            return output.words()


def _origin(update: TreeUpdate) -> str:
    via = f" via {update.rpf_neighbor}" if update.rpf_neighbor else ""
    origin = "Registers" if update.from_registers else f"{update.incoming}{via}"
    return origin + (", watched," if update.watch_sources else "")


def _destination(update: TreeUpdate) -> str:
    outgoing = sorted(update.outgoing)
    if update.registering is not None:
        outgoing.append(f"RP {update.registering.rp} as {update.registering.source}")
    return " ".join(outgoing) or "nowhere"


def _message(packet: SendPacket) -> str:
    match decode_message(packet.payload):
        case Hello() as hello:
            return f"Hello, holdtime {hello.holdtime}, priority {hello.dr_priority}"
        case JoinPrune() as message:
            return f"{_entries(message)} to {message.upstream_neighbor}"
        case Assert() as message:
            return _assert(message)
        case Register(null=True) as message:
            return f"Null-Register {message.sg} to {packet.destination}"
        case Register() as message:
            return f"Register {message.sg} to {packet.destination}"
        case RegisterStop() as message:
            sg = SourceGroup(message.source, message.group.address)
            return f"Register-Stop {sg} to {packet.destination}"
        case other:
            return str(other)


def _assert(message: Assert) -> str:
    group = message.group.address
    named = (
        AnySource.of(group) if message.source == ANY_SOURCE else SourceGroup(message.source, group)
    )
    if (message.preference, message.metric) == (INFINITE_PREFERENCE, INFINITE_METRIC):
        return f"AssertCancel {named}"
    tree = "RP tree" if message.rpt else "its own tree"
    return f"Assert {named} on {tree}, {message.preference}/{message.metric}"


def _entries(message: JoinPrune) -> str:
    joins = [_entry(g, s) for g in message.groups for s in g.joined]
    prunes = [_entry(g, s) for g in message.groups for s in g.pruned]
    named = (("Join", joins), ("Prune", prunes))
    return ", ".join(f"{verb} {' '.join(entries)}" for verb, entries in named if entries)


def _entry(group: GroupSet, source: EncodedSource) -> str:
    if source.wildcard:
        return f"(*, {group.group.address}) at {source.address}"
    sg = SourceGroup(source.address, group.group.address)
    return f"({sg.source}, {sg.group}, rpt)" if source.rpt else str(sg)
