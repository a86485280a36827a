"""One BFD engine under test: the test plays its neighbour, 10.0.0.2 on `eth0`."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from controlplane.engine.engine import DatagramReceived, InterfaceUp, SendDatagram
from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.protocols.bfd.engine import BfdEngine
from controlplane.protocols.bfd.events import (
    BfdEnabled,
    BfdInput,
    BfdOutput,
    BfdSettings,
    ClientNotified,
)
from controlplane.protocols.bfd.show import SessionView
from controlplane.wire.bfd import CONTROL_PORT, ControlPacket, SessionState
from tests.protocols.bfd.link import FAST, address, decoded, interface, watch

NEIGHBOR = ControlPacket(
    state=SessionState.DOWN,
    detect_mult=3,
    my_discriminator=77,
    your_discriminator=0,
    desired_min_tx=100_000,
    required_min_rx=100_000,
)
"""What the neighbour says first."""


def datagram(packet: ControlPacket | bytes, **changed: object) -> DatagramReceived:
    payload = packet if isinstance(packet, bytes) else packet.encode()
    received = DatagramReceived(
        interface="eth0",
        source=address(2),
        destination=address(1),
        source_port=50_000,
        destination_port=CONTROL_PORT,
        payload=payload,
        ttl=255,
    )
    return replace(received, **changed)  # type: ignore[arg-type]


class Router:
    """Watches the neighbour from the beginning, with intervals of 100 ms."""

    def __init__(self, settings: BfdSettings = FAST) -> None:
        self.now: Instant = 0.0
        self.engine = BfdEngine(rng=Random(1))
        self.told: list[ClientNotified] = []
        self.notices: list[str] = []
        self.datagrams: list[SendDatagram] = []
        self.handle(InterfaceUp(interface=interface(1)))
        self.enable(settings)
        self.handle(watch(1, 2))

    def enable(self, settings: BfdSettings) -> list[ControlPacket]:
        return self.handle(BfdEnabled(interface="eth0", settings=settings))

    def handle(self, event: BfdInput) -> list[ControlPacket]:
        return self._note(self.engine.handle(event, self.now))

    def hears(self, packet: ControlPacket, **changed: object) -> list[ControlPacket]:
        """A packet of the neighbour that names our session, unless it names another."""
        return self.handle(datagram(packet, **changed))

    def comes_up(self, **said: object) -> ControlPacket:
        """The handshake; what the neighbour says from then on."""
        while self.session.state != "INIT":
            self.hears(NEIGHBOR)
        mine = self.session.local_discriminator
        up = replace(NEIGHBOR, state=SessionState.UP, your_discriminator=mine)
        up = replace(up, **said)  # type: ignore[arg-type]
        self.hears(up)
        self.hears(replace(up, final=True))
        self.hears(up)
        return up

    def run(self, until: Instant, hearing: ControlPacket | None = None) -> list[ControlPacket]:
        """Let time pass; the neighbour repeats a packet each 80 ms."""
        sent: list[ControlPacket] = []
        next_heard = self.now + 0.08
        while True:
            deadlines = [until, self.engine.next_deadline() or until]
            self.now = max(self.now, min([*deadlines, *([next_heard] if hearing else [])]))
            sent += self.advance()
            if hearing is not None and self.now >= next_heard:
                sent += self.hears(hearing)
                next_heard += 0.08
            if self.now >= until:
                return sent

    def advance(self) -> list[ControlPacket]:
        return self._note(self.engine.advance(self.now))

    @property
    def session(self) -> SessionView:
        (view,) = self.engine.sessions(self.now)
        return view

    def _note(self, outputs: list[BfdOutput]) -> list[ControlPacket]:
        """Keep what is told; the packets that were sent."""
        sent = [output for output in outputs if isinstance(output, SendDatagram)]
        self.datagrams += sent
        self.told += [output for output in outputs if isinstance(output, ClientNotified)]
        self.notices += [output.words() for output in outputs if isinstance(output, Notice)]
        return [decoded(output) for output in sent]
