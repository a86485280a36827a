"""From the octets of a stream to messages, and what is answered to malformed ones.

RFC 5036 3.5.1.2 has the rules: some mistakes end the session, some cost the message alone, and both
are told to the peer. Before a session is operational every mistake ends it (2.5.4).
"""

from __future__ import annotations

from controlplane.engine.stream import DataReceived
from controlplane.engine.time import Instant
from controlplane.protocols.ldp.addresses import Addresses
from controlplane.protocols.ldp.complaints import Complaints
from controlplane.protocols.ldp.counters import Count, malformed, received
from controlplane.protocols.ldp.distribution import Distribution, From
from controlplane.protocols.ldp.exchange import Exchange
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.neighbor import Neighbor
from controlplane.protocols.ldp.notices import AdvisoryReceived
from controlplane.protocols.ldp.sender import Sender
from controlplane.protocols.ldp.session import Session, SessionState
from controlplane.protocols.ldp.sessions import Sessions, who
from controlplane.wire.ldp.addresses import AddressMessage, AddressWithdraw
from controlplane.wire.ldp.capability import Capability, CapabilityMessage
from controlplane.wire.ldp.fec import TypedWildcardFec
from controlplane.wire.ldp.hello import Hello
from controlplane.wire.ldp.initialization import Initialization, KeepAlive
from controlplane.wire.ldp.labels import LabelMapping
from controlplane.wire.ldp.message import LdpMessage, RawMessage
from controlplane.wire.ldp.numbers import IPV4_FAMILY, StatusCode
from controlplane.wire.ldp.pdu import Pdu
from controlplane.wire.ldp.status import Notification
from controlplane.wire.ldp.tlv import LdpError


class Receiver:
    def __init__(
        self,
        instance: LdpInstance,
        sender: Sender,
        sessions: Sessions,
        addresses: Addresses,
        distribution: Distribution,
        exchange: Exchange,
        complaints: Complaints,
    ) -> None:
        self._instance = instance
        self._sender = sender
        self._sessions = sessions
        self._addresses = addresses
        self._distribution = distribution
        self._exchange = exchange
        self._complaints = complaints

    def receive(self, event: DataReceived, now: Instant) -> None:
        session = self._instance.sessions.get(event.stream)
        if session is None:
            return
        try:
            for pdu in session.buffer.feed(event.data):
                self._pdu(session, pdu, now)
                if session.closed:
                    return
                session.buffer.max_length = session.max_pdu
        except LdpError as error:
            self._give_up(session, error, now)

    def _pdu(self, session: Session, pdu: Pdu, now: Instant) -> None:
        if session.neighbor is None and session.claims is None:
            session.claims = pdu.ldp_id
        elif pdu.ldp_id != who(session):
            what = f"LDP identifier {pdu.ldp_id}"
            raise LdpError(StatusCode.BAD_LDP_IDENTIFIER, 4, what)
        self._sessions.heard(session, now)
        for raw in pdu.messages():
            self._message(session, raw, now)
            if session.closed:
                return

    def _message(self, session: Session, raw: RawMessage, now: Instant) -> None:
        session.received += 1
        if raw.is_ignorable and session.state is SessionState.OPERATIONAL:
            self._instance.counters[Count.IGNORED_UNKNOWN_MESSAGE] += 1
            return
        try:
            message = raw.decode()
        except LdpError as error:
            if error.status.is_fatal or session.state is not SessionState.OPERATIONAL:
                self._give_up(session, error, now, raw)
            else:
                self._refuse(session, error, raw, now)
            return
        self._instance.counters[received(message.kind)] += 1
        neighbor = session.neighbor
        if isinstance(message, LabelMapping) and session.state is SessionState.OPERATIONAL:
            # As nearly all are, and the session has nothing to do with it.
            assert neighbor is not None, "an operational session is some peer's"
            self._distribution.receive(message, From(neighbor.ldp_id, session, raw.id), now)
        elif not self._sessions.receive(session, message, now) and neighbor is not None:
            self._dispatch(neighbor, session, message, raw.id, now)

    def _give_up(
        self, session: Session, error: LdpError, now: Instant, raw: RawMessage | None = None
    ) -> None:
        """End the session; before it was operational, with whatever status."""
        self._instance.counters[malformed(error)] += 1
        reason = f"{error.status.words}: {error}"
        status = error.status if error.status.is_fatal else StatusCode.SHUTDOWN
        about = (raw.id, raw.type) if raw else (0, 0)
        self._sessions.end(session, reason, now, status, *about, error.returned)

    def _refuse(self, session: Session, error: LdpError, raw: RawMessage, now: Instant) -> None:
        """Ignore one message, and say so."""
        self._instance.counters[malformed(error)] += 1
        self._sender.notify(session, error.status, raw.id, raw.type, error.returned)
        if (peer := who(session)) is not None:
            self._complaints.malformed(peer, error, now)

    def _dispatch(
        self,
        neighbor: Neighbor,
        session: Session,
        message: LdpMessage,
        message_id: int,
        now: Instant,
    ) -> None:
        match message:
            case AddressMessage():
                self._addresses.learn(neighbor, message.addresses)
            case AddressWithdraw():
                self._addresses.unlearn(neighbor, message.addresses)
            case CapabilityMessage():
                _change_capabilities(session, message)
            case Notification():
                self._advisory(neighbor, session, message, now)
            case Hello() | Initialization() | KeepAlive():
                self._instance.counters[Count.IGNORED_UNEXPECTED] += 1
            case _:
                origin = From(neighbor.ldp_id, session, message_id)
                self._distribution.receive(message, origin, now)

    def _advisory(
        self, neighbor: Neighbor, session: Session, message: Notification, now: Instant
    ) -> None:
        if message.status.known is not StatusCode.END_OF_LIB:
            notice = AdvisoryReceived(neighbor.ldp_id, message.status.words)
            self._complaints.say(neighbor.ldp_id, notice, now)
        elif TypedWildcardFec(IPV4_FAMILY) in message.fecs:
            self._exchange.end_of_lib(neighbor, session)


def _change_capabilities(session: Session, message: CapabilityMessage) -> None:
    """RFC 5561 9: the dynamic capability itself "cannot be disabled"."""
    for capability, enabled in message.changes.items():
        if enabled:
            session.capabilities.add(capability)
        elif capability is not Capability.DYNAMIC:
            session.capabilities.discard(capability)
