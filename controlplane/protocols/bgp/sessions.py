"""The session machine (RFC 4271 8): how sessions are sought, come up and end.

    state         what happens                                   next          what is done
    IDLE          interfaces up, IdleHoldTimer expires           CONNECT       open a connection
                  the same, passive peer                         ACTIVE
                  connection accepted                            IDLE          close it
    CONNECT       connection opened or accepted                  OPEN_SENT     OPEN
                  connection refused                             ACTIVE        ConnectRetryTimer
                  ConnectRetryTimer expires                      CONNECT       open it again
    ACTIVE        connection accepted                            OPEN_SENT     OPEN
                  ConnectRetryTimer expires                      CONNECT       open a connection
    OPEN_SENT     acceptable OPEN heard                          OPEN_CONFIRM  KEEPALIVE
                  connection lost                                ACTIVE        ConnectRetryTimer
    OPEN_CONFIRM  KEEPALIVE heard                                ESTABLISHED   routes
    these three   HoldTimer expires, anything else heard         IDLE          NOTIFICATION
                  NOTIFICATION heard, (last two) connection lost IDLE
    all           interface down                                 IDLE          Cease

States belong to connections where there is one, and a peer may have one opened by each end; the end
of one matters to the peer only if it was the last. Of the options of RFC 4271 8.1 there are
automatic start, damping (`damping.py`), passive peers and collisions of established sessions; a
DelayOpenTimer there is not. Where that says IDLE for a connection that was refused, this says
ACTIVE, as the peer may well open one while we wait.
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.liveness import ForgetNeighbor, WatchNeighbor
from controlplane.engine.stream import StreamAccepted, StreamOpened, Why
from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bgp.collision import is_restart, keeps_new
from controlplane.protocols.bgp.connection import Connection, Ending, State
from controlplane.protocols.bgp.connections import COLLISION, Connections
from controlplane.protocols.bgp.counters import Count
from controlplane.protocols.bgp.damping import (
    IDLE_HOLD_LIMIT,
    OVER_LIMIT_PAUSE,
    count_failure,
    pause,
)
from controlplane.protocols.bgp.graceful_restart import Restarts
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.negotiation import check, negotiate, own_open
from controlplane.protocols.bgp.notices import SessionDown, SessionRefused, SessionUp
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.route_refresh import Refreshes
from controlplane.protocols.bgp.sender import Sender
from controlplane.protocols.bgp.timers import ConnectRetryTimer, HoldTimer, IdleHoldTimer
from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.framing import RawMessage
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.numbers import UNSPECIFIC, Cease, ErrorCode, FsmError, MessageType
from controlplane.wire.bgp.open import Open

_LARGE_HOLD_TIME: Final[Duration] = 240.0
"""RFC 4271 8.2.2: "A HoldTimer value of 4 minutes is suggested"."""

_NO_ANSWER: Final = "no connection: no answer from the peer"

_HOLD_TIMER_EXPIRED: Final = Notification(ErrorCode.HOLD_TIMER_EXPIRED, UNSPECIFIC)
_STOPPED: Final = Notification(ErrorCode.CEASE, UNSPECIFIC)
_BFD_DOWN: Final = Notification(ErrorCode.CEASE, Cease.BFD_DOWN)

_OUT_OF_PLACE: Final = {
    State.OPEN_SENT: FsmError.IN_OPEN_SENT,
    State.OPEN_CONFIRM: FsmError.IN_OPEN_CONFIRM,
    State.ESTABLISHED: FsmError.IN_ESTABLISHED,
}


class Sessions:
    def __init__(
        self,
        instance: BgpInstance,
        sender: Sender,
        connections: Connections,
        restarts: Restarts,
        refreshes: Refreshes,
    ) -> None:
        self._instance = instance
        self._sender = sender
        self._connections = connections
        self._restarts = restarts
        self._refreshes = refreshes

    def start(self, peer: Peer, now: Instant) -> None:
        """Seek a session."""
        self._restarts.start(now)
        peer.idle, peer.since = False, now
        if not peer.config.passive:
            self._connections.open(peer, now)

    def stop(self, peer: Peer, reason: str, now: Instant) -> None:
        """AutomaticStop (RFC 4271 8.1.2): the way to the peer is broken."""
        for connection in list(peer.connections.values()):
            self._end(connection, reason, now, say=_STOPPED, by=Ending.HARD)
        self._restarts.give_up(peer, now)
        self._rest(peer, now)

    def neighbor_failed(self, peer: Peer, why: str, now: Instant) -> None:
        """BFD has seen that the way to the peer is broken (RFC 5882 4.2)."""
        if (connection := peer.established) is not None:
            self._end(connection, why, now, say=_BFD_DOWN, by=Ending.HARD)

    def over_limit(self, peer: Peer, family: Family, now: Instant) -> None:
        """The peer has sent more prefixes than it may (RFC 4271 6.7, RFC 4486 4)."""
        limit = peer.config.maximum_prefixes or 0
        afi, safi = family.value
        data = afi.to_bytes(2, "big") + bytes((safi,)) + limit.to_bytes(4, "big")
        cease = Notification(ErrorCode.CEASE, Cease.MAXIMUM_NUMBER_OF_PREFIXES_REACHED, data)
        reason = f"more than {limit} prefixes of {family.words}"
        for connection in list(peer.connections.values()):
            self._end(connection, reason, now, say=cease, by=Ending.HARD)
        self._rest(peer, now, OVER_LIMIT_PAUSE)

    def connect_retry_timer_expires(self, peer: Peer, now: Instant) -> None:
        """Try again. Silence is a reason where there is no better one, as a session's end is."""
        was_opening = bool(peer.connections)
        self._connections.drop_opening(peer)
        if peer.connections:
            return
        if was_opening:
            self._refused(peer, peer.last_error or _NO_ANSWER)
        self._connections.open(peer, now)

    def accepted(self, event: StreamAccepted, now: Instant) -> None:
        """A peer has opened a connection."""
        if (connection := self._connections.accept(event, now)) is not None:
            self._say_open(connection, now)

    def opened(self, event: StreamOpened, now: Instant) -> None:
        """The connection that we opened stands."""
        if (connection := self._instance.connections.get(event.stream)) is not None:
            self._instance.timers.cancel(ConnectRetryTimer(connection.peer.address))
            self._say_open(connection, now)

    def closed(self, connection: Connection, why: str, now: Instant) -> None:
        """TcpConnectionFails (RFC 4271 8.1.4).

        A peer in Idle closes what we open, and says no word; so the reason is still that for which
        it went there, if there was one.
        """
        connection.closed = True
        what = "no connection" if connection.state is State.CONNECT else "connection lost"
        reason = f"{what}: {why}"
        if connection.state is State.OPEN_SENT and why == Why.CLOSED:
            reason = connection.peer.last_error or reason
        self._end(connection, reason, now, by=Ending.BROKEN)

    def receive(self, connection: Connection, raw: RawMessage, now: Instant) -> bool:
        """Take a message as the table says; False for one about the routes of a session."""
        match connection.state, raw.type:
            case _, MessageType.NOTIFICATION:
                said = Notification.decode(raw.body)
                reason = f"the peer says: {said.words}"
                self._end(connection, reason, now, by=_ending(said))
            case State.OPEN_SENT, MessageType.OPEN:
                self._open_heard(connection, Open.decode(raw.body), now)
            case State.OPEN_CONFIRM, MessageType.KEEPALIVE:
                self._establish(connection, now)
            case State.ESTABLISHED, MessageType.KEEPALIVE:
                pass
            case State.ESTABLISHED, MessageType.UPDATE | MessageType.ROUTE_REFRESH:
                return False
            case state, kind:
                subcode = _OUT_OF_PLACE[state]
                what = f"{kind.name} in state {state.value}"
                raise BgpError(ErrorCode.FINITE_STATE_MACHINE, subcode, what)
        return True

    def heard(self, connection: Connection, now: Instant) -> None:
        """RFC 4271 8.2.2: what the peer says restarts the HoldTimer."""
        negotiated = connection.negotiated
        if not connection.closed and negotiated is not None and negotiated.hold:
            self._instance.timers.set(HoldTimer(connection.stream), now + negotiated.hold)

    def hold_timer_expires(self, connection: Connection, now: Instant) -> None:
        negotiated = connection.negotiated
        hold = negotiated.hold if negotiated else _LARGE_HOLD_TIME
        reason = f"nothing heard for {hold:g} s (hold timer)"
        self._end(connection, reason, now, say=_HOLD_TIMER_EXPIRED)

    def refuse(self, connection: Connection, error: BgpError, now: Instant) -> None:
        """RFC 4271 6: an error of the peer's that costs the session."""
        said = Notification(error.code, error.subcode, error.data)
        self._end(connection, f"{said.words}: {error}", now, say=said)

    def _say_open(self, connection: Connection, now: Instant) -> None:
        peer = connection.peer
        connection.state, connection.since = State.OPEN_SENT, now
        own = own_open(self._instance, peer, self._restarts.own_terms(peer))
        self._sender.open(connection, own)
        self._instance.timers.set(HoldTimer(connection.stream), now + _LARGE_HOLD_TIME)

    def _open_heard(self, connection: Connection, heard: Open, now: Instant) -> None:
        peer = connection.peer
        check(self._instance, peer, heard)
        if not self._survives_collision(connection, heard, now):
            return
        connection.heard, connection.negotiated = heard, negotiate(peer, heard)
        connection.state, connection.since = State.OPEN_CONFIRM, now
        self._instance.timers.cancel(HoldTimer(connection.stream))
        self._sender.keepalive(connection, now)

    def _survives_collision(self, connection: Connection, heard: Open, now: Instant) -> bool:
        others = (one for one in connection.peer.connections.values() if one is not connection)
        former = next((one for one in others if one.heard is not None), None)
        if former is None:
            return True
        self._instance.counters[Count.COLLISION] += 1
        if not keeps_new(self._instance, connection, heard, former):
            self._connections.drop(connection, COLLISION)
            return False
        if former.state is State.ESTABLISHED:
            # RFC 4724 4.2: "no NOTIFICATION message should be sent -- the previous TCP session is
            # simply closed".
            anew = is_restart(connection, former)
            reason = "the peer has opened another connection"
            by = Ending.BROKEN if anew else Ending.COLLIDED
            self._end(former, reason, now, say=None if anew else COLLISION, by=by)
        else:
            self._connections.drop(former, COLLISION)
        return True

    def _establish(self, connection: Connection, now: Instant) -> None:
        peer, negotiated = connection.peer, connection.negotiated
        assert negotiated is not None, "the OPEN before was acceptable"
        connection.state, connection.since = State.ESTABLISHED, now
        peer.established = connection
        peer.sessions += 1
        peer.ended.clear()
        self._connections.drop_opening(peer)
        self._instance.timers.cancel(ConnectRetryTimer(peer.address))
        self._instance.outputs.append(SessionUp(peer.address, peer.config.remote_as))
        self._watch(peer)
        self._restarts.established(peer, negotiated, now)

    def _end(
        self,
        connection: Connection,
        reason: str,
        now: Instant,
        *,
        say: Notification | None = None,
        by: Ending = Ending.SAID,
    ) -> None:
        """A connection is over.

        That the peer prefers another connection is no failure, for which it would be left alone
        longer each time: it may still have to find out that the one before has ended here.
        """
        peer = connection.peer
        if say is not None and by is Ending.HARD and _outlives_notifications(connection):
            say = Notification.hard_reset(say)
        self._connections.drop(connection, say)
        if connection.state is State.ESTABLISHED:
            self._session_lost(connection, reason, now, by)
        elif peer.connections:
            # Another one goes on, to a session perhaps: this one lost a collision, or its way.
            return
        else:
            self._refused(peer, reason)
        if by is not Ending.COLLIDED:
            count_failure(peer, connection, now)
        peer.last_error = reason
        if peer.connections:
            return
        if by is Ending.BROKEN and connection.state in (State.CONNECT, State.OPEN_SENT):
            self._await(peer, now)
        else:
            self._rest(peer, now, pause(peer, IDLE_HOLD_LIMIT))

    def _refused(self, peer: Peer, reason: str) -> None:
        """No session came up; told when the reason is news."""
        if reason != peer.last_error:
            self._instance.outputs.append(SessionRefused(peer.address, reason))
        peer.last_error = reason

    def _session_lost(self, connection: Connection, reason: str, now: Instant, by: Ending) -> None:
        peer = connection.peer
        peer.established = None
        self._instance.outputs.append(SessionDown(peer.address, reason))
        self._forget(peer)
        self._refreshes.forget(peer)
        if by is Ending.COLLIDED and peer.connections:
            self._restarts.moved(connection, now)
        elif by is Ending.BROKEN or (by is not Ending.HARD and _outlives_notifications(connection)):
            self._restarts.lost(connection, now)
        else:
            self._restarts.ended(peer, now)

    def _await(self, peer: Peer, now: Instant) -> None:
        """ACTIVE: wait for the peer's connection, and open one again after a while."""
        peer.since = now
        if not peer.config.passive:
            limit = peer.config.timers.connect_retry
            after = self._instance.jittered(pause(peer, limit))
            self._instance.timers.set(ConnectRetryTimer(peer.address), now + after)

    def _rest(self, peer: Peer, now: Instant, duration: Duration | None = None) -> None:
        """IDLE, for so long or until it is wanted again."""
        peer.idle, peer.since = True, now
        timers = self._instance.timers
        timers.cancel(ConnectRetryTimer(peer.address))
        timers.cancel(IdleHoldTimer(peer.address))
        if duration is not None:
            after = self._instance.jittered(duration)
            timers.set(IdleHoldTimer(peer.address), now + after)

    def _watch(self, peer: Peer) -> None:
        config = peer.config
        if config.bfd and config.interface is not None:
            watch = WatchNeighbor(
                interface=config.interface, local=config.local, neighbor=config.address
            )
            self._instance.outputs.append(watch)

    def _forget(self, peer: Peer) -> None:
        config = peer.config
        if config.bfd and config.interface is not None:
            forget = ForgetNeighbor(interface=config.interface, neighbor=config.address)
            self._instance.outputs.append(forget)


def _ending(said: Notification) -> Ending:
    """What a connection ends by when the peer says this."""
    if said.is_hard_reset:
        return Ending.HARD
    return Ending.COLLIDED if said == COLLISION else Ending.SAID


def _outlives_notifications(connection: Connection) -> bool:
    negotiated = connection.negotiated
    return negotiated is not None and negotiated.outlives_notifications
