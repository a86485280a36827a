"""Sessions: opened, negotiated, kept alive and ended (RFC 5036 2.5.2 to 2.5.6).

`session.py` has the table of states. The active end opens the connection when it hears a Hello and
has no session, unless a rejected one is too short ago: 15 s, then twice as long each time, up to
two minutes. Whatever ends a session before it is operational counts as rejection. A peer that opens
another connection while we take its session for alive has lost it: the new one replaces the old.
"""

from __future__ import annotations

from itertools import count
from typing import Final

from controlplane.engine.stream import Endpoint, OpenStream, StreamAccepted, StreamOpened
from controlplane.engine.time import Duration, Instant
from controlplane.protocols.ldp.counters import Count
from controlplane.protocols.ldp.exchange import Exchange
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.negotiation import agree, own_initialization
from controlplane.protocols.ldp.neighbor import Neighbor, Role
from controlplane.protocols.ldp.notices import SessionDown, SessionRefused, SessionUp
from controlplane.protocols.ldp.sender import Sender
from controlplane.protocols.ldp.session import Session, SessionState
from controlplane.protocols.ldp.timers import (
    BackoffTimer,
    EndOfLibTimer,
    KeepAliveTimer,
    SendKeepAliveTimer,
    SetupTimer,
)
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.initialization import Initialization, KeepAlive
from controlplane.wire.ldp.message import LdpMessage
from controlplane.wire.ldp.numbers import LDP_PORT, StatusCode
from controlplane.wire.ldp.status import Notification

_SETUP_TIME: Final[Duration] = 15.0
"""How long a connection and its negotiation may take; RFC 5036 2.5.4 leaves the timeout open."""

_FIRST_BACKOFF: Final[Duration] = 15.0
_LAST_BACKOFF: Final[Duration] = 120.0
"""RFC 5036 2.5.3: "no less than 15 seconds", and "no less than 2 minutes"."""


class Sessions:
    def __init__(self, instance: LdpInstance, sender: Sender, exchange: Exchange) -> None:
        self._instance = instance
        self._sender = sender
        self._exchange = exchange
        self._opened = count(1)

    def establish(self, neighbor: Neighbor, now: Instant) -> None:
        """Open a session, if that is for us to do and it is time."""
        waits = self._instance.timers.deadline(BackoffTimer(neighbor.ldp_id)) is not None
        if neighbor.role is not Role.ACTIVE or neighbor.session is not None or waits:
            return
        config = self._instance.config
        remote = Endpoint(neighbor.transport_address, LDP_PORT)
        session = self._begin(f"ldp {neighbor.ldp_id} {next(self._opened)}", remote, now)
        session.neighbor, neighbor.session = neighbor, session
        self._instance.outputs.append(
            OpenStream(
                stream=session.stream,
                local=config.transport_address,
                remote=remote,
                md5_key=config.md5_keys.get(neighbor.transport_address),
                gtsm=config.gtsm and neighbor.gtsm,
            )
        )

    def opened(self, event: StreamOpened, now: Instant) -> None:
        """The connection of an active session stands."""
        session = self._instance.sessions.get(event.stream)
        if session is None or session.neighbor is None:
            return
        self._sender.send(session, own_initialization(self._instance, session.neighbor))
        session.state = SessionState.OPENSENT
        self._restart_setup(session, now)

    def accepted(self, event: StreamAccepted, now: Instant) -> None:
        """A peer opened a connection; who it is, its Initialization tells."""
        waiting = (s for s in self._instance.sessions.values() if s.neighbor is None)
        for other in [s for s in waiting if s.remote.address == event.remote.address]:
            self.end(other, "the same address opened another connection", now)
        session = self._begin(event.stream, event.remote, now)
        session.state = SessionState.INITIALIZED

    def receive(self, session: Session, message: LdpMessage, now: Instant) -> bool:
        """Take a message as the table says; False when it is for an operational session to do."""
        match session.state, message:
            case SessionState.OPERATIONAL, Notification() if message.status.is_fatal:
                self._ended_by_peer(session, message, now)
            case SessionState.OPERATIONAL, Initialization() | KeepAlive():
                if isinstance(message, Initialization):
                    self._instance.counters[Count.IGNORED_UNEXPECTED] += 1
            case SessionState.OPERATIONAL, _:
                return False
            case SessionState.INITIALIZED, Initialization():
                self._initialize_passive(session, message, now)
            case SessionState.OPENSENT, Initialization():
                self._initialize_active(session, message, now)
            case SessionState.OPENREC, KeepAlive():
                self._operational(session, now)
            case _, Notification() if message.status.is_fatal:
                self._ended_by_peer(session, message, now)
            case _, _:
                reason = f"{message.kind.name} message in state {session.state.value}"
                self.end(session, reason, now, StatusCode.SHUTDOWN)
        return True

    def heard(self, session: Session, now: Instant) -> None:
        """RFC 5036 2.5.6: each PDU restarts the KeepAlive timer."""
        if session.state is SessionState.OPERATIONAL:
            self._instance.timers.set(KeepAliveTimer(session.stream), now + session.keepalive)

    def setup_timer_expires(self, session: Session, now: Instant) -> None:
        if session.state is SessionState.NON_EXISTENT:
            self.end(session, f"no connection to {session.remote.address}", now)
        else:
            reason = f"no answer in state {session.state.value}"
            self.end(session, reason, now, StatusCode.KEEPALIVE_TIMER_EXPIRED)

    def keepalive_timer_expires(self, session: Session, now: Instant) -> None:
        reason = f"nothing heard for {session.keepalive:g} s (KeepAlive timer)"
        self.end(session, reason, now, StatusCode.KEEPALIVE_TIMER_EXPIRED)

    def closed(self, session: Session, why: str, now: Instant) -> None:
        """The stream is gone."""
        session.closed = True
        self.end(session, f"connection closed: {why}", now)

    def end(
        self,
        session: Session,
        reason: str,
        now: Instant,
        status: StatusCode | None = None,
        message_id: int = 0,
        message_type: int = 0,
        returned_tlvs: bytes = b"",
    ) -> None:
        """The session is over; with a status, the peer is told it, about that message of its."""
        if status is not None:
            self._sender.notify(session, status, message_id, message_type, returned_tlvs)
        if not session.closed:
            self._sender.close(session)
        session.closed = True
        del self._instance.sessions[session.stream]
        for timer in (SetupTimer, KeepAliveTimer, SendKeepAliveTimer, EndOfLibTimer):
            self._instance.timers.cancel(timer(session.stream))
        if session.neighbor is not None:
            self._unbind(session, session.neighbor, reason, now)
        else:
            self._instance.outputs.append(SessionRefused(session.remote.address, reason))

    def _begin(self, stream: str, remote: Endpoint, now: Instant) -> Session:
        session = Session(
            stream=stream,
            remote=remote,
            state=SessionState.NON_EXISTENT,
            since=now,
            keepalive=self._instance.config.keepalive_hold,
        )
        self._instance.sessions[stream] = session
        self._restart_setup(session, now)
        return session

    def _restart_setup(self, session: Session, now: Instant) -> None:
        self._instance.timers.set(SetupTimer(session.stream), now + _SETUP_TIME)

    def _initialize_passive(self, session: Session, message: Initialization, now: Instant) -> None:
        neighbor = self._match(session, message)
        if neighbor is None or neighbor.role is Role.ACTIVE:
            named = f"{session.claims} to {message.session.receiver}"
            reason = f"an Initialization of {named} follows no Hello of a peer that is to open"
            self.end(session, reason, now, StatusCode.SESSION_REJECTED_NO_HELLO)
            return
        if neighbor.session is not None:
            self.end(neighbor.session, "the peer opened another session", now)
            self._instance.timers.cancel(BackoffTimer(neighbor.ldp_id))
        own = own_initialization(self._instance, neighbor)
        session.neighbor, neighbor.session = neighbor, session
        if self._agree(session, message, now):
            self._sender.send(session, own)
            self._sender.keepalive(session)

    def _initialize_active(self, session: Session, message: Initialization, now: Instant) -> None:
        if self._agree(session, message, now):
            self._sender.keepalive(session)

    def _match(self, session: Session, message: Initialization) -> Neighbor | None:
        """RFC 5036 2.5.3: the peer whose Hello this Initialization follows."""
        if message.session.receiver != self._instance.ldp_id or session.claims is None:
            return None
        neighbor = self._instance.neighbors.get(session.claims)
        if neighbor is None or not neighbor.adjacencies:
            return None
        return neighbor if neighbor.transport_address == session.remote.address else None

    def _agree(self, session: Session, message: Initialization, now: Instant) -> bool:
        refusal = agree(self._instance, session, message)
        if refusal is None:
            session.state = SessionState.OPENREC
            return True
        self.end(session, refusal.words, now, refusal)
        return False

    def _operational(self, session: Session, now: Instant) -> None:
        neighbor = session.neighbor
        assert neighbor is not None, "the Initialization before has bound the session to its peer"
        session.state, session.since = SessionState.OPERATIONAL, now
        neighbor.backoff, neighbor.last_failure = 0.0, ""
        self._instance.operational[neighbor.ldp_id] = session
        timers = self._instance.timers
        timers.cancel(SetupTimer(session.stream))
        timers.set(KeepAliveTimer(session.stream), now + session.keepalive)
        self._instance.outputs.append(SessionUp(neighbor.ldp_id))
        self._exchange.begin(neighbor, session, now)

    def _ended_by_peer(self, session: Session, message: Notification, now: Instant) -> None:
        # RFC 5036 2.5.4, 3.5.1.1: a Shutdown is answered with one.
        answer = StatusCode.SHUTDOWN if message.status.known is StatusCode.SHUTDOWN else None
        self.end(session, f"the peer says: {message.status.words}", now, answer)

    def _unbind(self, session: Session, neighbor: Neighbor, reason: str, now: Instant) -> None:
        was, session.state = session.state, SessionState.NON_EXISTENT
        neighbor.session = None
        if was is SessionState.OPERATIONAL:
            del self._instance.operational[neighbor.ldp_id]
            self._instance.outputs.append(SessionDown(neighbor.ldp_id, reason))
            self._exchange.end(neighbor, session, now)
        elif reason != neighbor.last_failure:
            self._instance.outputs.append(SessionRefused(neighbor.ldp_id, reason))
        neighbor.last_failure = reason
        if was not in (SessionState.OPERATIONAL, SessionState.NON_EXISTENT):
            self._back_off(neighbor, now)

    def _back_off(self, neighbor: Neighbor, now: Instant) -> None:
        if neighbor.role is Role.ACTIVE:
            doubled = max(_FIRST_BACKOFF, 2 * neighbor.backoff)
            neighbor.backoff = min(doubled, _LAST_BACKOFF)
            timer = BackoffTimer(neighbor.ldp_id)
            self._instance.timers.set(timer, now + neighbor.backoff)


def who(session: Session) -> LdpId | None:
    """Whose session it is, as far as that is known."""
    return session.neighbor.ldp_id if session.neighbor else session.claims
