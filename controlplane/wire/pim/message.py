"""The common header of PIM (RFC 7761 4.9) and the message behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.bootstrap import NO_FORWARD, Bootstrap, CandidateRpAdvertisement
from controlplane.wire.pim.df_election import (
    Backoff,
    DfMessage,
    Offer,
    Pass,
    Winner,
    decode_df_message,
    subtype_octet,
)
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import JoinPrune
from controlplane.wire.pim.register import Register, RegisterStop
from controlplane.wire.reader import Reader

HEADER_OCTETS: Final = 4
REGISTER_OCTETS: Final = 8
"""In front of the packet that is registered; the checksum covers no more (RFC 7761 4.9)."""

_VERSION: Final = 2


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
    """A message of dense mode, whose body is not read."""

    type: PimType
    body: bytes


SpokenMessage: TypeAlias = (
    Hello
    | Register
    | RegisterStop
    | JoinPrune
    | Bootstrap
    | Assert
    | CandidateRpAdvertisement
    | DfMessage
)
PimMessage: TypeAlias = SpokenMessage | OtherMessage

_TYPE_OF: Final[dict[type[SpokenMessage], PimType]] = {
    Hello: PimType.HELLO,
    Register: PimType.REGISTER,
    RegisterStop: PimType.REGISTER_STOP,
    JoinPrune: PimType.JOIN_PRUNE,
    Bootstrap: PimType.BOOTSTRAP,
    Assert: PimType.ASSERT,
    CandidateRpAdvertisement: PimType.CANDIDATE_RP_ADVERTISEMENT,
    Offer: PimType.DF_ELECTION,
    Winner: PimType.DF_ELECTION,
    Backoff: PimType.DF_ELECTION,
    Pass: PimType.DF_ELECTION,
}


def encode_message(message: SpokenMessage) -> bytes:
    """A whole PIM message, header and checksum included.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |PIM Ver| Type  |   Reserved    |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    Two kinds have something in the reserved octet: the No-Forward bit, the DF subtype. The checksum
    is of all, but that it excludes "the 'Multicast data packet' section of the Register message".
    """
    kind = _TYPE_OF[type(message)]
    first, body = bytes((_VERSION << 4 | kind, _second_octet(message))), message.encode()
    covered = first + b"\0\0" + body
    if kind is PimType.REGISTER:
        covered = covered[:REGISTER_OCTETS]
    return first + internet_checksum(covered).to_bytes(2, "big") + body


def _second_octet(message: SpokenMessage) -> int:
    match message:
        case Bootstrap(no_forward=True):
            return NO_FORWARD
        case Offer() | Winner() | Backoff() | Pass():
            return subtype_octet(message)
        case _:
            return 0


def decode_message(data: bytes) -> PimMessage:
    """The message in the payload of an IPv4 packet; DecodeError when it is none."""
    reader = Reader(data)
    kind = _decode_header(reader, data)
    match kind:
        case PimType.HELLO:
            return Hello.decode(reader)
        case PimType.REGISTER:
            return Register.decode(reader)
        case PimType.REGISTER_STOP:
            return RegisterStop.decode(reader)
        case PimType.JOIN_PRUNE:
            return JoinPrune.decode(reader)
        case PimType.BOOTSTRAP:
            return Bootstrap.decode(reader, data[1])
        case PimType.ASSERT:
            return Assert.decode(reader)
        case PimType.CANDIDATE_RP_ADVERTISEMENT:
            return CandidateRpAdvertisement.decode(reader)
        case PimType.DF_ELECTION:
            return decode_df_message(reader, data[1])
        case PimType.GRAFT | PimType.GRAFT_ACK:
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
    if kind is PimType.REGISTER and internet_checksum(data[:REGISTER_OCTETS]) == 0:
        return True
    return internet_checksum(data) == 0
