"""BFD's sessions as `show` prints them: values, with times as seconds from now."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bfd.instance import BfdInstance
from controlplane.protocols.bfd.session import Poll, Session
from controlplane.protocols.bfd.timers import DetectionTimer, TransmitTimer
from controlplane.wire.bfd import diagnostic_words


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """One session; `uptime` is the age of its state, whichever that is.

    Diagnostics are in words; a session keeps that of its last failure. `failures` counts how often
    clients were told. `transmit_interval` is before jitter; `expires` and `next_transmit` are None
    where nothing is expected or sent.
    """

    interface: str
    neighbor: IPv4Address
    local: IPv4Address
    clients: tuple[str, ...]
    state: str
    remote_state: str
    uptime: Duration
    diagnostic: str
    remote_diagnostic: str
    local_discriminator: int
    remote_discriminator: int
    transmit_interval: Duration
    detection_time: Duration
    detect_mult: int
    remote_detect_mult: int
    next_transmit: Duration | None
    expires: Duration | None
    polling: bool
    remote_demand: bool
    received: int
    sent: int
    failures: int


def sessions(instance: BfdInstance, now: Instant) -> tuple[SessionView, ...]:
    """All sessions, by interface and neighbour."""
    return tuple(
        _session(instance, instance.sessions[name], now) for name in sorted(instance.sessions)
    )


def _session(instance: BfdInstance, session: Session, now: Instant) -> SessionView:
    remote, timers = session.remote, instance.timers
    return SessionView(
        interface=session.name.interface,
        neighbor=session.name.neighbor,
        local=session.local,
        clients=tuple(sorted(session.clients)),
        state=session.state.name,
        remote_state=remote.state.name,
        uptime=now - session.since,
        diagnostic=diagnostic_words(session.diagnostic),
        remote_diagnostic=diagnostic_words(remote.diagnostic),
        local_discriminator=session.local_discriminator,
        remote_discriminator=remote.discriminator,
        transmit_interval=session.transmit_interval,
        detection_time=session.detection_time,
        detect_mult=session.settings.detect_mult,
        remote_detect_mult=remote.detect_mult,
        next_transmit=timers.remaining(TransmitTimer(session.name), now),
        expires=timers.remaining(DetectionTimer(session.name), now),
        polling=session.poll is Poll.SENDING,
        remote_demand=session.is_remote_demanding,
        received=session.received,
        sent=session.sent,
        failures=session.failures,
    )
