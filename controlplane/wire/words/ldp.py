"""LDP in words: Hellos from datagrams, all other messages from streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL, Label
from controlplane.wire.ldp.addresses import AddressMessage, AddressWithdraw
from controlplane.wire.ldp.capability import CapabilityMessage
from controlplane.wire.ldp.fec import FecElement, Fecs, PrefixFec
from controlplane.wire.ldp.hello import Hello
from controlplane.wire.ldp.initialization import Initialization, KeepAlive
from controlplane.wire.ldp.labels import (
    LabelAbortRequest,
    LabelMapping,
    LabelRelease,
    LabelRequest,
    LabelWithdraw,
)
from controlplane.wire.ldp.message import LdpMessage, RawMessage
from controlplane.wire.ldp.pdu import Pdu, PduBuffer, decode_datagram, encode_pdu
from controlplane.wire.ldp.status import Notification
from controlplane.wire.reader import DecodeError
from controlplane.wire.words.phrases import listed

_LABELS: Final = {EXPLICIT_NULL: "explicit null", IMPLICIT_NULL: "implicit null"}


def ldp_datagram_words(data: bytes) -> str:
    return _pdu(decode_datagram(data))


def ldp_stream_words(data: bytes) -> str:
    """Octets of a session, cut anywhere: the PDUs that begin and end in them.

    What begins in the middle of a PDU cannot be told from nonsense: it is counted, not judged.
    """
    whole = list(_whole(data))
    octets = len(data) - sum(len(encode_pdu(pdu.ldp_id, pdu.body)) for pdu in whole)
    rest = [f"LDP, {octets} octets"] if octets else []
    return "; ".join([*map(_pdu, whole), *rest])


def _whole(data: bytes) -> Iterator[Pdu]:
    with suppress(DecodeError):
        yield from PduBuffer().feed(data)


def _pdu(pdu: Pdu) -> str:
    return f"LDP of {pdu.ldp_id}: {'; '.join(_messages(pdu))}"


def _messages(pdu: Pdu) -> Iterator[str]:
    """Up to the first one whose length is wrong; another mistake costs its own message alone."""
    try:
        yield from map(_said, pdu.messages())
    except DecodeError as error:
        yield f"malformed message ({error})"


def _said(raw: RawMessage) -> str:
    try:
        return _message(raw.decode())
    except DecodeError as error:
        return f"malformed message ({error})"


def _message(message: LdpMessage) -> str:
    match message:
        case Hello() as hello:
            return "".join(_hello(hello))
        case Initialization(session=session):
            return (
                f"Initialization to {session.receiver}, KeepAlive time {session.keepalive_time} s"
            )
        case KeepAlive():
            return "KeepAlive"
        case CapabilityMessage(changes=changes):
            names = (f"{'+' if on else '-'}{one.name.lower()}" for one, on in changes.items())
            return f"Capability {listed(names)}"
        case AddressMessage(addresses=addresses):
            return f"Address {listed(map(str, addresses))}"
        case AddressWithdraw(addresses=addresses):
            return f"Address Withdraw {listed(map(str, addresses))}"
        case Notification() as notification:
            return _notification(notification)
        case LabelMapping(fecs=fecs, label=label):
            return f"Label Mapping {_fecs(fecs)}{_label(label)}"
        case LabelRequest(fecs=fecs):
            return f"Label Request {_fecs(fecs)}"
        case LabelAbortRequest(fecs=fecs):
            return f"Label Abort Request {_fecs(fecs)}"
        case LabelWithdraw(fecs=fecs, label=label):
            return f"Label Withdraw {_fecs(fecs)}{_label(label)}"
        case LabelRelease(fecs=fecs, label=label):
            return f"Label Release {_fecs(fecs)}{_label(label)}"


def _hello(hello: Hello) -> Iterator[str]:
    yield "targeted Hello" if hello.targeted else "Hello"
    yield f", hold time {hello.hold_time} s"
    if hello.transport_address is not None:
        yield f", transport address {hello.transport_address}"
    if hello.gtsm:
        yield ", GTSM"


def _notification(notification: Notification) -> str:
    fecs = f" {_fecs(notification.fecs)}" if notification.fecs else ""
    return f"Notification {notification.status.words}{fecs}"


def _fecs(fecs: Fecs) -> str:
    return ", ".join(map(_fec, fecs))


def _fec(fec: FecElement) -> str:
    return str(fec.prefix) if isinstance(fec, PrefixFec) else "*"


def _label(label: Label | None) -> str:
    return "" if label is None else f" label {_LABELS.get(label, str(label))}"
