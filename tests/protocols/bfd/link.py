"""BFD engines on a toy link with a delay and a loss of its own, on a virtual clock.

Every router has the address 10.0.0.N on interface `eth0`. `trace` is who did what when; Control
packets are in `packets`, as they left.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from itertools import count
from random import Random

from controlplane.engine.engine import (
    DatagramReceived,
    InterfaceDown,
    InterfaceUp,
    SendDatagram,
)
from controlplane.engine.liveness import ForgetNeighbor, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.bfd.engine import BfdEngine
from controlplane.protocols.bfd.events import (
    BfdEnabled,
    BfdInput,
    BfdOutput,
    BfdSettings,
    ClientNotified,
    Watch,
)
from controlplane.protocols.bfd.show import SessionView
from controlplane.wire.bfd import ControlPacket
from controlplane.wire.reader import Reader

FAST = BfdSettings(desired_min_tx=0.1, required_min_rx=0.1, detect_mult=3)


def address(number: int) -> IPv4Address:
    return IPv4Address(f"10.0.0.{number}")


def interface(number: int) -> Interface:
    return Interface(
        name="eth0",
        index=1,
        kind=InterfaceKind.ETHERNET,
        address=IPv4Interface(f"10.0.0.{number}/24"),
    )


def decoded(datagram: SendDatagram) -> ControlPacket:
    return ControlPacket.decode(Reader(datagram.payload))


def watch(number: int, neighbor: int, client: str = "ospf") -> Watch:
    request = WatchNeighbor(interface="eth0", local=address(number), neighbor=address(neighbor))
    return Watch(client=client, request=request)


def forget(neighbor: int, client: str = "ospf") -> Watch:
    return Watch(
        client=client, request=ForgetNeighbor(interface="eth0", neighbor=address(neighbor))
    )


@dataclass(frozen=True, slots=True)
class Sent:
    at: Instant
    by: int
    packet: ControlPacket


class Link:
    """`loses` tells which datagrams of a router are lost."""

    def __init__(self, settings: dict[int, BfdSettings], *, delay: Duration = 0.001) -> None:
        self.now: Instant = 0.0
        self.delay = delay
        self.loses: Callable[[int], bool] = lambda sender: False
        self.engines = {n: BfdEngine(rng=Random(n)) for n in settings}
        self.packets: list[Sent] = []
        self.trace: list[tuple[Instant, int, str]] = []
        self.told: list[ClientNotified] = []
        self._flying: list[tuple[Instant, int, int, DatagramReceived]] = []
        self._sequence = count()
        for number, chosen in settings.items():
            self.tell(number, InterfaceUp(interface=interface(number)))
            self.tell(number, BfdEnabled(interface="eth0", settings=chosen))

    def tell(self, number: int, event: BfdInput) -> None:
        self._carry(number, self.engines[number].handle(event, self.now))

    def connect(self, *numbers: int) -> None:
        """Have each of them watch each other one."""
        for number in numbers:
            for other in numbers:
                if other != number:
                    self.tell(number, watch(number, other))

    def interface_down(self, number: int) -> None:
        self.tell(number, InterfaceDown(name="eth0"))

    def interface_up(self, number: int) -> None:
        self.tell(number, InterfaceUp(interface=interface(number)))

    def session(self, number: int) -> SessionView:
        (view,) = self.engines[number].sessions(self.now)
        return view

    def states(self) -> list[str]:
        return [view.state for e in self.engines.values() for view in e.sessions(self.now)]

    def sent_by(self, number: int, since: Instant = 0.0) -> list[Sent]:
        return [sent for sent in self.packets if sent.by == number and sent.at >= since]

    def run(self, until: Instant) -> None:
        while (at := self._next()) is not None and at <= until:
            self.now = max(self.now, at)
            while self._flying and self._flying[0][0] <= self.now:
                _, _, number, received = heapq.heappop(self._flying)
                self.tell(number, received)
            for number, engine in self.engines.items():
                self._carry(number, engine.advance(self.now))
        self.now = until

    def _next(self) -> Instant | None:
        deadlines = [e.next_deadline() for e in self.engines.values()]
        instants = [d for d in deadlines if d is not None]
        return min(instants + [flying[0] for flying in self._flying[:1]], default=None)

    def _carry(self, number: int, outputs: list[BfdOutput]) -> None:
        for output in outputs:
            match output:
                case SendDatagram():
                    self._send(number, output)
                case ClientNotified():
                    self.told.append(output)
                    self.trace.append((self.now, number, f"{output.client}: {output.failure.why}"))
                case Notice():
                    self.trace.append((self.now, number, output.words()))

    def _send(self, number: int, datagram: SendDatagram) -> None:
        self.packets.append(Sent(self.now, number, decoded(datagram)))
        to = next((n for n in self.engines if address(n) == datagram.destination), None)
        if to is None or self.loses(number):
            return
        received = DatagramReceived(
            interface=datagram.interface,
            source=datagram.source,
            destination=datagram.destination,
            source_port=datagram.source_port,
            destination_port=datagram.destination_port,
            payload=datagram.payload,
            ttl=datagram.ttl,
        )
        heapq.heappush(self._flying, (self.now + self.delay, next(self._sequence), to, received))
