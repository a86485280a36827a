"""The controllers that are connected, and what passes on their streams.

Arbitration decides which of them are primary, each for its role; they alone send and get packets
(section "P4Runtime Stream Messages"). A bad arbitration update ends its stream with an error, a bad
packet-out is answered with a StreamError and the stream goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from finsy.proto import p4r

from softswitch.p4runtime.arbitration import Notification
from softswitch.p4runtime.election import ClientId
from softswitch.p4runtime.role import Scope
from softswitch.p4runtime.service import MAX_CONTROLLERS, P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError, unsupported
from softswitch.session import Session

_log = logging.getLogger(__name__)


class Controllers:
    """All sessions of one device."""

    def __init__(self, service: P4Runtime, send_packet: Callable[[bytes], None]) -> None:
        """`send_packet` puts a frame into the pipeline on the CPU port."""
        self._service = service
        self._send_packet = send_packet
        self._sessions: dict[ClientId, Session] = {}
        # Replaced as a whole: threads with packets read it without the lock.
        self._primaries: tuple[tuple[Session, Scope], ...] = ()

    def connect(self) -> Session:
        """A new stream; RESOURCE_EXHAUSTED if there are too many."""
        with self._service.lock:
            if len(self._sessions) >= MAX_CONTROLLERS:
                raise P4RuntimeError(
                    Code.RESOURCE_EXHAUSTED, f"{MAX_CONTROLLERS} controllers are connected already"
                )
            session = Session()
            self._sessions[session.client] = session
        return session

    def disconnect(self, session: Session) -> None:
        """A stream has ended."""
        with self._service.lock:
            self._sessions.pop(session.client, None)
            self._notify(self._service.arbitration.leave(session.client))
        if session.dropped:
            _log.warning("a controller was too slow for %d messages to it", session.dropped)

    def end_all(self) -> None:
        """End every stream; the server is stopping.

        Not with OK, which answers a controller that has ended its own: finsy, for one, takes that
        for a fault of the switch. UNAVAILABLE tells clients that it is worth trying again.
        """
        with self._service.lock:
            for session in self._sessions.values():
                session.error = P4RuntimeError(Code.UNAVAILABLE, "the switch is stopping")
                session.end()

    def handle(self, session: Session, request: p4r.StreamMessageRequest) -> None:
        """One message of a controller; P4RuntimeError ends the stream."""
        match request.WhichOneof("update"):
            case "arbitration":
                self._arbitrate(session, request.arbitration)
            case "packet":
                self._packet_out(session, request.packet)
            case "digest_ack":
                self._acknowledge(session, request.digest_ack)
            case _:
                report = _report(unsupported("stream messages of this kind"))
                report.other.SetInParent()
                _offer(session, p4r.StreamMessageResponse(error=report))

    def _arbitrate(self, session: Session, request: p4r.MasterArbitrationUpdate) -> None:
        with self._service.lock:
            # A stream can end while its last messages are on their way to us.
            if session.client in self._sessions:
                self._notify(self._service.arbitration.update(session.client, request))

    def packet_ins(self, messages: Sequence[bytes]) -> None:
        """Frames have come out of the CPU port: for the primaries whose roles get them."""
        for session, scope in self._primaries:
            session.offer(_received(scope, messages))

    def digest(self, message: bytes | None, now_us: int) -> int | None:
        """A message of the pipeline, or none: lists that are full or due are sent.

        When the next list is due, for a call without a message.
        """
        with self._service.lock:
            forwarding = self._service.forwarding
            if forwarding is None:
                return None
            digests = forwarding.digests
            lists = [] if message is None else digests.learn(message, now_us)
            for learnt in lists + digests.due(now_us):
                for session in self._primaries_of(learnt.digest_id):
                    _offer(session, p4r.StreamMessageResponse(digest=learnt))
            return digests.next_due()

    def idle(self, now_us: int, timestamp_ns: int) -> int | None:
        """Tell of the entries that have become idle; when to look again, if at all."""
        with self._service.lock:
            forwarding = self._service.forwarding
            if forwarding is None:
                return None
            for message in forwarding.idle_entries(now_us, timestamp_ns):
                for session in self._primaries_of(message.table_entry[0].table_id):
                    _offer(session, p4r.StreamMessageResponse(idle_timeout_notification=message))
            return forwarding.tables.next_idle_us()

    def _primaries_of(self, p4_id: int) -> list[Session]:
        """The primaries whose roles have an object of P4Info."""
        return [session for session, scope in self._primaries if scope.has_id(p4_id)]

    def _acknowledge(self, session: Session, ack: p4r.DigestListAck) -> None:
        with self._service.lock:
            forwarding = self._service.forwarding
            if forwarding is not None and session in self._primaries_of(ack.digest_id):
                forwarding.digests.acknowledge(ack)
                return
        error = P4RuntimeError(Code.PERMISSION_DENIED, "only a primary may acknowledge digests")
        report = _report(error)
        report.digest_list_ack.digest_list_ack.CopyFrom(ack)
        _offer(session, p4r.StreamMessageResponse(error=report))

    def _packet_out(self, session: Session, packet: p4r.PacketOut) -> None:
        try:
            self._send_packet(self._encode(session, packet))
        except P4RuntimeError as error:
            report = _report(error)
            report.packet_out.packet_out.CopyFrom(packet)
            _offer(session, p4r.StreamMessageResponse(error=report))

    def _encode(self, session: Session, packet: p4r.PacketOut) -> bytes:
        forwarding = self._service.forwarding
        if all(session is not primary for primary, _ in self._primaries):
            raise P4RuntimeError(Code.PERMISSION_DENIED, "only a primary may send packets")
        if forwarding is None:
            raise P4RuntimeError(Code.FAILED_PRECONDITION, "no forwarding pipeline is set")
        return forwarding.packet_out.encode(packet)

    def _notify(self, notifications: Iterable[Notification]) -> None:
        """Arbitration has taken place: tell its outcome."""
        self._primaries = tuple(
            (self._sessions[client], scope)
            for client, scope in self._service.arbitration.primaries()
            if client in self._sessions
        )
        for notification in notifications:
            session = self._sessions.get(notification.client)
            if session is not None:
                session.send(p4r.StreamMessageResponse(arbitration=notification.update))


def _received(scope: Scope, messages: Sequence[bytes]) -> Sequence[bytes]:
    """The packet-ins that a role gets; only a filter needs to look into them."""
    if scope.packet_in_filter is None:
        return messages if scope.receives_packet_ins else ()
    parse = p4r.StreamMessageResponse.FromString
    return [octets for octets in messages if scope.receives(parse(octets).packet)]


def _offer(session: Session, message: p4r.StreamMessageResponse) -> None:
    session.offer([message.SerializeToString()])


def _report(error: P4RuntimeError) -> p4r.StreamError:
    """The caller says, by the field it sets, which kind of message caused the error."""
    return p4r.StreamError(canonical_code=error.code, message=error.message)
