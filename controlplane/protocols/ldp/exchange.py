"""What the two ends of an operational session tell each other first, and what goes with its end.

Addresses before labels (RFC 5036 3.5.5.1), all labels that there are, then the End-of-LIB if the
peer bears it (RFC 5919 4). The peer's own End-of-LIB is waited for; of one that sends none, labels
that stop coming for a while are taken for all (4.1).
"""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.protocols.ldp.addresses import Addresses
from controlplane.protocols.ldp.bindings import Bindings
from controlplane.protocols.ldp.graceful_restart import Restarts
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.neighbor import Neighbor
from controlplane.protocols.ldp.sender import Sender
from controlplane.protocols.ldp.session import Session
from controlplane.protocols.ldp.timers import EndOfLibTimer, RecoveryTimer
from controlplane.wire.ldp.capability import Capability
from controlplane.wire.ldp.fec import TypedWildcardFec
from controlplane.wire.ldp.numbers import StatusCode
from controlplane.wire.ldp.status import Notification, Status


class Exchange:
    def __init__(
        self,
        instance: LdpInstance,
        sender: Sender,
        addresses: Addresses,
        bindings: Bindings,
        restarts: Restarts,
    ) -> None:
        self._instance = instance
        self._sender = sender
        self._addresses = addresses
        self._bindings = bindings
        self._restarts = restarts

    def begin(self, neighbor: Neighbor, session: Session, now: Instant) -> None:
        """A session is operational."""
        self._restarts.reconnected(neighbor, session, now)
        self._addresses.advertise_all(session)
        self._bindings.advertise_all(neighbor.ldp_id, session)
        self.send_end_of_lib(session, TypedWildcardFec())
        limit = now + self._instance.config.end_of_lib_time
        self._instance.timers.set(EndOfLibTimer(session.stream), limit)
        self.label_came(session, now)

    def end(self, neighbor: Neighbor, session: Session, now: Instant) -> None:
        """A session is over that was operational."""
        self._bindings.session_lost(neighbor.ldp_id)
        if not self._restarts.keep(neighbor, session, now):
            neighbor.stale = None
            self._instance.timers.cancel(RecoveryTimer(neighbor.ldp_id))
            self._bindings.forget_peer(neighbor.ldp_id)
            self._addresses.forget_peer(neighbor)

    def send_end_of_lib(self, session: Session, which: TypedWildcardFec) -> None:
        """All labels of these FECs are sent."""
        if Capability.UNRECOGNIZED_NOTIFICATION in session.capabilities:
            status = Status(StatusCode.END_OF_LIB)
            self._sender.send(session, Notification(status=status, fecs=(which,)))

    def label_came(self, session: Session, now: Instant) -> None:
        """RFC 5919 4.1: the timer "is reset by the subsequent label advertisement"."""
        session.last_label = now

    def end_of_lib_timer_expires(self, neighbor: Neighbor, session: Session, now: Instant) -> None:
        """The timer runs on from the last label, if one has come since it was set."""
        at = session.last_label + self._instance.config.end_of_lib_time
        if at > now:
            self._instance.timers.set(EndOfLibTimer(session.stream), at)
        else:
            self.end_of_lib(neighbor, session)

    def end_of_lib(self, neighbor: Neighbor, session: Session) -> None:
        """All labels of the peer have come, or enough time for them has passed."""
        session.end_of_lib = True
        self._instance.timers.cancel(EndOfLibTimer(session.stream))
        self._restarts.recovered(neighbor, "all its labels came")
