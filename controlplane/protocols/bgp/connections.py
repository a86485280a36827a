"""Connections begin and end: the streams of peers, who may open one, and which are known."""

from __future__ import annotations

from itertools import count
from typing import Final

from controlplane.engine.stream import CloseStream, Endpoint, OpenStream, SendData, StreamAccepted
from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bgp.connection import Connection, State
from controlplane.protocols.bgp.counters import Count
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.notices import ConnectionRejected
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.sender import Sender
from controlplane.protocols.bgp.timers import ConnectRetryTimer, HoldTimer, KeepaliveTimer
from controlplane.wire.bgp.framing import encode
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.numbers import PORT, Cease, ErrorCode, MessageType

COLLISION: Final = Notification(ErrorCode.CEASE, Cease.CONNECTION_COLLISION_RESOLUTION)

_REJECTED: Final = Notification(ErrorCode.CEASE, Cease.CONNECTION_REJECTED)

_QUIET: Final[Duration] = 60.0
"""How often at most it is told that strangers open connections."""


class Connections:
    def __init__(self, instance: BgpInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender
        self._opened = count(1)
        self._quiet_until: Instant = 0.0

    def open(self, peer: Peer, now: Instant) -> None:
        """Open a connection to a peer, and wait for it as long as the ConnectRetryTimer runs."""
        config, instance = peer.config, self._instance
        stream = f"bgp {instance.vrf} {peer.address} {next(self._opened)}"
        self._begin(
            Connection(stream, peer, opened=True, state=State.CONNECT, begun=now, since=now)
        )
        opening = OpenStream(
            stream=stream,
            local=config.local,
            remote=Endpoint(peer.address, PORT),
            md5_key=config.md5_key,
            gtsm=config.gtsm,
        )
        instance.outputs.append(opening)
        retry = instance.jittered(config.timers.connect_retry)
        instance.timers.set(ConnectRetryTimer(peer.address), now + retry)

    def accept(self, event: StreamAccepted, now: Instant) -> Connection | None:
        """A connection of a configured peer that is not in Idle; any other one is closed."""
        peer = self._instance.peers.get(event.remote.address)
        if peer is None or peer.config.local != event.local.address:
            self._reject_stranger(event, now)
            return None
        if peer.idle:
            # RFC 4271 8.2.2: Idle "refuses all incoming BGP connections". No NOTIFICATION says so,
            # as the peer would be damped by it.
            self._instance.counters[Count.REJECTED_IDLE] += 1
            self._instance.outputs.append(CloseStream(stream=event.stream))
            return None
        self._drop_former(peer)
        connection = Connection(
            event.stream, peer, opened=False, state=State.OPEN_SENT, begun=now, since=now
        )
        self._begin(connection)
        return connection

    def drop(self, connection: Connection, say: Notification | None = None) -> None:
        """Forget a connection, and close its stream if that is still there."""
        if not connection.closed:
            if say is not None and connection.state is not State.CONNECT:
                self._sender.notify(connection, say)
            self._sender.close(connection)
        connection.closed = True
        del self._instance.connections[connection.stream]
        del connection.peer.connections[connection.stream]
        for timer in (HoldTimer, KeepaliveTimer):
            self._instance.timers.cancel(timer(connection.stream))

    def drop_opening(self, peer: Peer) -> None:
        """Give up a connection that is still being opened."""
        for connection in list(peer.connections.values()):
            if connection.state is State.CONNECT:
                self.drop(connection)

    def _begin(self, connection: Connection) -> None:
        self._instance.connections[connection.stream] = connection
        connection.peer.connections[connection.stream] = connection

    def _drop_former(self, peer: Peer) -> None:
        """A peer that opens a connection anew has given up the one before it."""
        for connection in list(peer.connections.values()):
            if not connection.opened and connection is not peer.established:
                self.drop(connection, COLLISION)

    def _reject_stranger(self, event: StreamAccepted, now: Instant) -> None:
        instance = self._instance
        instance.counters[Count.REJECTED_UNKNOWN_PEER] += 1
        octets = encode(MessageType.NOTIFICATION, _REJECTED.encode())
        instance.outputs.append(SendData(stream=event.stream, data=octets))
        instance.outputs.append(CloseStream(stream=event.stream))
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET
            instance.outputs.append(ConnectionRejected(event.remote.address))
