"""A session and its state variables (RFC 5880 6.8.1); what follows from them without a clock.

    bfd.SessionState, bfd.LocalDiag            state, diagnostic
    bfd.LocalDiscr                             local_discriminator
    bfd.DesiredMinTxInterval,
    bfd.RequiredMinRxInterval                  own: what is advertised
    bfd.RemoteSessionState, RemoteDiscr,
    RemoteMinRxInterval, RemoteDemandMode      remote: what the neighbour said last

Intervals are in microseconds, as they are on the wire. A change of what is advertised does not
count at once in every case (6.8.3): `in_force` holds the intervals that do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address
from typing import Final, NamedTuple

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bfd.events import BfdSettings
from controlplane.wire.bfd import ControlPacket, Diagnostic, SessionState

SLOW_INTERVAL: Final = 1_000_000
"""RFC 5880 6.8.3: the least DesiredMinTxInterval of a session that is not Up."""

_MICROSECONDS: Final = 1_000_000


class SessionName(NamedTuple):
    """RFC 5881 3: there is one session with a neighbour on an interface."""

    interface: str
    neighbor: IPv4Address


class Poll(Enum):
    """Where a session is with its Poll Sequence (RFC 5880 6.5)."""

    NONE = "none"
    SENDING = "sending"
    ENDED = "ended"
    """Answered; RFC 5880 6.8.3: the next one waits for a packet with the Final bit clear."""


@dataclass(frozen=True, slots=True)
class Intervals:
    desired_min_tx: int
    required_min_rx: int


@dataclass(frozen=True, slots=True)
class Remote:
    """What the neighbour said last; the defaults are those of RFC 5880 6.8.1."""

    state: SessionState = SessionState.DOWN
    diagnostic: int = Diagnostic.NONE
    discriminator: int = 0
    desired_min_tx: int = 0
    min_rx: int = 1
    detect_mult: int = 0
    demand: bool = False

    @classmethod
    def heard(cls, packet: ControlPacket) -> Remote:
        return cls(
            state=packet.state,
            diagnostic=packet.diagnostic,
            discriminator=packet.my_discriminator,
            desired_min_tx=packet.desired_min_tx,
            min_rx=packet.required_min_rx,
            detect_mult=packet.detect_mult,
            demand=packet.demand,
        )


@dataclass(slots=True, kw_only=True)
class Session:
    """`since` is when the state changed last, `said` the last packet sent without Poll and Final.

    `clients` are the protocols that want the neighbour watched; without one the session is ending.
    `is_suspended` while the interface is down. `gap` is the part of the interval to the next packet
    that jitter leaves. `waited_since` is the `last_heard` after which one more interval was waited.
    """

    name: SessionName
    local: IPv4Address
    settings: BfdSettings
    local_discriminator: int
    source_port: int
    since: Instant
    is_suspended: bool
    own: Intervals
    in_force: Intervals
    clients: set[str] = field(default_factory=set)
    state: SessionState = SessionState.DOWN
    diagnostic: Diagnostic = Diagnostic.NONE
    remote: Remote = Remote()
    poll: Poll = Poll.NONE
    last_heard: Instant | None = None
    waited_since: Instant | None = None
    last_sent: Instant = 0.0
    gap: float = 1.0
    said: ControlPacket | None = None
    received: int = 0
    sent: int = 0
    failures: int = 0

    @property
    def is_ending(self) -> bool:
        return not self.clients

    @property
    def is_up(self) -> bool:
        return self.state is SessionState.UP

    @property
    def is_remote_demanding(self) -> bool:
        """RFC 5880 6.8.6: "Demand mode is active on the remote system"."""
        return self.remote.demand and self.is_up and self.remote.state is SessionState.UP

    @property
    def is_periodic(self) -> bool:
        """RFC 5880 6.8.7: whether packets are to be sent periodically."""
        if self.is_suspended or self.remote.min_rx == 0:
            return False
        return not self.is_remote_demanding or self.poll is Poll.SENDING

    @property
    def transmit_interval(self) -> Duration:
        """RFC 5880 6.8.7: "equal to the greater of those two values", before jitter."""
        return max(self.in_force.desired_min_tx, self.remote.min_rx) / _MICROSECONDS

    @property
    def detection_time(self) -> Duration:
        """RFC 5880 6.8.4, Asynchronous mode; without meaning before a packet was heard."""
        return self.remote.detect_mult * self.expected_interval

    @property
    def expected_interval(self) -> Duration:
        """RFC 5880 6.8.4: "the agreed transmit interval of the remote system"."""
        interval = max(self.in_force.required_min_rx, self.remote.desired_min_tx)
        return interval / _MICROSECONDS

    def renegotiate(self) -> None:
        """Advertise what settings and state ask for, by a Poll Sequence (RFC 5880 6.8.3)."""
        wanted = wanted_intervals(self.settings, self.state)
        if not self.is_up:
            self.in_force = wanted
        if wanted == self.own or (self.is_up and self.poll is not Poll.NONE):
            return
        self.own, self.poll = wanted, Poll.SENDING
        if self.is_up:
            self.in_force = _in_force_until_answered(self.in_force, wanted)

    def contents(self) -> ControlPacket:
        """RFC 5880 6.8.7: what the next packet says, but for Poll and Final."""
        return ControlPacket(
            state=self.state,
            diagnostic=self.diagnostic,
            detect_mult=self.settings.detect_mult,
            my_discriminator=self.local_discriminator,
            your_discriminator=self.remote.discriminator,
            desired_min_tx=self.own.desired_min_tx,
            required_min_rx=self.own.required_min_rx,
        )


def wanted_intervals(settings: BfdSettings, state: SessionState) -> Intervals:
    """RFC 5880 6.8.3: slow until the session is Up."""
    desired_min_tx = round(settings.desired_min_tx * _MICROSECONDS)
    if state is not SessionState.UP:
        desired_min_tx = max(desired_min_tx, SLOW_INTERVAL)
    return Intervals(desired_min_tx, round(settings.required_min_rx * _MICROSECONDS))


def _in_force_until_answered(before: Intervals, wanted: Intervals) -> Intervals:
    """RFC 5880 6.8.3: slower sending and faster expecting wait until the neighbour knows."""
    return Intervals(
        desired_min_tx=min(before.desired_min_tx, wanted.desired_min_tx),
        required_min_rx=max(before.required_min_rx, wanted.required_min_rx),
    )
