"""The LDP engine of a router: every input and timer goes to the machine of its chapter.

    RFC 5036 2.4    discovery, adjacencies: who is there
    RFC 5036 2.5    sessions, negotiation, listener: the connection and its state
    RFC 5036 2.7    addresses: which next hop is which peer
    RFC 5036 2.6    bindings, allocation: labels given; distribution: label messages heard
    RFC 5036 3.5.1  receiver, sender: octets and messages
    RFC 3478, 5443  graceful_restart, sync

Machines note which FECs changed and queue what is to be sent. When an input is through, `_finish`
lets each changed FEC decide again and tells the labels that came of it, all in one; then what waits
goes out, in as few PDUs as can be.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from controlplane.engine.engine import DatagramReceived, InterfaceDown, InterfaceUp
from controlplane.engine.labels import LabelSpace
from controlplane.engine.liveness import NeighborFailed
from controlplane.engine.stream import DataReceived, StreamAccepted, StreamClosed, StreamOpened
from controlplane.engine.time import Instant
from controlplane.protocols.ldp import show
from controlplane.protocols.ldp.addresses import Addresses
from controlplane.protocols.ldp.adjacencies import Adjacencies
from controlplane.protocols.ldp.adjacency import AdjacencyKey
from controlplane.protocols.ldp.allocation import Allocation
from controlplane.protocols.ldp.bindings import Bindings
from controlplane.protocols.ldp.complaints import Complaints
from controlplane.protocols.ldp.discovery import Discovery
from controlplane.protocols.ldp.distribution import Distribution
from controlplane.protocols.ldp.events import (
    FecsChanged,
    LdpConfig,
    LdpEnabled,
    LdpInput,
    LdpOutput,
)
from controlplane.protocols.ldp.exchange import Exchange
from controlplane.protocols.ldp.graceful_restart import Restarts
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.interfaces import Interfaces
from controlplane.protocols.ldp.listener import Listener
from controlplane.protocols.ldp.receiver import Receiver
from controlplane.protocols.ldp.sender import Sender
from controlplane.protocols.ldp.session import Session
from controlplane.protocols.ldp.sessions import Sessions
from controlplane.protocols.ldp.sync import Synchronisation
from controlplane.protocols.ldp.timers import (
    BackoffTimer,
    EndOfLibTimer,
    HelloHoldTimer,
    HelloTimer,
    KeepAliveTimer,
    LabelRetryTimer,
    LdpTimer,
    ReconnectTimer,
    RecoveryTimer,
    SendKeepAliveTimer,
    SetupTimer,
    TargetedHelloTimer,
)


class LdpEngine:
    """An Engine[LdpInput, LdpOutput]."""

    def __init__(self, config: LdpConfig, *, labels: LabelSpace, rng: Random) -> None:
        self._instance = instance = LdpInstance(config, labels, rng)
        self._sender = sender = Sender(instance)
        self._allocation = Allocation(instance, sender)
        self._bindings = Bindings(instance, sender, self._allocation)
        self._addresses = Addresses(instance, sender)
        self._restarts = Restarts(instance, self._bindings, self._addresses)
        self._exchange = Exchange(instance, sender, self._addresses, self._bindings, self._restarts)
        self._sessions = Sessions(instance, sender, self._exchange)
        self._adjacencies = Adjacencies(instance, self._sessions)
        complaints = Complaints(instance)
        self._discovery = Discovery(instance, sender, self._adjacencies, complaints)
        self._interfaces = Interfaces(instance, self._discovery, self._adjacencies, self._addresses)
        distribution = Distribution(
            instance, sender, self._bindings, self._allocation, self._exchange
        )
        self._receiver = Receiver(
            instance,
            sender,
            self._sessions,
            self._addresses,
            distribution,
            self._exchange,
            complaints,
        )
        self._listener = Listener(instance)
        self._synchronisation = Synchronisation(instance)

    @property
    def counters(self) -> Counter[str]:
        """How often what happened; keys are those of `counters.py`."""
        return self._instance.counters

    def interfaces(self, now: Instant) -> tuple[show.InterfaceView, ...]:
        return show.interfaces(self._instance, now)

    def discovery(self, now: Instant) -> tuple[show.DiscoveryView, ...]:
        return show.discovery(self._instance, now)

    def neighbors(self, now: Instant) -> tuple[show.NeighborView, ...]:
        return show.neighbors(self._instance, now)

    def bindings(self) -> tuple[show.BindingView, ...]:
        return show.bindings(self._instance)

    def next_deadline(self) -> Instant | None:
        return self._instance.timers.next_deadline()

    def handle(self, event: LdpInput, now: Instant) -> list[LdpOutput]:
        match event:
            case DataReceived():
                self._receiver.receive(event, now)
            case DatagramReceived():
                self._discovery.receive(event, now)
            case FecsChanged():
                self._bindings.routes_changed(event.changed, event.withdrawn)
            case StreamAccepted():
                self._sessions.accepted(event, now)
            case StreamOpened():
                self._sessions.opened(event, now)
            case StreamClosed():
                self._stream_closed(event, now)
            case NeighborFailed():
                self._neighbor_failed(event, now)
            case LdpEnabled():
                self._interfaces.enable(event, now)
            case InterfaceUp():
                self._interfaces.up(event.interface, now)
            case InterfaceDown():
                self._interfaces.down(event.name, now)
        return self._finish(now)

    def advance(self, now: Instant) -> list[LdpOutput]:
        for name in self._instance.timers.expired(now):
            self._expire(name, now)
        return self._finish(now)

    def _stream_closed(self, event: StreamClosed, now: Instant) -> None:
        if (session := self._instance.sessions.get(event.stream)) is not None:
            self._sessions.closed(session, event.why, now)

    def _neighbor_failed(self, event: NeighborFailed, now: Instant) -> None:
        key = AdjacencyKey(event.interface, event.neighbor)
        if key in self._instance.adjacencies:
            self._adjacencies.remove(key, event.why, now)

    def _expire(self, name: LdpTimer, now: Instant) -> None:
        neighbors = self._instance.neighbors
        match name:
            case HelloTimer(interface):
                self._discovery.link_timer_expires(interface, now)
            case TargetedHelloTimer(peer):
                self._discovery.targeted_timer_expires(peer, now)
            case HelloHoldTimer(key):
                self._adjacencies.remove(key, "nothing heard for its hold time", now)
            case SetupTimer() | KeepAliveTimer() | SendKeepAliveTimer() | EndOfLibTimer():
                self._expire_of_session(name, self._instance.sessions[name.stream], now)
            case BackoffTimer(peer):
                self._sessions.establish(neighbors[peer], now)
            case ReconnectTimer(peer):
                self._restarts.reconnect_timer_expires(neighbors[peer])
            case RecoveryTimer(peer):
                self._restarts.recovered(neighbors[peer], "its recovery time ran out")
            case LabelRetryTimer():
                self._allocation.retry()

    def _expire_of_session(
        self,
        name: SetupTimer | KeepAliveTimer | SendKeepAliveTimer | EndOfLibTimer,
        session: Session,
        now: Instant,
    ) -> None:
        match name:
            case SetupTimer():
                self._sessions.setup_timer_expires(session, now)
            case KeepAliveTimer():
                self._sessions.keepalive_timer_expires(session, now)
            case SendKeepAliveTimer():
                self._sender.keepalive(session)
            case EndOfLibTimer():
                if session.neighbor is not None:
                    self._exchange.end_of_lib_timer_expires(session.neighbor, session, now)

    def _finish(self, now: Instant) -> list[LdpOutput]:
        self._bindings.settle(now)
        self._synchronisation.settle()
        self._listener.settle()
        self._sender.flush(now)
        outputs, self._instance.outputs = self._instance.outputs, []
        return outputs
