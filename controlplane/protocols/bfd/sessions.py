"""Sessions come and go with whom protocols want watched, and with the interfaces (RFC 5881 3).

There is a session where a neighbour is watched and BFD is enabled. When the last protocol forgets
the neighbour, the session is AdminDown, so that the neighbour takes no failure from its silence,
and goes after a Detection Time (RFC 5880 6.8.16). One that had failed stays Down for that time
instead: the neighbour may not have heard of the failure yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.liveness import ForgetNeighbor, WatchNeighbor
from controlplane.engine.time import Instant
from controlplane.protocols.bfd.events import BfdSettings
from controlplane.protocols.bfd.instance import BfdInstance
from controlplane.protocols.bfd.sender import Sender
from controlplane.protocols.bfd.session import Session, SessionName, wanted_intervals
from controlplane.protocols.bfd.states import States
from controlplane.protocols.bfd.timers import DetectionTimer, LingerTimer, TransmitTimer
from controlplane.wire.bfd import FIRST_SOURCE_PORT, LAST_SOURCE_PORT, SessionState

_LAST_DISCRIMINATOR: Final = (1 << 32) - 1


@dataclass(slots=True)
class _Watched:
    local: IPv4Address
    clients: set[str] = field(default_factory=set)


class Sessions:
    def __init__(self, instance: BfdInstance, states: States, sender: Sender) -> None:
        self._instance = instance
        self._states = states
        self._sender = sender
        self._settings: dict[str, BfdSettings] = {}
        self._up: set[str] = set()
        self._watched: dict[SessionName, _Watched] = {}

    def enable(self, interface: str, settings: BfdSettings, now: Instant) -> None:
        self._settings[interface] = settings
        for session in self._instance.on_interface(interface):
            session.settings = settings
            session.renegotiate()
            self._states.time_detection(session)
            self._sender.settle(session, now)
        for name, watched in self._watched.items():
            if name.interface == interface:
                self._serve(name, watched, now)

    def interface_up(self, interface: str, now: Instant) -> None:
        self._up.add(interface)
        for session in self._instance.on_interface(interface):
            session.is_suspended = False
            self._sender.settle(session, now)

    def interface_down(self, interface: str, now: Instant) -> None:
        self._up.discard(interface)
        for session in self._instance.on_interface(interface):
            session.is_suspended = True
            self._states.interface_down(session, now)
            self._sender.settle(session, now)
            if session.is_ending:
                self.remove(session)

    def watch(self, client: str, request: WatchNeighbor, now: Instant) -> None:
        name = SessionName(request.interface, request.neighbor)
        watched = self._watched.setdefault(name, _Watched(request.local))
        watched.local = request.local
        watched.clients.add(client)
        self._serve(name, watched, now)

    def forget(self, client: str, request: ForgetNeighbor, now: Instant) -> None:
        name = SessionName(request.interface, request.neighbor)
        watched = self._watched.get(name)
        if watched is None:
            return
        watched.clients.discard(client)
        if not watched.clients:
            del self._watched[name]
        session = self._instance.sessions.get(name)
        if session is not None:
            session.clients.discard(client)
            if session.is_ending:
                self._end(session, now)

    def remove(self, session: Session) -> None:
        del self._instance.sessions[session.name]
        del self._instance.by_discriminator[session.local_discriminator]
        for timer in (TransmitTimer, DetectionTimer, LingerTimer):
            self._instance.timers.cancel(timer(session.name))

    def _serve(self, name: SessionName, watched: _Watched, now: Instant) -> None:
        """Have a session for a watched neighbour, where BFD is enabled."""
        settings = self._settings.get(name.interface)
        if settings is None:
            return
        session = self._instance.sessions.get(name) or self._make(name, watched, settings, now)
        session.local = watched.local
        session.clients |= watched.clients
        self._instance.timers.cancel(LingerTimer(name))
        self._states.revive(session, now)
        self._sender.settle(session, now)

    def _make(
        self, name: SessionName, watched: _Watched, settings: BfdSettings, now: Instant
    ) -> Session:
        intervals = wanted_intervals(settings, SessionState.DOWN)
        session = Session(
            name=name,
            local=watched.local,
            settings=settings,
            local_discriminator=self._unused_discriminator(),
            source_port=self._unused_port(),
            since=now,
            is_suspended=name.interface not in self._up,
            own=intervals,
            in_force=intervals,
        )
        self._instance.sessions[name] = session
        self._instance.by_discriminator[session.local_discriminator] = session
        return session

    def _unused_discriminator(self) -> int:
        """RFC 5880 6.8.1: unique and nonzero, "SHOULD be set to a random [...] value"."""
        while (number := self._instance.rng.randint(1, _LAST_DISCRIMINATOR)) in (
            self._instance.by_discriminator
        ):
            pass
        return number

    def _unused_port(self) -> int:
        """RFC 5881 4: a port of the session's own, as long as there are any."""
        used = {session.source_port for session in self._instance.sessions.values()}
        first = self._instance.rng.randint(FIRST_SOURCE_PORT, LAST_SOURCE_PORT)
        candidates = (*range(first, LAST_SOURCE_PORT + 1), *range(FIRST_SOURCE_PORT, first))
        return next((port for port in candidates if port not in used), first)

    def _end(self, session: Session, now: Instant) -> None:
        """A neighbour that was never heard, or cannot hear, needs not be told."""
        if session.last_heard is None or session.is_suspended:
            self.remove(session)
            return
        self._states.end(session, now)
        self._sender.settle(session, now)
        linger = session.settings.detect_mult * session.transmit_interval
        self._instance.timers.set(LingerTimer(session.name), now + linger)
