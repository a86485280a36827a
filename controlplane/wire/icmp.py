"""ICMP (RFC 792): echo, and the errors that quote the datagram which they are about.

An error about a datagram that came with MPLS labels says which (`icmp_extensions.py`); it quotes at
least 128 octets, so that a shorter datagram has zeros behind it. Everything else is kept as it
came, in `OtherIcmp`: what a router has to know of it is whether it is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.icmp_extensions import LENGTH_UNIT, decode_labels, encode_labels, padded
from controlplane.wire.mpls import LabelStack
from controlplane.wire.reader import Reader


class IcmpType(IntEnum):
    ECHO_REPLY = 0
    DESTINATION_UNREACHABLE = 3
    SOURCE_QUENCH = 4
    REDIRECT = 5
    ECHO_REQUEST = 8
    TIME_EXCEEDED = 11
    PARAMETER_PROBLEM = 12


ERROR_TYPES: Final = frozenset(
    {
        IcmpType.DESTINATION_UNREACHABLE,
        IcmpType.SOURCE_QUENCH,
        IcmpType.REDIRECT,
        IcmpType.TIME_EXCEEDED,
        IcmpType.PARAMETER_PROBLEM,
    }
)
"""RFC 1122 3.2.2: the types that are errors and not queries."""


class UnreachableCode(IntEnum):
    """RFC 792, RFC 1812 5.2.7.1."""

    NET = 0
    HOST = 1
    PROTOCOL = 2
    PORT = 3
    FRAGMENTATION_NEEDED = 4


TTL_EXCEEDED_IN_TRANSIT: Final = 0
"""The code of a time exceeded message that a router sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpEcho:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Type = 8, 0  |    Code = 0   |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |          Identifier           |        Sequence Number        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Data ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    is_reply: bool
    identifier: int
    sequence: int
    data: bytes

    def encode(self) -> bytes:
        kind = IcmpType.ECHO_REPLY if self.is_reply else IcmpType.ECHO_REQUEST
        return _summed(kind, 0, self.identifier << 16 | self.sequence, self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpTimeExceeded:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   Type = 11   |     Code      |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |    unused     |    Length     |            unused             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           The datagram, or its start, and with a length extensions ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    quoted: bytes
    code: int = TTL_EXCEEDED_IN_TRANSIT
    labels: LabelStack | None = None

    def encode(self) -> bytes:
        length, body = _quoting(self.quoted, self.labels)
        return _summed(IcmpType.TIME_EXCEEDED, self.code, length << 16, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpUnreachable:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   Type = 3    |     Code      |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |    unused     |    Length     |         Next-Hop MTU          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           The datagram, or its start, and with a length extensions ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `next_hop_mtu` has a meaning with code 4 alone (RFC 1191 4).
    """

    code: int
    quoted: bytes
    next_hop_mtu: int = 0
    labels: LabelStack | None = None

    def encode(self) -> bytes:
        length, body = _quoting(self.quoted, self.labels)
        word = length << 16 | self.next_hop_mtu
        return _summed(IcmpType.DESTINATION_UNREACHABLE, self.code, word, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherIcmp:
    """Any other message; `word` is the second half of its header, whatever that means there."""

    kind: int
    code: int
    word: int
    body: bytes

    def encode(self) -> bytes:
        return _summed(self.kind, self.code, self.word, self.body)


IcmpMessage: TypeAlias = IcmpEcho | IcmpTimeExceeded | IcmpUnreachable | OtherIcmp


def decode(reader: Reader) -> IcmpMessage:
    """Read one message, which ends where the reader ends."""
    message = reader.rest()
    fields = Reader(message)
    kind, code, _, word = fields.u8(), fields.u8(), fields.u16(), fields.u32()
    if internet_checksum(message):
        raise fields.error("wrong ICMP checksum")
    match kind:
        case IcmpType.ECHO_REQUEST | IcmpType.ECHO_REPLY:
            return IcmpEcho(
                is_reply=kind == IcmpType.ECHO_REPLY,
                identifier=word >> 16,
                sequence=word & 0xFFFF,
                data=fields.rest(),
            )
        case IcmpType.TIME_EXCEEDED:
            quoted, labels = _quoted(fields, word)
            return IcmpTimeExceeded(code=code, quoted=quoted, labels=labels)
        case IcmpType.DESTINATION_UNREACHABLE:
            mtu = word & 0xFFFF
            quoted, labels = _quoted(fields, word)
            return IcmpUnreachable(code=code, next_hop_mtu=mtu, quoted=quoted, labels=labels)
        case _:
            return OtherIcmp(kind=kind, code=code, word=word, body=fields.rest())


def _quoting(quoted: bytes, labels: LabelStack | None) -> tuple[int, bytes]:
    """The length attribute of an error, and its body."""
    if labels is None:
        return 0, quoted
    start = padded(quoted)
    return len(start) // LENGTH_UNIT, start + encode_labels(labels)


def _quoted(fields: Reader, word: int) -> tuple[bytes, LabelStack | None]:
    """RFC 4884 5.4: "If the length attribute is zero, [...] the message contains no extensions"."""
    length = (word >> 16 & 0xFF) * LENGTH_UNIT
    if not length:
        return fields.rest(), None
    return fields.take(length), decode_labels(fields.rest())


def _summed(kind: int, code: int, word: int, body: bytes) -> bytes:
    rest = word.to_bytes(4, "big") + body
    checksum = internet_checksum(bytes((kind, code, 0, 0)) + rest)
    return bytes((kind, code)) + checksum.to_bytes(2, "big") + rest
