"""TCP in the simulator: the streams of one router's host stack.

Segments are real ones in IPv4 packets. They leave through the router's own pipeline, travel hop by
hop and come back up as punted packets, so a stream lives as long as its path does, and a capture
shows what a live lab's would. `tcp_connection` has one connection; here are the listeners, who gets
which segment, keys (RFC 2385) and GTSM (RFC 5082).

Keys and TTLs are judged before anything else looks at a segment: one that fails is dropped without
an answer, as Linux does (RFC 2385 2.0: "must be dropped silently").
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.engine.stream import (
    CloseStream,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamClosed,
    StreamInput,
    StreamName,
    StreamOutput,
    accepted_name,
)
from controlplane.engine.time import Instant
from controlplane.engine.timers import Timers
from controlplane.sim.scheduler import Scheduler
from controlplane.sim.tcp_connection import Connection, Ends, State
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.tcp import HEADER, SIGNATURE_OPTION, TcpFlag, TcpSegment

_FIRST_PORT: Final = 49152  # RFC 6335 6: dynamic ports
_PORTS: Final = 65536 - _FIRST_PORT
_GTSM_TTL: Final = 255
_NETWORK_CONTROL: Final = 0xC0

_Pair: TypeAlias = tuple[Endpoint, Endpoint]


@dataclass(frozen=True, slots=True)
class _Guard:
    """What a segment of a connection must have, and ours gets."""

    key: bytes | None
    gtsm: bool


_NO_GUARD: Final = _Guard(None, False)


class TcpStack:
    """`send` takes IPv4 packets for the pipeline, `hear` what the engines are told.

    `mtu` is that of the narrowest link. Neither function may call back into the stack: commands
    that follow from an event come on the scheduler, at the same time.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        rng: random.Random,
        mtu: int,
        send: Callable[[bytes], None],
        hear: Callable[[StreamInput], None],
    ) -> None:
        self.dropped: Counter[str] = Counter()
        self._scheduler = scheduler
        self._rng = rng
        self._mtu = mtu
        self._send = send
        self._hear = hear
        self._listeners: dict[Endpoint, Listen] = {}
        self._connections: dict[_Pair, tuple[Connection, _Guard]] = {}
        self._named: dict[StreamName, Connection] = {}
        self._timers: Timers[_Pair] = Timers()
        self._unsettled: set[Connection] = set()
        self._wake_at: Instant | None = None
        self._port = rng.randrange(_PORTS)

    def command(self, command: StreamOutput) -> None:
        """Do what an engine asks; a stream that is gone meanwhile is not missed."""
        now = self._scheduler.now
        match command:
            case Listen(local=local):
                self._listeners[local] = command
            case OpenStream():
                self._open(command)
            case SendData(stream=stream, data=data):
                if (connection := self._named.get(stream)) is not None:
                    connection.send(data, now)
                    self._settle(connection)
            case CloseStream(stream=stream):
                if (connection := self._named.pop(stream, None)) is not None:
                    connection.close(now)
                    self._settle(connection)

    def receive(self, datagram: bytes) -> None:
        """An IPv4 packet to an own address has been punted."""
        try:
            packet = Ipv4Packet.decode(Reader(datagram))
            addresses = packet.source, packet.destination
            segment = TcpSegment.decode(Reader(packet.payload), *addresses)
        except DecodeError:
            self.dropped["malformed"] += 1
            return
        local = Endpoint(packet.destination, segment.destination_port)
        remote = Endpoint(packet.source, segment.source_port)
        fault = _fault(packet, segment, self._guard(local, remote))
        if fault is not None:
            self.dropped[fault] += 1
        elif (found := self._connections.get((local, remote))) is not None:
            found[0].receive(segment, self._scheduler.now)
            self._settle_later(found[0])
        elif segment.flags & (TcpFlag.SYN | TcpFlag.ACK) == TcpFlag.SYN:
            self._accept(local, remote, segment)
        elif not segment.flags & TcpFlag.RST:
            self._refuse(local, remote, segment)

    def reset(self) -> None:
        """Forget everything; peers get a RST, as when a process ends with work left undone."""
        for connection, _ in self._connections.values():
            connection.reset()
        self._listeners.clear()
        self._connections.clear()
        self._named.clear()
        self._timers = Timers()

    def set_reading(self, stream: StreamName, reading: bool) -> None:
        """Model an engine that stops taking what comes on a stream, or takes it again."""
        self._named[stream].set_reading(reading)

    # -- connections

    def _open(self, command: OpenStream) -> None:
        local = Endpoint(command.local, self._free_port(command))
        guard = _Guard(command.md5_key, command.gtsm)
        connection = self._connection(command.stream, local, command.remote, guard)
        connection.open(self._scheduler.now)
        self._settle(connection)

    def _accept(self, local: Endpoint, remote: Endpoint, syn: TcpSegment) -> None:
        if local not in self._listeners:
            self._refuse(local, remote, syn)
            return
        name, guard = accepted_name(local, remote), self._guard(local, remote)
        connection = self._connection(name, local, remote, guard)
        connection.accept(syn, self._scheduler.now)
        self._settle(connection)

    def _connection(
        self, stream: StreamName, local: Endpoint, remote: Endpoint, guard: _Guard
    ) -> Connection:
        ends = Ends(
            stream=stream,
            local=local,
            remote=remote,
            mss=self._mtu - MINIMUM_HEADER - HEADER,
            options=0 if guard.key is None else SIGNATURE_OPTION,
        )
        transmit = partial(self._transmit, local.address, remote.address, guard)
        connection = Connection(ends, self._rng.getrandbits(32), transmit, self._tell)
        self._connections[local, remote] = connection, guard
        self._named[stream] = connection
        return connection

    def _free_port(self, command: OpenStream) -> int:
        """The next port that no connection from this address to that peer has."""
        while True:
            self._port = (self._port + 1) % _PORTS
            port = _FIRST_PORT + self._port
            if (Endpoint(command.local, port), command.remote) not in self._connections:
                return port

    def _guard(self, local: Endpoint, remote: Endpoint) -> _Guard:
        if (found := self._connections.get((local, remote))) is not None:
            return found[1]
        listener = self._listeners.get(local)
        if listener is None:
            return _NO_GUARD
        return _Guard(listener.md5_keys.get(remote.address), listener.gtsm)

    def _tell(self, event: StreamInput) -> None:
        if isinstance(event, StreamClosed):
            self._named.pop(event.stream, None)
        self._hear(event)

    # -- segments

    def _refuse(self, local: Endpoint, remote: Endpoint, segment: TcpSegment) -> None:
        """RFC 9293 3.10.7.1: RST to a segment of no connection."""
        acknowledges = TcpFlag.ACK in segment.flags
        answer = TcpSegment(
            source_port=local.port,
            destination_port=remote.port,
            sequence=segment.acknowledgment if acknowledges else 0,
            acknowledgment=0 if acknowledges else (segment.sequence + segment.length) % (1 << 32),
            flags=TcpFlag.RST if acknowledges else TcpFlag.RST | TcpFlag.ACK,
        )
        self._transmit(local.address, remote.address, self._guard(local, remote), answer)

    def _transmit(
        self, source: IPv4Address, destination: IPv4Address, guard: _Guard, segment: TcpSegment
    ) -> None:
        packet = Ipv4Packet(
            source=source,
            destination=destination,
            protocol=IpProtocol.TCP,
            payload=segment.encode(source, destination, guard.key),
            ttl=_GTSM_TTL,
            tos=_NETWORK_CONTROL,
            dont_fragment=True,
        )
        self._send(packet.encode())

    # -- the clock

    def _settle_later(self, connection: Connection) -> None:
        """Behind all other segments that have come by now."""
        if connection not in self._unsettled:
            self._unsettled.add(connection)
            self._scheduler.at(self._scheduler.now, self._read, connection)

    def _read(self, connection: Connection) -> None:
        """The engine hears, and the acknowledgment goes behind its answer."""
        self._unsettled.discard(connection)
        connection.read()
        self._scheduler.at(self._scheduler.now, self._push, connection)

    def _push(self, connection: Connection) -> None:
        connection.push(self._scheduler.now)
        self._settle(connection)

    def _settle(self, connection: Connection) -> None:
        """Forget a connection that is closed, and see that the others are woken."""
        pair = connection.ends.local, connection.ends.remote
        known = self._connections.get(pair)
        if known is None or known[0] is not connection:
            return
        deadline = connection.deadline
        if connection.state is State.CLOSED:
            del self._connections[pair]
        if deadline is None:
            self._timers.cancel(pair)
        else:
            self._timers.set(pair, deadline)
        self._sleep()

    def _sleep(self) -> None:
        deadline = self._timers.next_deadline()
        if deadline is None or (self._wake_at is not None and self._wake_at <= deadline):
            return
        self._wake_at = deadline
        self._scheduler.at(deadline, self._wake, deadline)

    def _wake(self, deadline: Instant) -> None:
        if self._wake_at != deadline:
            return
        self._wake_at = None
        now = self._scheduler.now
        for pair in self._timers.expired(now):
            connection, _ = self._connections[pair]
            connection.advance(now)
            self._settle(connection)
        self._sleep()


def _fault(packet: Ipv4Packet, segment: TcpSegment, guard: _Guard) -> str | None:
    """Why a segment is dropped, None when it is not."""
    if guard.gtsm and packet.ttl < _GTSM_TTL:
        return "TTL below 255"
    if guard.key is None:
        return "signed, and no key is known" if segment.signature else None
    ends = packet.source, packet.destination
    if not segment.is_signed_with(packet.payload, *ends, guard.key):
        return "wrong or no signature"
    return None
