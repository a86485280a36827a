"""Routers with a switch each, joined by wires of 1 ms, on a virtual clock. Nothing is random."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from random import Random

from controlplane.engine.stream import StreamInput
from controlplane.engine.time import Instant
from controlplane.fib.model import PacketOut, Submit
from controlplane.net.interface import DEFAULT_VRF
from controlplane.p4rt.readings import Readings
from controlplane.rib.route import Route, RouteProtocol
from controlplane.router.config import RouterConfig
from controlplane.router.events import (
    FibChanged,
    HostPacket,
    Noticed,
    Output,
    PortChanged,
    RouterInput,
    RoutesReplaced,
    StreamCommand,
    StreamEvent,
)
from controlplane.router.router import Router
from tests.router.streams import Streams
from tests.router.switch import Copies, Switch

DELAY = 0.001


@dataclass(frozen=True, slots=True)
class End:
    """A port of a node."""

    node: str
    port: int


@dataclass
class Node:
    router: Router
    switch: Switch = field(default_factory=Switch)
    notices: list[Noticed] = field(default_factory=list)
    host_packets: list[HostPacket] = field(default_factory=list)
    fib_changes: int = 0
    readings: Readings | None = None


class Network:
    def __init__(self, configs: list[RouterConfig], wires: list[tuple[End, End]]) -> None:
        self.now: Instant = 0.0
        self.nodes = {
            config.name: Node(Router(config, Random(number)))
            for number, config in enumerate(configs)
        }
        self.received: dict[End, list[tuple[Instant, bytes]]] = {}
        self._wires = {one: other for pair in wires for one, other in (pair, pair[::-1])}
        self._cut: set[End] = set()
        self._events: list[tuple[Instant, int, Callable[[], None]]] = []
        self._sequence = count()
        self.sent: list[tuple[End, bytes]] = []
        self.streams = Streams(self._tell)

    def start(self) -> None:
        for name, node in self.nodes.items():
            self._carry_out(name, node.router.start(self.now))

    def routes(self, node: str, vrf: str, protocol: RouteProtocol, *routes: Route) -> None:
        self.give(node, RoutesReplaced(vrf=vrf, protocol=protocol, routes=routes))

    def give(self, node: str, event: RouterInput) -> None:
        self._carry_out(node, self.nodes[node].router.handle(event, self.now))

    def host_sends(self, to: End, frame: bytes) -> None:
        """A host that hangs on a port sends a frame."""
        self._at(self.now + DELAY, partial(self._arrive, to, frame))

    def cut_wire(self, end: End) -> None:
        """Nothing comes through any more, and neither end is told."""
        self._cut |= {end, self._wires[end]}

    def set_wire(self, end: End, up: bool) -> None:
        """Both ends of a wire lose their link, or get it back."""
        for side in (end, self._wires[end]):
            (self._cut.discard if up else self._cut.add)(side)
            self.give(side.node, PortChanged(port=side.port, up=up))

    def run(self, until: Instant) -> None:
        while (at := self._next()) is not None and at <= until:
            self.now = max(self.now, at)
            self._step()
        self.now = until

    def _next(self) -> Instant | None:
        deadlines = [node.router.next_deadline() for node in self.nodes.values()]
        events = [self._events[0][0]] if self._events else []
        return min([*events, *(at for at in deadlines if at is not None)], default=None)

    def _step(self) -> None:
        while self._events and self._events[0][0] <= self.now:
            heapq.heappop(self._events)[2]()
        for name, node in self.nodes.items():
            deadline = node.router.next_deadline()
            if deadline is not None and deadline <= self.now:
                self._carry_out(name, node.router.advance(self.now))

    def _at(self, at: Instant, what: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at, next(self._sequence), what))

    def _carry_out(self, name: str, outputs: list[Output]) -> None:
        node = self.nodes[name]
        for output in outputs:
            match output:
                case PacketOut(port, frame):
                    self._leave(name, [(port, frame)])
                case Submit():
                    self._leave(name, node.switch.submit(output))
                    self._hand_up(name)
                case FibChanged(fib):
                    node.switch.fib = fib
                    node.fib_changes += 1
                case StreamCommand(command=command):
                    self.streams.command(name, command)
                case HostPacket():
                    node.host_packets.append(output)
                case Noticed():
                    node.notices.append(output)
        self._count(name)

    def _count(self, name: str) -> None:
        """Begin or end to read the switch's counters, as the router wants it now."""
        node = self.nodes[name]
        period = node.router.wants_counters
        if period is None:
            node.readings = None
        elif node.readings is None:
            node.readings = Readings(node.switch.read_counters(), self.now)
            self._at(self.now + period, partial(self._read_counters, name, node.readings))

    def _read_counters(self, name: str, readings: Readings) -> None:
        node = self.nodes[name]
        if readings is node.readings:
            self.give(name, readings.take(node.switch.read_counters(), self.now))
        if readings is node.readings and (period := node.router.wants_counters) is not None:
            self._at(self.now + period, partial(self._read_counters, name, readings))

    def _tell(self, name: str, event: StreamInput) -> None:
        """Streams are of the provider's table."""
        told = StreamEvent(vrf=DEFAULT_VRF, event=event)
        self._at(self.now + DELAY, partial(self.give, name, told))

    def _leave(self, name: str, copies: Copies) -> None:
        for port, frame in copies:
            end = End(name, port)
            self.sent.append((end, frame))
            peer = self._wires.get(end)
            if peer is None:
                self.received.setdefault(end, []).append((self.now, frame))
            elif end not in self._cut:
                self._at(self.now + DELAY, partial(self._arrive, peer, frame))

    def _arrive(self, end: End, frame: bytes) -> None:
        node = self.nodes[end.node]
        self._leave(end.node, node.switch.process(end.port, frame))
        self._hand_up(end.node)

    def _hand_up(self, name: str) -> None:
        punted, self.nodes[name].switch.punted = self.nodes[name].switch.punted, []
        for packet in punted:
            self.give(name, packet)
