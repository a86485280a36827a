"""From a received datagram to a packet of a session: RFC 5880 6.8.6, RFC 5881 3 and 5."""

from __future__ import annotations

from typing import Final

from controlplane.engine.engine import DatagramReceived
from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bfd.counters import Count, malformed
from controlplane.protocols.bfd.instance import BfdInstance
from controlplane.protocols.bfd.notices import MalformedPacket
from controlplane.protocols.bfd.session import Session, SessionName
from controlplane.wire.bfd import CONTROL_PORT, HOP_TTL, ControlPacket, SessionState
from controlplane.wire.reader import DecodeError, Reader

_QUIET: Final[Duration] = 60.0
"""Malformed packets are told of once an interface in this time."""


class Receiver:
    def __init__(self, instance: BfdInstance) -> None:
        self._instance = instance
        self._quiet_until: dict[str, Instant] = {}

    def receive(
        self, datagram: DatagramReceived, now: Instant
    ) -> tuple[Session, ControlPacket] | None:
        """None when the packet ends here, counted."""
        packet = self._decode(datagram, now)
        if packet is None:
            return None
        selected = self._select(datagram, packet)
        if isinstance(selected, Count):
            self._instance.counters[selected] += 1
            return None
        self._instance.counters[Count.RX_CONTROL] += 1
        return selected, packet

    def _decode(self, datagram: DatagramReceived, now: Instant) -> ControlPacket | None:
        if datagram.destination_port != CONTROL_PORT:
            self._instance.counters[Count.DROP_PORT] += 1
        elif datagram.ttl != HOP_TTL:
            self._instance.counters[Count.DROP_TTL] += 1
        else:
            return self._decode_payload(datagram, now)
        return None

    def _decode_payload(self, datagram: DatagramReceived, now: Instant) -> ControlPacket | None:
        try:
            return ControlPacket.decode(Reader(datagram.payload))
        except DecodeError as error:
            self._instance.counters[malformed(error)] += 1
            self._complain(datagram, error, now)
            return None

    def _complain(self, datagram: DatagramReceived, error: DecodeError, now: Instant) -> None:
        if now >= self._quiet_until.get(datagram.interface, now):
            self._quiet_until[datagram.interface] = now + _QUIET
            notice = MalformedPacket(datagram.interface, datagram.source, str(error))
            self._instance.outputs.append(notice)

    def _select(self, datagram: DatagramReceived, packet: ControlPacket) -> Session | Count:
        """The session that a packet is of, or why it is of none."""
        if packet.your_discriminator:
            session = self._instance.by_discriminator.get(packet.your_discriminator)
            missing = Count.DROP_NO_SESSION
        else:
            # RFC 5881 3: "associated with the session bound to the remote system, interface".
            name = SessionName(datagram.interface, datagram.source)
            session = self._instance.sessions.get(name)
            missing = Count.DROP_NO_NEIGHBOR
        if session is None:
            return missing
        return _why_refused(session, datagram, packet) or session


def _why_refused(
    session: Session, datagram: DatagramReceived, packet: ControlPacket
) -> Count | None:
    if session.name.interface != datagram.interface:
        return Count.DROP_INTERFACE
    if session.is_suspended:
        return Count.DROP_INTERFACE_DOWN
    if not packet.your_discriminator and packet.state in (SessionState.INIT, SessionState.UP):
        return Count.DROP_STATE
    if packet.authentication is not None:
        return Count.DROP_AUTHENTICATED
    return None
