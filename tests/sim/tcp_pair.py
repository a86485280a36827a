"""Two TCP stacks of the simulator on a link that can lose, delay and cut; a record of each end."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.stream import (
    DataReceived,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
    StreamInput,
    StreamOpened,
    StreamOutput,
)
from controlplane.sim.scheduler import Scheduler
from controlplane.sim.tcp import TcpStack
from controlplane.wire.ipv4 import Ipv4Packet
from controlplane.wire.reader import Reader
from controlplane.wire.tcp import TcpSegment

A, B = IPv4Address("10.255.0.1"), IPv4Address("10.255.0.2")
SERVICE: Final = Endpoint(B, 646)
DELAY: Final = 0.005

Change = Callable[[Ipv4Packet], Ipv4Packet | None]
"""What a link makes of a packet; None when it is lost."""


def unchanged(packet: Ipv4Packet) -> Ipv4Packet:
    return packet


@dataclass
class Side:
    """One router's engine, as far as it has to do with streams."""

    events: list[StreamInput] = field(default_factory=list)

    def data(self, stream: str) -> bytes:
        return b"".join(
            event.data
            for event in self.events
            if isinstance(event, DataReceived) and event.stream == stream
        )

    @property
    def accepted(self) -> str:
        """The one stream that was accepted."""
        (name,) = [event.stream for event in self.events if isinstance(event, StreamAccepted)]
        return name

    @property
    def opened(self) -> list[str]:
        """Those that it opened itself."""
        return [event.stream for event in self.events if isinstance(event, StreamOpened)]

    @property
    def reasons(self) -> list[str]:
        """Why streams were closed."""
        return [event.why for event in self.events if isinstance(event, StreamClosed)]

    @property
    def drained(self) -> int:
        """How often nothing waited any more."""
        return sum(isinstance(event, StreamDrained) for event in self.events)


class Pair:
    """`a` opens streams to `b`; `link` is what becomes of packets on their way."""

    def __init__(self, *, seed: int = 1, mtu: int = 1500) -> None:
        self.scheduler = Scheduler()
        self.link: Change = unchanged
        self.sent: list[tuple[IPv4Address, TcpSegment]] = []
        self.a_side, self.b_side = Side(), Side()
        self.a, self.b = self._stack(f"{seed} a", mtu, A), self._stack(f"{seed} b", mtu, B)

    def _stack(self, seed: str, mtu: int, address: IPv4Address) -> TcpStack:
        side = self.a_side if address == A else self.b_side
        rng = random.Random(seed)
        return TcpStack(self.scheduler, rng, mtu, self._carry, side.events.append)

    def restart_b(self) -> None:
        """The peer forgets everything, without a word."""
        self.b = self._stack("again", 1500, B)

    def _carry(self, datagram: bytes) -> None:
        packet = Ipv4Packet.decode(Reader(datagram))
        ends = packet.source, packet.destination
        self.sent.append((packet.source, TcpSegment.decode(Reader(packet.payload), *ends)))
        carried = self.link(packet)
        if carried is not None:
            arrival = self.scheduler.now + DELAY
            self.scheduler.at(arrival, self._arrive, carried.destination, carried.encode())

    def _arrive(self, address: IPv4Address, datagram: bytes) -> None:
        (self.a if address == A else self.b).receive(datagram)

    def run(self, seconds: float) -> None:
        self.scheduler.run(self.scheduler.now + seconds)

    def open(
        self,
        *,
        key: bytes | None = None,
        listener_key: bytes | None = None,
        gtsm: bool = False,
    ) -> None:
        """`b` listens, `a` opens the stream "s", and there is time for it."""
        keys = {} if listener_key is None else {A: listener_key}
        self.b.command(Listen(local=SERVICE, md5_keys=keys, gtsm=gtsm))
        self.a.command(OpenStream(stream="s", local=A, remote=SERVICE, md5_key=key, gtsm=gtsm))
        self.run(1.0)

    def send(self, data: bytes) -> None:
        """From `a`, on the stream "s"."""
        self.a.command(SendData(stream="s", data=data))

    def answer(self, command: Callable[[str], StreamOutput]) -> None:
        """A command of `b` about the stream that it accepted."""
        self.b.command(command(self.b_side.accepted))

    @property
    def octets(self) -> int:
        """Payload that was sent, whether it arrived or not."""
        return sum(len(segment.payload) for _, segment in self.sent)
