"""The common header of PIM (RFC 7761 4.9) and the message behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import JoinPrune
from controlplane.wire.reader import Reader

HEADER_OCTETS: Final = 4

_VERSION: Final = 2
_REGISTER_OCTETS: Final = 8


class PimType(IntEnum):
    """RFC 7761 4.9, RFC 5015 3.7 (DF_ELECTION)."""

    HELLO = 0
    REGISTER = 1
    REGISTER_STOP = 2
    JOIN_PRUNE = 3
    BOOTSTRAP = 4
    ASSERT = 5
    GRAFT = 6
    GRAFT_ACK = 7
    CANDIDATE_RP_ADVERTISEMENT = 8
    DF_ELECTION = 10


_TYPES: Final = frozenset(PimType)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherMessage:
    """A message of a known type whose body is not read."""

    type: PimType
    body: bytes


PimMessage: TypeAlias = Hello | JoinPrune | OtherMessage


def encode_message(message: Hello | JoinPrune) -> bytes:
    """A whole PIM message, header and checksum included.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |PIM Ver| Type  |   Reserved    |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """
    kind = PimType.HELLO if isinstance(message, Hello) else PimType.JOIN_PRUNE
    first, body = bytes((_VERSION << 4 | kind, 0)), message.encode()
    checksum = internet_checksum(first + b"\0\0" + body)
    return first + checksum.to_bytes(2, "big") + body


def decode_message(data: bytes) -> PimMessage:
    """The message in the payload of an IPv4 packet; DecodeError when it is none."""
    reader = Reader(data)
    kind = _decode_header(reader, data)
    match kind:
        case PimType.HELLO:
            return Hello.decode(reader)
        case PimType.JOIN_PRUNE:
            return JoinPrune.decode(reader)
        case _:
            return OtherMessage(type=kind, body=reader.rest())


def _decode_header(reader: Reader, data: bytes) -> PimType:
    first = reader.u8()
    version, kind = first >> 4, first & 0x0F
    if version != _VERSION:
        raise reader.error(f"PIM version {version}")
    if kind not in _TYPES:
        raise reader.error(f"unknown message type {kind}")
    reader.take(HEADER_OCTETS - 1)
    if not _checksum_is_right(PimType(kind), data):
        raise reader.error("wrong checksum")
    return PimType(kind)


def _checksum_is_right(kind: PimType, data: bytes) -> bool:
    # RFC 7761 4.9.3: a Register's checksum covers its header, and may cover the whole packet.
    if kind is PimType.REGISTER and internet_checksum(data[:_REGISTER_OCTETS]) == 0:
        return True
    return internet_checksum(data) == 0
