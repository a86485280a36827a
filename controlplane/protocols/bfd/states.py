"""What makes a session change its state, and who is told (RFC 5880 6.8.4, 6.8.6; RFC 5882 4.2).

Clients hear of a session that was Up and failed. They do not hear of one that somebody took down on
purpose ("clients SHOULD NOT take any control protocol action"), nor of one that goes down with its
interface: they are told of that themselves.

Whoever lets the engine run may be late: a process that did not run for a while finds its Detection
Times over, and what neighbours sent meanwhile still unread. So an expiry just after that is no
failure yet: one more interval is waited for those packets.
"""

from __future__ import annotations

from dataclasses import replace

from controlplane.engine.liveness import NeighborFailed
from controlplane.engine.time import Instant
from controlplane.protocols.bfd.events import ClientNotified
from controlplane.protocols.bfd.instance import BfdInstance
from controlplane.protocols.bfd.machine import next_state
from controlplane.protocols.bfd.notices import SessionDown, SessionUp
from controlplane.protocols.bfd.sender import Sender
from controlplane.protocols.bfd.session import Poll, Remote, Session
from controlplane.protocols.bfd.timers import DetectionTimer
from controlplane.wire.bfd import ControlPacket, Diagnostic, SessionState, diagnostic_words


class States:
    def __init__(self, instance: BfdInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender

    def hear(self, session: Session, packet: ControlPacket, now: Instant) -> None:
        """Take a packet of a session, in the order of RFC 5880 6.8.6."""
        session.received += 1
        session.last_heard = now
        session.remote = Remote.heard(packet)
        _follow_poll(session, final=packet.final)
        self._react(session, packet, now)
        if packet.poll:
            self._sender.answer_poll(session)
        self.time_detection(session)

    def detection_time_expires(self, session: Session, now: Instant) -> None:
        """RFC 5880 6.8.4, 6.8.1; 6.8.18 has RemoteMinRxInterval forgotten too."""
        if self._overslept(session, now):
            return
        silence = f"nothing heard for {session.detection_time * 1000:g} ms"
        session.remote = replace(session.remote, discriminator=0, min_rx=1)
        if session.state in (SessionState.INIT, SessionState.UP):
            was_up = session.is_up
            self._change(session, SessionState.DOWN, Diagnostic.DETECTION_TIME_EXPIRED, now)
            if was_up:
                self._fail(session, f"{diagnostic_words(session.diagnostic)}: {silence}")

    def interface_down(self, session: Session, now: Instant) -> None:
        if session.is_up:
            self._tell_down(session, "the interface went down")
        if session.state in (SessionState.INIT, SessionState.UP):
            self._change(session, SessionState.DOWN, Diagnostic.PATH_DOWN, now)

    def end(self, session: Session, now: Instant) -> None:
        """Nobody watches the neighbour any more: what was up is taken down (RFC 5880 6.8.16)."""
        if session.is_up:
            self._tell_down(session, "nobody watches the neighbor any more")
        if session.state is not SessionState.DOWN:
            self._change(session, SessionState.ADMIN_DOWN, Diagnostic.ADMINISTRATIVELY_DOWN, now)

    def revive(self, session: Session, now: Instant) -> None:
        """RFC 5880 6.8.16: "If enabling session: Set bfd.SessionState to Down"."""
        if session.state is SessionState.ADMIN_DOWN:
            self._change(session, SessionState.DOWN, Diagnostic.NONE, now)

    def time_detection(self, session: Session) -> None:
        """A new Detection Time counts from the last packet heard, at once (RFC 5880 6.8.3)."""
        if session.last_heard is not None:
            at = session.last_heard + session.detection_time
            self._instance.timers.set(DetectionTimer(session.name), at)

    def _overslept(self, session: Session, now: Instant) -> bool:
        """Wait once more after the engine did not run for a while; True when that is done."""
        awake = now - self._instance.overslept_at
        if awake > session.expected_interval or session.waited_since == session.last_heard:
            return False
        session.waited_since = session.last_heard
        self._instance.timers.set(DetectionTimer(session.name), now + session.expected_interval)
        return True

    def _react(self, session: Session, packet: ControlPacket, now: Instant) -> None:
        """One that is ending is held down (RFC 5880 6.8.18): it must not come up once more."""
        state = session.state if session.is_ending else next_state(session.state, packet.state)
        if state is session.state:
            return
        was_up = session.is_up
        if state is SessionState.DOWN:
            self._change(session, state, Diagnostic.NEIGHBOR_SIGNALED_DOWN, now)
        else:
            self._change(session, state, session.diagnostic, now)
        if session.is_up:
            self._instance.outputs.append(SessionUp(*session.name))
        elif was_up:
            self._lose(session, packet)

    def _lose(self, session: Session, packet: ControlPacket) -> None:
        if packet.state is SessionState.ADMIN_DOWN:
            self._tell_down(session, "the neighbor took it down administratively")
            return
        signaled, theirs = map(diagnostic_words, (session.diagnostic, packet.diagnostic))
        self._fail(session, f"{signaled}: {theirs}")

    def _change(
        self, session: Session, state: SessionState, diagnostic: Diagnostic, now: Instant
    ) -> None:
        """What was being negotiated in the old state is done with."""
        session.state, session.diagnostic, session.since = state, diagnostic, now
        session.poll = Poll.NONE
        session.renegotiate()

    def _fail(self, session: Session, reason: str) -> None:
        session.failures += 1
        self._tell_down(session, reason)
        interface, neighbor = session.name
        failure = NeighborFailed(interface=interface, neighbor=neighbor, why=f"BFD: {reason}")
        self._instance.outputs += [
            ClientNotified(client=client, failure=failure) for client in sorted(session.clients)
        ]

    def _tell_down(self, session: Session, reason: str) -> None:
        self._instance.outputs.append(SessionDown(*session.name, reason))


def _follow_poll(session: Session, *, final: bool) -> None:
    """RFC 5880 6.5: a Final ends the Poll Sequence, and what was polled for counts."""
    if final and session.poll is Poll.SENDING:
        session.poll, session.in_force = Poll.ENDED, session.own
    elif not final and session.poll is Poll.ENDED:
        session.poll = Poll.NONE
        session.renegotiate()
