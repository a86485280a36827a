"""The BFD engine of one VRF: asynchronous sessions over one hop (RFC 5880, RFC 5881).

    6.8.6  receiver: which session a packet is of
    6.2    machine: the table of states
    6.8.4  states: what changes a session's state, and who is told
    6.8.3  session: state variables, intervals, the Poll Sequence
    6.8.7  sender: when packets leave
    6.8.16 sessions: made for whom a protocol watches, and ended

A neighbour that asks for Demand mode gets it; this system never asks. There is no Echo function:
packets say a Required Min Echo RX Interval of zero. There is no authentication either (RFC 5881 5:
the TTL of 255 is what shows that a packet comes from the link).
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final

from controlplane.engine.engine import DatagramReceived, InterfaceDown, InterfaceUp
from controlplane.engine.liveness import WatchNeighbor
from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bfd import show
from controlplane.protocols.bfd.events import BfdEnabled, BfdInput, BfdOutput, Watch
from controlplane.protocols.bfd.instance import BfdInstance
from controlplane.protocols.bfd.receiver import Receiver
from controlplane.protocols.bfd.sender import Sender
from controlplane.protocols.bfd.sessions import Sessions
from controlplane.protocols.bfd.states import States
from controlplane.protocols.bfd.timers import BfdTimer, DetectionTimer, LingerTimer, TransmitTimer

_PUNCTUAL: Final[Duration] = 0.005
"""An event loop with time to spare is seldom later than this (docs/protocols/bfd.md)."""


class BfdEngine:
    """An Engine[BfdInput, BfdOutput]."""

    def __init__(self, *, rng: Random) -> None:
        self._instance = BfdInstance(rng)
        self._sender = Sender(self._instance)
        self._states = States(self._instance, self._sender)
        self._sessions = Sessions(self._instance, self._states, self._sender)
        self._receiver = Receiver(self._instance)

    @property
    def counters(self) -> Counter[str]:
        """How often what happened; keys are those of `Count`."""
        return self._instance.counters

    def sessions(self, now: Instant) -> tuple[show.SessionView, ...]:
        return show.sessions(self._instance, now)

    def next_deadline(self) -> Instant | None:
        return self._instance.timers.next_deadline()

    def handle(self, event: BfdInput, now: Instant) -> list[BfdOutput]:
        match event:
            case DatagramReceived():
                self._receive(event, now)
            case BfdEnabled(interface=interface, settings=settings):
                self._sessions.enable(interface, settings, now)
            case Watch():
                self._watch(event, now)
            case InterfaceUp(interface=interface):
                self._sessions.interface_up(interface.name, now)
            case InterfaceDown(name=name):
                self._sessions.interface_down(name, now)
        return self._take_outputs()

    def advance(self, now: Instant) -> list[BfdOutput]:
        deadline = self.next_deadline()
        if deadline is not None and now - deadline > _PUNCTUAL:
            self._instance.overslept_at = now
        for name in self._instance.timers.expired(now):
            self._expire(name, now)
        return self._take_outputs()

    def _receive(self, event: DatagramReceived, now: Instant) -> None:
        received = self._receiver.receive(event, now)
        if received is not None:
            session, packet = received
            self._states.hear(session, packet, now)
            self._sender.settle(session, now)

    def _watch(self, event: Watch, now: Instant) -> None:
        if isinstance(event.request, WatchNeighbor):
            self._sessions.watch(event.client, event.request, now)
        else:
            self._sessions.forget(event.client, event.request, now)

    def _expire(self, name: BfdTimer, now: Instant) -> None:
        session = self._instance.sessions[name.session]
        match name:
            case TransmitTimer():
                self._sender.transmit_timer_expires(session, now)
            case DetectionTimer():
                self._states.detection_time_expires(session, now)
                self._sender.settle(session, now)
            case LingerTimer():
                self._sessions.remove(session)

    def _take_outputs(self) -> list[BfdOutput]:
        outputs, self._instance.outputs = self._instance.outputs, []
        return outputs
