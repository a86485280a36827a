"""What sessions send: messages wait for the end of an input and go out in as few PDUs as can be."""

from __future__ import annotations

from itertools import count
from typing import Final

from controlplane.engine.stream import CloseStream, SendData
from controlplane.engine.time import Instant
from controlplane.protocols.ldp.counters import sent
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.session import Session, SessionState
from controlplane.protocols.ldp.timers import SendKeepAliveTimer
from controlplane.wire.ldp.initialization import KeepAlive
from controlplane.wire.ldp.message import LdpMessage, with_header
from controlplane.wire.ldp.numbers import MessageType, StatusCode
from controlplane.wire.ldp.pdu import pack
from controlplane.wire.ldp.status import Notification, Status

_KEEPALIVES_PER_TIME: Final = 3
"""How many KeepAlives fit into the KeepAlive time: that many may be late before it runs out."""

_MESSAGE_IDS: Final = 1 << 32


class Sender:
    def __init__(self, instance: LdpInstance) -> None:
        self._instance = instance
        self._ids = count(1)
        self._waiting: dict[str, Session] = {}

    def message_id(self) -> int:
        return next(self._ids) % _MESSAGE_IDS

    def send(self, session: Session, message: LdpMessage) -> None:
        """Queue a message behind all that was said on the session."""
        self.send_encoded(session, message.kind, message.encode())

    def send_encoded(self, session: Session, kind: MessageType, parameters: bytes) -> None:
        """Queue a message whose parameters were encoded before, for many."""
        if session.closed:
            return
        self._instance.counters[sent(kind)] += 1
        session.sent += 1
        session.queue.append(with_header(kind, parameters, self.message_id()))
        self._waiting[session.stream] = session

    def notify(
        self,
        session: Session,
        status: StatusCode,
        message_id: int = 0,
        message_type: int = 0,
        returned_tlvs: bytes = b"",
    ) -> None:
        """Queue a Notification, about a message of the peer if its ID and type are given."""
        told = Status(status, message_id, message_type)
        self.send(session, Notification(status=told, returned_tlvs=returned_tlvs))

    def flush(self, now: Instant) -> None:
        """Send all that waits."""
        waiting, self._waiting = self._waiting, {}
        for session in waiting.values():
            self._flush(session)
            if session.state is SessionState.OPERATIONAL and not session.closed:
                at = now + session.keepalive / _KEEPALIVES_PER_TIME
                self._instance.timers.set(SendKeepAliveTimer(session.stream), at)

    def keepalive(self, session: Session) -> None:
        self.send(session, KeepAlive())

    def close(self, session: Session) -> None:
        """Send what waits for this session, and close its stream."""
        self._flush(session)
        self._instance.outputs.append(CloseStream(stream=session.stream))

    def _flush(self, session: Session) -> None:
        if session.queue:
            data = pack(self._instance.ldp_id, session.queue, session.max_pdu)
            session.queue = []
            self._instance.outputs.append(SendData(stream=session.stream, data=data))
