"""ICMP (RFC 792): echo, and the errors that quote the datagram which they are about.

Everything else is kept as it came, in `OtherIcmp`: what a router has to know of it is whether it
is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from controlplane.wire.checksum import internet_checksum
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
    |                            unused                             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           The datagram, or its start ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    quoted: bytes
    code: int = TTL_EXCEEDED_IN_TRANSIT

    def encode(self) -> bytes:
        return _summed(IcmpType.TIME_EXCEEDED, self.code, 0, self.quoted)


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpUnreachable:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   Type = 3    |     Code      |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            unused             |         Next-Hop MTU          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           The datagram, or its start ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `next_hop_mtu` has a meaning with code 4 alone (RFC 1191 4).
    """

    code: int
    quoted: bytes
    next_hop_mtu: int = 0

    def encode(self) -> bytes:
        return _summed(IcmpType.DESTINATION_UNREACHABLE, self.code, self.next_hop_mtu, self.quoted)


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
    body = fields.rest()
    match kind:
        case IcmpType.ECHO_REQUEST | IcmpType.ECHO_REPLY:
            return IcmpEcho(
                is_reply=kind == IcmpType.ECHO_REPLY,
                identifier=word >> 16,
                sequence=word & 0xFFFF,
                data=body,
            )
        case IcmpType.TIME_EXCEEDED:
            return IcmpTimeExceeded(code=code, quoted=body)
        case IcmpType.DESTINATION_UNREACHABLE:
            return IcmpUnreachable(code=code, next_hop_mtu=word & 0xFFFF, quoted=body)
        case _:
            return OtherIcmp(kind=kind, code=code, word=word, body=body)


def _summed(kind: int, code: int, word: int, body: bytes) -> bytes:
    rest = word.to_bytes(4, "big") + body
    checksum = internet_checksum(bytes((kind, code, 0, 0)) + rest)
    return bytes((kind, code)) + checksum.to_bytes(2, "big") + rest
