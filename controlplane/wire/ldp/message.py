"""LDP messages (RFC 5036 3.5): a header, and the TLVs behind it.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |U|   Message Type              |      Message Length           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                     Message ID                                |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                     Parameters, as TLVs ...                   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

A PDU is cut into `RawMessage`s first, each of which is decoded when its turn comes: what is wrong
with one need not concern the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

from controlplane.wire.ldp.addresses import AddressMessage, AddressWithdraw
from controlplane.wire.ldp.capability import CapabilityMessage
from controlplane.wire.ldp.hello import Hello
from controlplane.wire.ldp.initialization import Initialization, KeepAlive
from controlplane.wire.ldp.labels import (
    LabelAbortRequest,
    LabelMapping,
    LabelRelease,
    LabelRequest,
    LabelWithdraw,
    plain_mapping,
)
from controlplane.wire.ldp.numbers import MessageType, StatusCode
from controlplane.wire.ldp.status import Notification
from controlplane.wire.ldp.tlv import UNKNOWN_BIT, LdpError, Tlvs
from controlplane.wire.reader import Reader

LabelMessage: TypeAlias = (
    LabelMapping | LabelRequest | LabelAbortRequest | LabelWithdraw | LabelRelease
)
LdpMessage: TypeAlias = (
    Hello
    | Initialization
    | KeepAlive
    | CapabilityMessage
    | AddressMessage
    | AddressWithdraw
    | LabelMessage
    | Notification
)

HEADER_OCTETS: Final = 8

_HEADER: Final = Struct("!HHI")
_LENGTH_BEFORE: Final = 4
"""The octets of a message that its length does not count: type and length."""

_DECODERS: Final[Mapping[int, Callable[[Tlvs], LdpMessage]]] = {
    MessageType.NOTIFICATION: Notification.decode,
    MessageType.HELLO: Hello.decode,
    MessageType.INITIALIZATION: Initialization.decode,
    MessageType.KEEPALIVE: KeepAlive.decode,
    MessageType.CAPABILITY: CapabilityMessage.decode,
    MessageType.ADDRESS: AddressMessage.decode,
    MessageType.ADDRESS_WITHDRAW: AddressWithdraw.decode,
    MessageType.LABEL_MAPPING: LabelMapping.decode,
    MessageType.LABEL_REQUEST: LabelRequest.decode,
    MessageType.LABEL_ABORT_REQUEST: LabelAbortRequest.decode,
    MessageType.LABEL_WITHDRAW: LabelWithdraw.decode,
    MessageType.LABEL_RELEASE: LabelRelease.decode,
}


class RawMessage(NamedTuple):
    """A message that is not decoded yet; `type` has the U bit with it."""

    type: int
    id: int
    parameters: bytes

    @property
    def is_ignorable(self) -> bool:
        """Whether it is of a type that nobody here knows and need not know (U bit)."""
        return self.type >= UNKNOWN_BIT and self.type not in _DECODERS

    def decode(self) -> LdpMessage:
        """What it says; LdpError when it is malformed or of an unknown type."""
        decode = _DECODERS.get(self.type)
        if decode is None:
            what = f"unknown message type {self.type:#06x}"
            raise LdpError(StatusCode.UNKNOWN_MESSAGE_TYPE, 0, what)
        if self.type == MessageType.LABEL_MAPPING:
            mapping = plain_mapping(self.parameters)
            if mapping is not None:
                return mapping
        return decode(Tlvs.read(Reader(self.parameters)))


def encode_message(message: LdpMessage, message_id: int) -> bytes:
    """A whole message."""
    return with_header(message.kind, message.encode(), message_id)


def with_header(kind: MessageType, parameters: bytes, message_id: int) -> bytes:
    """A whole message of parameters that are encoded already."""
    length = HEADER_OCTETS - _LENGTH_BEFORE + len(parameters)
    return _HEADER.pack(kind, length, message_id) + parameters


def split_messages(octets: bytes) -> Iterator[RawMessage]:
    """The messages of a PDU; LdpError where a length does not fit in."""
    at, size = 0, len(octets)
    while at < size:
        if at + HEADER_OCTETS > size:
            raise _bad_length(at, f"{HEADER_OCTETS} octets expected, {size - at} left")
        kind, length, message_id = _HEADER.unpack_from(octets, at)
        start, at = at + HEADER_OCTETS, at + _LENGTH_BEFORE + length
        if at < start:
            raise _bad_length(start, f"a message length of {length} octets")
        if at > size:
            raise _bad_length(start, f"{at - start} octets expected, {size - start} left")
        yield RawMessage(kind, message_id, octets[start:at])


def _bad_length(at: int, what: str) -> LdpError:
    return LdpError(StatusCode.BAD_MESSAGE_LENGTH, at, what)
