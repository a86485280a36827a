"""Labels that peers give, take back, release and ask for (RFC 5036 3.5.7 to 3.5.11, appendix A).

A wildcard stands for all FECs that fit (RFC 5036 3.4.1, RFC 5918 4). A request for all is answered
with all labels there are, and the End-of-LIB (RFC 5919 5.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import NamedTuple, TypeAlias

from controlplane.engine.time import Instant
from controlplane.net.label import Label
from controlplane.protocols.ldp.allocation import Allocation
from controlplane.protocols.ldp.bindings import Bindings
from controlplane.protocols.ldp.exchange import Exchange
from controlplane.protocols.ldp.fec import Fec
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.sender import Sender
from controlplane.protocols.ldp.session import Session
from controlplane.wire.ldp.fec import FecElement, PrefixFec, TypedWildcardFec, WildcardFec
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.labels import (
    LabelAbortRequest,
    LabelMapping,
    LabelRelease,
    LabelRequest,
    LabelWithdraw,
)
from controlplane.wire.ldp.message import LabelMessage
from controlplane.wire.ldp.numbers import IPV4_FAMILY, StatusCode
from controlplane.wire.ldp.status import Notification, Status


class From(NamedTuple):
    """Whose message it is, and which: answers name it."""

    peer: LdpId
    session: Session
    message_id: int


Wildcard: TypeAlias = WildcardFec | TypedWildcardFec


class Distribution:
    def __init__(
        self,
        instance: LdpInstance,
        sender: Sender,
        bindings: Bindings,
        allocation: Allocation,
        exchange: Exchange,
    ) -> None:
        self._instance = instance
        self._sender = sender
        self._bindings = bindings
        self._allocation = allocation
        self._exchange = exchange

    def receive(self, message: LabelMessage, origin: From, now: Instant) -> None:
        match message:
            case LabelMapping():
                self._exchange.label_came(origin.session, now)
                self._mapping(message, origin)
            case LabelWithdraw():
                self._withdraw(message, origin)
            case LabelRelease():
                self._release(message, origin)
            case LabelRequest():
                self._request(message, origin)
            case LabelAbortRequest():
                self._abort(message, origin)

    def _mapping(self, message: LabelMapping, origin: From) -> None:
        for element in message.fecs:
            if isinstance(element, PrefixFec):
                self._map(self._bindings.fec(element.prefix), message.label, origin)
            else:
                # RFC 5036 3.4.1, RFC 5918 4: wildcards have no place in a mapping.
                self._complain(StatusCode.UNKNOWN_FEC, message, origin)

    def _map(self, fec: Fec, label: Label, origin: From) -> None:
        former = fec.remote.get(origin.peer)
        was_stale = bool(fec.stale) and origin.peer in fec.stale
        if was_stale:
            fec.stale.discard(origin.peer)
        if former == label:
            return
        if former is not None and not was_stale:
            # RFC 5036 A.1.2, LMp.10a; a stale one is just replaced (RFC 3478 3.3).
            release = LabelRelease((PrefixFec(fec.prefix),), former)
            self._sender.send(origin.session, release)
        fec.remote[origin.peer] = label
        if self._bindings.is_next_hop(fec, origin.peer):
            self._instance.touch(fec)

    def _withdraw(self, message: LabelWithdraw, origin: From) -> None:
        for fec in self._fecs(message.fecs):
            if _fits(fec.remote.get(origin.peer), message.label):
                del fec.remote[origin.peer]
                fec.stale.discard(origin.peer)
                self._instance.touch(fec)
        # RFC 5036 3.5.10.1: the receiver "MUST respond with a Label Release message".
        self._sender.send(origin.session, LabelRelease(message.fecs, message.label))

    def _release(self, message: LabelRelease, origin: From) -> None:
        for fec in self._fecs(message.fecs):
            self._bindings.released(fec, message.label, origin.peer)
            self._bindings.clean(fec)

    def _request(self, message: LabelRequest, origin: From) -> None:
        for element in message.fecs:
            match element:
                case PrefixFec(prefix):
                    self._request_one(prefix, message, origin)
                case TypedWildcardFec():
                    self._request_all(element, origin)
                case WildcardFec():
                    self._complain(StatusCode.UNKNOWN_FEC, message, origin)

    def _request_one(self, prefix: IPv4Network, message: LabelRequest, origin: From) -> None:
        fec = self._instance.fecs.get(prefix)
        if fec is None or fec.route is None:
            self._complain(StatusCode.NO_ROUTE, message, origin)
        elif fec.local is not None:
            self._bindings.advertise(fec, fec.local, origin.peer, origin.session, origin.message_id)
        else:
            # It waits: for a label of a next hop (ordered control), or for any label at all.
            fec.requests[origin.peer] = origin.message_id
            if fec in self._allocation.starved:
                self._allocation.refuse(origin.peer)
                self._complain(StatusCode.NO_LABEL_RESOURCES, message, origin)

    def _request_all(self, which: TypedWildcardFec, origin: From) -> None:
        for fec in self._matching(which):
            if fec.local is not None:
                self._bindings.advertise(
                    fec, fec.local, origin.peer, origin.session, origin.message_id
                )
        self._exchange.send_end_of_lib(origin.session, which)

    def _abort(self, message: LabelAbortRequest, origin: From) -> None:
        """RFC 5036 3.5.9.1: of a request that is answered already, nothing is left to abort."""
        for fec in self._fecs(message.fecs):
            if fec.requests.get(origin.peer) == message.request_id:
                del fec.requests[origin.peer]
                status = Status(StatusCode.LABEL_REQUEST_ABORTED, origin.message_id, message.kind)
                aborted = Notification(status=status, request_id=message.request_id)
                self._sender.send(origin.session, aborted)

    def _complain(self, status: StatusCode, message: LabelMessage, origin: From) -> None:
        self._sender.notify(origin.session, status, origin.message_id, message.kind)

    def _fecs(self, elements: Iterable[FecElement]) -> Iterator[Fec]:
        """The known FECs that a message is about."""
        for element in elements:
            if isinstance(element, PrefixFec):
                if (fec := self._instance.fecs.get(element.prefix)) is not None:
                    yield fec
            else:
                yield from self._matching(element)

    def _matching(self, wildcard: Wildcard) -> list[Fec]:
        is_of_others = isinstance(wildcard, TypedWildcardFec) and wildcard.family != IPV4_FAMILY
        return [] if is_of_others else list(self._instance.fecs.values())


def _fits(known: Label | None, named: Label | None) -> bool:
    """Whether a known label is the one that a message names; without a name, all are."""
    return known is not None and named in (None, known)
