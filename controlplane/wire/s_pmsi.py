"""S-PMSI Join messages: which P-tunnel a C-flow is bound to (RFC 6513 7.4.2, RFC 6037 7).

A UDP datagram to port 3232 has one TLV or several. Type 1 binds an IPv4 flow to the tree of a PIM
P-group; its root is the sender of the datagram. Type 4 (IPv6 flows, RFC 6516 3.1) and those that
are not known are skipped by their lengths. The last TLV ends where the datagram ends (RFC 6037
7.4), which also has all of a datagram be of one type: a sender's matter, not asked for here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Self, TypeAlias

from controlplane.net.multicast import SourceGroup
from controlplane.wire.reader import Reader

_IPV4_PIM: Final = 1
_HEADER: Final = 3

JOIN_LENGTH: Final = 16
"""Octets of a TLV of type 1."""


@dataclass(frozen=True, slots=True)
class SPmsiJoin:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   Type = 1    |          Length = 16          |    Reserved     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                           C-source                            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                           C-group                             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                           P-group                             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    flow: SourceGroup
    group: IPv4Address

    def encode(self) -> bytes:
        header = bytes((_IPV4_PIM,)) + JOIN_LENGTH.to_bytes(2, "big") + bytes(1)
        return header + self.flow.source.packed + self.flow.group.packed + self.group.packed

    @classmethod
    def decode_value(cls, reader: Reader) -> Self:
        """What is behind type and length; the reserved octet "MUST be ignored when received"."""
        reader.u8()
        return cls(SourceGroup(reader.ipv4(), reader.ipv4()), reader.ipv4())


@dataclass(frozen=True, slots=True)
class OtherJoin:
    """A TLV of another type."""

    kind: int
    value: bytes

    def encode(self) -> bytes:
        length = _HEADER + len(self.value)
        return bytes((self.kind,)) + length.to_bytes(2, "big") + self.value


Join: TypeAlias = SPmsiJoin | OtherJoin


def encode_joins(joins: Iterable[Join]) -> bytes:
    """The payload of a datagram."""
    return b"".join(join.encode() for join in joins)


def decode_joins(reader: Reader) -> tuple[Join, ...]:
    """The TLVs of a datagram, one at least."""
    joins = [_decode_join(reader)]
    while reader.remaining:
        joins.append(_decode_join(reader))
    return tuple(joins)


def datagrams(joins: Sequence[SPmsiJoin], room: int) -> Iterator[bytes]:
    """As few payloads as have room for all of these, with so many octets in each."""
    step = max(room // JOIN_LENGTH, 1)
    for start in range(0, len(joins), step):
        yield encode_joins(joins[start : start + step])


def _decode_join(reader: Reader) -> Join:
    kind, length = reader.u8(), reader.u16()
    if length < _HEADER:
        raise reader.error(f"a TLV of {length} octets, header and all")
    with reader.sub(length - _HEADER) as value:
        if kind == _IPV4_PIM:
            return SPmsiJoin.decode_value(value)
        return OtherJoin(kind, value.rest())
