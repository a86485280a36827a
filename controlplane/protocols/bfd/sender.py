"""When Control packets are sent, and how (RFC 5880 6.8.7, RFC 5881 4 and 5).

Periodic packets come an interval after the last, less jitter. Beside them one is sent as soon as
it says something new ("in order to more rapidly communicate a change in state"), and one with the
Final bit for each that came with the Poll bit.
"""

from __future__ import annotations

from dataclasses import replace

from controlplane.engine.engine import SendDatagram
from controlplane.engine.time import Instant
from controlplane.protocols.bfd.counters import Count
from controlplane.protocols.bfd.instance import BfdInstance
from controlplane.protocols.bfd.session import Poll, Session
from controlplane.protocols.bfd.timers import TransmitTimer
from controlplane.wire.bfd import CONTROL_PORT, HOP_TTL


class Sender:
    def __init__(self, instance: BfdInstance) -> None:
        self._instance = instance

    def settle(self, session: Session, now: Instant) -> None:
        """After anything happened to a session: say what is new, and time the next packet."""
        if not session.is_suspended and session.contents() != session.said:
            self._say_what_is_new(session, now)
        self._schedule(session, now)

    def transmit_timer_expires(self, session: Session, now: Instant) -> None:
        self._transmit(session, now)
        self._schedule(session, now)

    def answer_poll(self, session: Session) -> None:
        """RFC 5880 6.5: at once, "independent of any periodic BFD Control packets"."""
        self._emit(session, final=True)

    def _say_what_is_new(self, session: Session, now: Instant) -> None:
        # RFC 5880 6.6: with Demand mode active, what differs has to be acknowledged.
        if session.is_remote_demanding and session.poll is Poll.NONE:
            session.poll = Poll.SENDING
        self._transmit(session, now)

    def _transmit(self, session: Session, now: Instant) -> None:
        session.last_sent = now
        session.gap = self._jitter(session)
        self._emit(session, final=False)

    def _jitter(self, session: Session) -> float:
        """RFC 5880 6.8.7: 75 to 100 % of the interval, to 90 % when one lost packet is enough."""
        longest = 0.9 if session.settings.detect_mult == 1 else 1.0
        return self._instance.rng.uniform(0.75, longest)

    def _emit(self, session: Session, *, final: bool) -> None:
        session.said = session.contents()
        polls = session.poll is Poll.SENDING and not final
        packet = replace(session.said, poll=polls, final=final)
        session.sent += 1
        self._instance.counters[Count.TX_CONTROL] += 1
        self._instance.outputs.append(
            SendDatagram(
                interface=session.name.interface,
                source=session.local,
                destination=session.name.neighbor,
                source_port=session.source_port,
                destination_port=CONTROL_PORT,
                payload=packet.encode(),
                ttl=HOP_TTL,
                next_hop=session.name.neighbor,
            )
        )

    def _schedule(self, session: Session, now: Instant) -> None:
        """RFC 5880 6.8.3: a new interval counts from the last packet, at once."""
        timers, name = self._instance.timers, TransmitTimer(session.name)
        if not session.is_periodic:
            timers.cancel(name)
            return
        at = max(now, session.last_sent + session.transmit_interval * session.gap)
        if timers.deadline(name) != at:
            timers.set(name, at)
