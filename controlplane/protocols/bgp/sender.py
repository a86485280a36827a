"""What goes out on connections: messages of sessions at once, routes as fast as the peer reads.

The tables are asked for UPDATEs only while the peer takes them: a portion is sent, and the next one
when the driver says that the stream is drained. What a slow peer has not read yet waits in the
tables, as the routes that it has to hear of, however often they change meanwhile; so an update
storm costs no memory here, and the other peers nothing. KEEPALIVEs and NOTIFICATIONs wait for a
portion at most.
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.stream import CloseStream, SendData
from controlplane.engine.time import Instant
from controlplane.protocols.bgp.connection import Connection
from controlplane.protocols.bgp.counters import sent, spoken
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.tables import Tables
from controlplane.protocols.bgp.timers import KeepaliveTimer
from controlplane.wire.bgp.framing import KEEPALIVE, encode
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.open import Open

_PORTION: Final = 1 << 16
"""Octets of routes that may wait in a stream; the message that reaches it is the last."""

_TYPE_AT: Final = 18
"""RFC 4271 4.1: where the type stands in a message."""


class Sender:
    def __init__(self, instance: BgpInstance, tables: Tables) -> None:
        self._instance = instance
        self._tables = tables

    def open(self, connection: Connection, message: Open) -> None:
        self._send(connection, MessageType.OPEN, encode(MessageType.OPEN, message.encode()))

    def keepalive(self, connection: Connection, now: Instant) -> None:
        """Say that we are here, and when that is due again."""
        self._send(connection, MessageType.KEEPALIVE, KEEPALIVE)
        self._restart_keepalive(connection, now)

    def notify(self, connection: Connection, notification: Notification) -> None:
        octets = encode(MessageType.NOTIFICATION, notification.encode())
        self._send(connection, MessageType.NOTIFICATION, octets)

    def close(self, connection: Connection) -> None:
        """Close the stream behind what was sent on it."""
        self._instance.outputs.append(CloseStream(stream=connection.stream))

    def drained(self, connection: Connection) -> None:
        """The peer has taken all; what waits for it in the tables is next."""
        if connection.unsent:
            connection.unsent = 0
            self._instance.to_tell[connection.peer] = None

    def tell(self, now: Instant) -> None:
        """Send each peer that something waits for as much as it may have."""
        if self._instance.is_deferring:
            return
        waiting, self._instance.to_tell = self._instance.to_tell, {}
        for peer in waiting:
            if peer.established is not None and not peer.established.unsent:
                self._portion(peer.established, now)

    def _portion(self, connection: Connection, now: Instant) -> None:
        messages = []
        for message in self._tables.messages(connection.peer, now):
            messages.append(message)
            self._count(connection.peer, MessageType(message[_TYPE_AT]))
            connection.unsent += len(message)
            if connection.unsent >= _PORTION:
                break
        if messages:
            data = b"".join(messages)
            self._instance.outputs.append(SendData(stream=connection.stream, data=data))
            self._restart_keepalive(connection, now)

    def _send(self, connection: Connection, kind: MessageType, octets: bytes) -> None:
        self._count(connection.peer, kind)
        self._instance.outputs.append(SendData(stream=connection.stream, data=octets))

    def _count(self, peer: Peer, kind: MessageType) -> None:
        self._instance.counters[sent(kind)] += 1
        peer.sent[spoken(kind)] += 1

    def _restart_keepalive(self, connection: Connection, now: Instant) -> None:
        """RFC 4271 8.2.2: each KEEPALIVE or UPDATE restarts the KeepaliveTimer."""
        negotiated = connection.negotiated
        if negotiated is not None and negotiated.hold:
            after = self._instance.jittered(negotiated.keepalive)
            self._instance.timers.set(KeepaliveTimer(connection.stream), now + after)
