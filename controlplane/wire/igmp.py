"""IGMP of all three versions (RFC 1112, RFC 2236, RFC 3376), as a router sends and hears it.

Queries of the versions are told apart by length and Max Resp Code alone (RFC 3376 7.1): eight
octets with code 0 are version 1, eight octets with another code version 2, twelve or more are
version 3. Octets behind what a message says of itself count in the checksum and are ignored
(RFC 3376 4.1.10, 4.2.11; RFC 2236 2.5), and so are record types that nobody knows (4.2.12).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final, Self, TypeAlias

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.reader import Reader

ANY_GROUP: Final = IPv4Address(0)
"""The group address of a General Query."""

_SHORT_QUERY: Final = 8
_LONG_QUERY: Final = 12
_SUPPRESS: Final = 0x08
_ROBUSTNESS: Final = 0x07


class IgmpType(IntEnum):
    QUERY = 0x11
    REPORT_V1 = 0x12
    REPORT_V2 = 0x16
    LEAVE_V2 = 0x17
    REPORT_V3 = 0x22


class RecordType(IntEnum):
    """RFC 3376 4.2.12."""

    MODE_IS_INCLUDE = 1
    MODE_IS_EXCLUDE = 2
    CHANGE_TO_INCLUDE_MODE = 3
    CHANGE_TO_EXCLUDE_MODE = 4
    ALLOW_NEW_SOURCES = 5
    BLOCK_OLD_SOURCES = 6


_RECORD_TYPES: Final = frozenset(RecordType)


def code_value(code: int) -> int:
    """RFC 3376 4.1.1, 4.1.7: a Max Resp Code or QQIC as a number, in units of its field."""
    if code < 0x80:
        return code
    return (code & 0x0F | 0x10) << (code >> 4 & 0x07) + 3


def value_code(value: int) -> int:
    """The code of a number; of one that has no code, that of the next smaller one that has."""
    if value < 0x80:
        return value
    exponent = min(value.bit_length() - 8, 7)
    mantissa = min(value >> exponent + 3, 0x1F) & 0x0F
    return 0x80 | exponent << 4 | mantissa


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """Version 1 and 2: queries, reports and leaves are alike but for their type.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      Type     | Max Resp Time |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Group Address                         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `max_response_code` is in tenths of a second, and 0 in all but queries of version 2.
    """

    kind: IgmpType
    group: IPv4Address
    max_response_code: int = 0

    def encode(self) -> bytes:
        return _summed(self.kind, self.max_response_code, self.group.packed)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryV3:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Type = 0x11  | Max Resp Code |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Group Address                         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    | Resv  |S| QRV |     QQIC      |     Number of Sources (N)     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       Source Address [1..N]                   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    The codes are those of `code_value`: tenths of a second, and seconds.
    """

    max_response_code: int
    robustness: int
    interval_code: int
    group: IPv4Address = ANY_GROUP
    suppress: bool = False
    sources: tuple[IPv4Address, ...] = ()

    def encode(self) -> bytes:
        flags = (_SUPPRESS if self.suppress else 0) | self.robustness
        count = len(self.sources).to_bytes(2, "big")
        fields = self.group.packed + bytes((flags, self.interval_code)) + count
        return _summed(IgmpType.QUERY, self.max_response_code, fields + _packed(self.sources))


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRecord:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Record Type  |  Aux Data Len |     Number of Sources (N)     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       Multicast Address                       |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       Source Address [1..N]                   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Auxiliary Data                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    kind: RecordType
    group: IPv4Address
    sources: tuple[IPv4Address, ...] = ()

    def encode(self) -> bytes:
        head = bytes((self.kind, 0)) + len(self.sources).to_bytes(2, "big")
        return head + self.group.packed + _packed(self.sources)

    @classmethod
    def decode(cls, reader: Reader) -> Self | None:
        """None for a record of an unknown type."""
        kind, auxiliary, count = reader.u8(), reader.u8(), reader.u16()
        group, sources = reader.ipv4(), _addresses(reader, count)
        reader.take(auxiliary * 4)
        if kind not in _RECORD_TYPES:
            return None
        return cls(kind=RecordType(kind), group=group, sources=sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportV3:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Type = 0x22  |    Reserved   |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Reserved            |  Number of Group Records (M)  |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       Group Record [1..M]                     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    records: tuple[GroupRecord, ...]

    def encode(self) -> bytes:
        count = len(self.records).to_bytes(2, "big")
        body = b"".join(record.encode() for record in self.records)
        return _summed(IgmpType.REPORT_V3, 0, bytes(2) + count + body)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherIgmp:
    """A type of no concern here (DVMRP, PIM version 1, mtrace): only named, to be counted."""

    kind: int


IgmpMessage: TypeAlias = ShortMessage | QueryV3 | ReportV3 | OtherIgmp


def decode(reader: Reader) -> IgmpMessage:
    """Read one message, which ends where the reader ends."""
    message = reader.rest()
    if internet_checksum(message):
        raise reader.error("wrong IGMP checksum")
    fields = Reader(message)
    kind, code = fields.u8(), fields.u8()
    fields.take(2)  # the checksum
    match kind:
        case IgmpType.QUERY:
            return _query(fields, len(message), code)
        case IgmpType.REPORT_V1 | IgmpType.REPORT_V2 | IgmpType.LEAVE_V2:
            return ShortMessage(kind=IgmpType(kind), group=fields.ipv4())
        case IgmpType.REPORT_V3:
            return _report(fields)
        case _:
            return OtherIgmp(kind=kind)


def _query(fields: Reader, length: int, code: int) -> ShortMessage | QueryV3:
    group = fields.ipv4()
    if length == _SHORT_QUERY:
        return ShortMessage(kind=IgmpType.QUERY, group=group, max_response_code=code)
    # RFC 3376 7.1: "Query messages that do not match any of the above conditions (e.g., a Query
    # of length 10 octets) MUST be silently ignored."
    if length < _LONG_QUERY:
        raise fields.error(f"a query of {length} octets")
    flags, interval_code, count = fields.u8(), fields.u8(), fields.u16()
    return QueryV3(
        max_response_code=code,
        robustness=flags & _ROBUSTNESS,
        interval_code=interval_code,
        group=group,
        suppress=bool(flags & _SUPPRESS),
        sources=_addresses(fields, count),
    )


def _report(fields: Reader) -> ReportV3:
    fields.take(2)
    records = [GroupRecord.decode(fields) for _ in range(fields.u16())]
    return ReportV3(records=tuple(record for record in records if record))


def _addresses(reader: Reader, count: int) -> tuple[IPv4Address, ...]:
    return tuple(reader.ipv4() for _ in range(count))


def _packed(addresses: tuple[IPv4Address, ...]) -> bytes:
    return b"".join(address.packed for address in addresses)


def _summed(kind: int, code: int, body: bytes) -> bytes:
    checksum = internet_checksum(bytes((kind, code, 0, 0)) + body)
    return bytes((kind, code)) + checksum.to_bytes(2, "big") + body
