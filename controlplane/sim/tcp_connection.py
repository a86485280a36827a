"""One end of a TCP connection (RFC 9293), as small as a routing protocol's stream needs it.

    SYN_SENT ------- SYN ACK -------> ESTABLISHED --- FIN of the peer, or told to close --> CLOSING
    SYN_RECEIVED --- ACK of SYN ---/                                                           |
                                        CLOSED <--- both FINs acknowledged, RST, given up ----/

What is sent waits in one queue until it is acknowledged. After a timeout everything that was not
acknowledged is sent again (go back N); segments out of order are not kept. There is no congestion
control and no measured round trip: the window is fixed, the retransmission timeout starts at what
Linux has for round trips this short, and doubles (RFC 6298 5.5). CLOSING is FIN-WAIT, CLOSE-WAIT,
CLOSING and LAST-ACK of RFC 9293 3.3.2 in one, since a stream closes both ways at once; there is no
TIME-WAIT: whoever still repeats a FIN is answered with RST, which ends that connection as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from controlplane.engine.stream import (
    DEAD_AFTER,
    HANDSHAKE_LIMIT,
    UNSENT_LIMIT,
    DataReceived,
    Endpoint,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
    StreamInput,
    StreamName,
    StreamOpened,
    Why,
)
from controlplane.engine.time import Duration, Instant
from controlplane.wire.tcp import TcpFlag, TcpSegment

WINDOW: Final = 65535
_HANDSHAKE_RTO: Final[Duration] = 1.0  # RFC 6298 2.1
_RTO: Final[Duration] = 0.2
_MODULUS: Final = 1 << 32
_DEFAULT_MSS: Final = 536  # RFC 9293 3.7.1: of a peer that names none


class State(Enum):
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


_HANDSHAKE: Final = (State.SYN_SENT, State.SYN_RECEIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Who speaks with whom, and how the engine calls that.

    RFC 9293 3.7.1: `mss` is what the path takes; the sender subtracts what `options` it adds.
    """

    stream: StreamName
    local: Endpoint
    remote: Endpoint
    mss: int
    options: int = 0


class Connection:
    """`transmit` takes what is sent, `hear` what the engine is told."""

    def __init__(
        self,
        ends: Ends,
        sequence: int,
        transmit: Callable[[TcpSegment], None],
        hear: Callable[[StreamInput], None],
    ) -> None:
        """`sequence` is the initial sequence number."""
        self.ends = ends
        self.state = State.CLOSED
        self.reading = True
        self._transmit = transmit
        self._hear = hear
        self._mss = ends.mss
        self._unread = bytearray()  # up to _expected
        self._queue = bytearray()  # from _unacknowledged on
        self._unacknowledged = sequence
        self._next = sequence
        self._highest = sequence  # _next goes back on a timeout, this does not
        self._peer_window = 1
        self._expected = 0
        self._finish: int | None = None  # the sequence number behind our FIN, once that is sent
        self._peer_finished = False
        self._acknowledge = False
        self._timeout = _HANDSHAKE_RTO
        self._retransmit_at: Instant | None = None
        self._give_up_at: Instant | None = None

    # -- told by the engine

    def open(self, now: Instant) -> None:
        """Ask the peer for a connection."""
        self.state = State.SYN_SENT
        self._give_up_at = now + HANDSHAKE_LIMIT
        self._send_syn(now)

    def accept(self, syn: TcpSegment, now: Instant) -> None:
        """Agree to the peer's SYN."""
        self.state = State.SYN_RECEIVED
        self._give_up_at = now + HANDSHAKE_LIMIT
        self._learn(syn)
        self._send_syn(now)

    def send(self, data: bytes, now: Instant) -> None:
        """Queue octets, and send what the peer has room for."""
        self._queue += data
        if len(self._queue) > UNSENT_LIMIT:
            self._end(Why.DOES_NOT_READ)
            self.reset()
        else:
            self.push(now)

    def close(self, now: Instant) -> None:
        """Finish what was sent; the engine hears nothing more."""
        self._hear = _nobody
        if self.state in _HANDSHAKE:
            self.state = State.CLOSED
        else:
            self.state = State.CLOSING
            self.push(now)

    def reset(self) -> None:
        """Be gone at once, and let the peer know."""
        self._hear = _nobody
        self.state = State.CLOSED
        # Where the peer expects us or, with octets under way, at least within its window.
        ahead = min(_distance(self._unacknowledged, self._highest), self._peer_window)
        self._emit(TcpFlag.RST | TcpFlag.ACK, (self._unacknowledged + ahead) % _MODULUS)

    # -- the clock

    @property
    def deadline(self) -> Instant | None:
        """When `advance` is due."""
        due = (at for at in (self._retransmit_at, self._give_up_at) if at is not None)
        return None if self.state is State.CLOSED else min(due, default=None)

    def advance(self, now: Instant) -> None:
        """Send again what has not been acknowledged in time, or give up."""
        if self._give_up_at is not None and self._give_up_at <= now:
            self._end(Why.NO_ANSWER if self.state in _HANDSHAKE else Why.DEAD)
        elif self._retransmit_at is not None and self._retransmit_at <= now:
            self._timeout *= 2
            self._next, self._retransmit_at = self._unacknowledged, None
            if self.state in _HANDSHAKE:
                self._send_syn(now)
            else:
                # RFC 9293 3.8.6.1: one octet goes into a closed window, to see whether it opens.
                self._send_queue(max(self._peer_window, 1), now)

    # -- segments

    def receive(self, segment: TcpSegment, now: Instant) -> None:
        """A segment of this connection has come."""
        if self.state is State.SYN_SENT:
            self._receive_answer(segment, now)
        elif segment.flags & TcpFlag.RST:
            self._receive_reset(segment)
        elif segment.flags & TcpFlag.SYN:
            self._receive_syn(now)
        elif segment.flags & TcpFlag.ACK:
            self._receive_acknowledgment(segment, now)
            if self.state not in _HANDSHAKE and segment.length:
                self._receive_data(segment, now)

    def read(self) -> None:
        """Let the engine hear what has come.

        The driver calls it behind all segments of an instant, as a socket gives all that it has.
        """
        if self._unread:
            data, self._unread = bytes(self._unread), bytearray()
            self._hear(DataReceived(stream=self.ends.stream, data=data))

    def push(self, now: Instant) -> None:
        """Send what may be sent, or else the acknowledgment that is due.

        The driver calls it once the engine has answered what it heard, so that the answer carries
        the acknowledgment.
        """
        if self.state in (State.ESTABLISHED, State.CLOSING):
            self._send_queue(self._peer_window, now)
            if self._acknowledge:
                self._emit(TcpFlag.ACK, self._next)
            if self._peer_finished and self._is_finished:
                self.state = State.CLOSED

    def set_reading(self, reading: bool) -> None:
        """Model an application that stops taking what comes, or takes it again."""
        self.reading = reading
        self._emit(TcpFlag.ACK, self._next)

    def _receive_answer(self, segment: TcpSegment, now: Instant) -> None:
        """RFC 9293 3.10.7.3: nothing but the answer to our SYN counts."""
        if segment.acknowledgment != self._next or not segment.flags & TcpFlag.ACK:
            return
        if segment.flags & TcpFlag.RST:
            self._end(Why.REFUSED)
        elif segment.flags & TcpFlag.SYN:
            self._learn(segment)
            self._acknowledge = True
            self._establish(segment, now)
            ends = self.ends
            self._hear(StreamOpened(stream=ends.stream, local=ends.local, remote=ends.remote))

    def _receive_reset(self, segment: TcpSegment) -> None:
        """RFC 9293 3.10.7.4: one that is merely in the window may be forged, and is asked about."""
        if segment.sequence == self._expected:
            self._end(Why.RESET)
        elif _distance(self._expected, segment.sequence) < WINDOW:
            self._acknowledge = True

    def _receive_syn(self, now: Instant) -> None:
        """Repeated, since our answer was lost; or of a peer that has forgotten the connection."""
        if self.state is State.SYN_RECEIVED:
            self._send_syn(now)
        else:
            self._acknowledge = True

    def _receive_acknowledgment(self, segment: TcpSegment, now: Instant) -> None:
        acknowledged = _distance(self._unacknowledged, segment.acknowledgment)
        if acknowledged > _distance(self._unacknowledged, self._highest):
            return
        if self.state is State.SYN_RECEIVED and acknowledged:
            self._establish(segment, now)
            ends = self.ends
            self._hear(StreamAccepted(stream=ends.stream, local=ends.local, remote=ends.remote))
        elif acknowledged:
            self._take_away(acknowledged)
            self._progress(segment.acknowledgment, now)
        self._peer_window = segment.window

    def _take_away(self, acknowledged: int) -> None:
        waited = bool(self._queue)
        del self._queue[:acknowledged]
        if waited and not self._queue:
            self._hear(StreamDrained(stream=self.ends.stream))

    def _receive_data(self, segment: TcpSegment, now: Instant) -> None:
        """Take what is expected next; all else is acknowledged anew, so that it is repeated."""
        self._acknowledge = True
        repeated = _distance(segment.sequence, self._expected)
        if repeated > len(segment.payload) or not self.reading:
            return
        fresh = segment.payload[repeated:]
        self._expected = (self._expected + len(fresh)) % _MODULUS
        self._unread += fresh
        if segment.flags & TcpFlag.FIN:
            self._expected = (self._expected + 1) % _MODULUS
            self._peer_finished = True
            self.read()
            self._hear(StreamClosed(stream=self.ends.stream, why=Why.CLOSED))
            self.close(now)

    # -- sending

    def _send_syn(self, now: Instant) -> None:
        self._next = self._unacknowledged
        answer = TcpFlag.ACK if self.state is State.SYN_RECEIVED else TcpFlag(0)
        self._emit(TcpFlag.SYN | answer, self._next)
        self._sent(1)
        self._retransmit_at = now + self._timeout

    def _send_queue(self, window: int, now: Instant) -> None:
        at = _distance(self._unacknowledged, self._next)
        while (size := min(self._mss, window - at, len(self._queue) - at)) > 0:
            last = TcpFlag.PSH if at + size == len(self._queue) else TcpFlag(0)
            self._emit(TcpFlag.ACK | last, self._next, bytes(self._queue[at : at + size]))
            self._sent(size)
            at += size
        if self.state is State.CLOSING and at == len(self._queue) and not self._is_finished:
            self._emit(TcpFlag.ACK | TcpFlag.FIN, self._next)
            self._sent(1)
            self._finish = self._next
        if self._retransmit_at is None and self._is_outstanding:
            self._retransmit_at = now + self._timeout
        if self._give_up_at is None and self._is_waiting:
            self._give_up_at = now + DEAD_AFTER

    def _sent(self, octets: int) -> None:
        self._next = (self._next + octets) % _MODULUS
        if _distance(self._unacknowledged, self._next) > _distance(
            self._unacknowledged, self._highest
        ):
            self._highest = self._next

    def _emit(self, flags: TcpFlag, sequence: int, payload: bytes = b"") -> None:
        self._acknowledge = False
        self._transmit(
            TcpSegment(
                source_port=self.ends.local.port,
                destination_port=self.ends.remote.port,
                sequence=sequence,
                acknowledgment=self._expected if flags & TcpFlag.ACK else 0,
                flags=flags,
                window=WINDOW if self.reading else 0,
                mss=self.ends.mss if flags & TcpFlag.SYN else None,
                payload=payload,
            )
        )

    # -- states

    @property
    def _is_finished(self) -> bool:
        """Whether our FIN is acknowledged."""
        return self._finish is not None and self._unacknowledged == self._finish

    @property
    def _is_outstanding(self) -> bool:
        """Whether something is to be acknowledged, or waits for the window to open."""
        return bool(self._queue) or self._unacknowledged != self._next

    @property
    def _is_waiting(self) -> bool:
        """Whether the peer owes us something: an acknowledgment, or its FIN."""
        return self._is_outstanding or self.state is State.CLOSING

    def _learn(self, syn: TcpSegment) -> None:
        self._expected = (syn.sequence + 1) % _MODULUS
        self._mss = min(self.ends.mss, syn.mss or _DEFAULT_MSS) - self.ends.options

    def _establish(self, segment: TcpSegment, now: Instant) -> None:
        self.state = State.ESTABLISHED
        self._peer_window = segment.window
        self._progress(segment.acknowledgment, now)

    def _progress(self, acknowledgment: int, now: Instant) -> None:
        if _distance(self._unacknowledged, self._next) < _distance(
            self._unacknowledged, acknowledgment
        ):
            self._next = acknowledgment
        self._unacknowledged = acknowledgment
        self._timeout = _RTO
        self._retransmit_at = now + _RTO if self._is_outstanding else None
        self._give_up_at = now + DEAD_AFTER if self._is_waiting else None

    def _end(self, why: str) -> None:
        """Nobody has heard yet of a stream that the peer began to open."""
        heard, self.state = self.state is not State.SYN_RECEIVED, State.CLOSED
        self.read()
        if heard:
            self._hear(StreamClosed(stream=self.ends.stream, why=why))


def _distance(start: int, end: int) -> int:
    """How far a sequence number lies behind another, around the circle."""
    return (end - start) % _MODULUS


def _nobody(_event: StreamInput) -> None:
    """Hears for an engine that has closed its stream."""
