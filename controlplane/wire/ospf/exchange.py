"""The packets that bring databases into step, and keep them so (RFC 2328 A.3.3 to A.3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Final, Self

from controlplane.net.interned import packed_address
from controlplane.wire.ospf.lsa import (
    Lsa,
    LsaHeader,
    LsaKey,
    decode_header,
    lsa_of,
    take_lsa,
)
from controlplane.wire.reader import DecodeError, Reader

_DESCRIPTION: Final = Struct("!HBBI")
_MASTER: Final = 0x01
_MORE: Final = 0x02
_INIT: Final = 0x04
_REQUEST: Final = Struct("!I4s4s")
_COUNT_OCTETS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseDescription:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         Interface MTU         |    Options    |0|0|0|0|0|I|M|MS
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                     DD sequence number                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                      An LSA header ...                        |
    """

    mtu: int
    options: int
    sequence_number: int
    init: bool = False
    more: bool = False
    master: bool = False
    headers: tuple[LsaHeader, ...] = ()

    def encode(self) -> bytes:
        fixed = _DESCRIPTION.pack(self.mtu, self.options, self._flags(), self.sequence_number)
        return fixed + b"".join(header.encode() for header in self.headers)

    def _flags(self) -> int:
        return (
            (_INIT if self.init else 0)
            | (_MORE if self.more else 0)
            | (_MASTER if self.master else 0)
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        mtu, options, flags, sequence_number = _DESCRIPTION.unpack(reader.take(_DESCRIPTION.size))
        return cls(
            mtu=mtu,
            options=options,
            sequence_number=sequence_number,
            init=bool(flags & _INIT),
            more=bool(flags & _MORE),
            master=bool(flags & _MASTER),
            headers=_headers(reader),
        )


@dataclass(frozen=True, slots=True)
class LinkStateRequest:
    """Three words an LSA: LS type, Link State ID, Advertising Router."""

    keys: tuple[LsaKey, ...]

    def encode(self) -> bytes:
        return b"".join(
            _REQUEST.pack(key.ls_type, key.link_state_id.packed, key.advertising_router.packed)
            for key in self.keys
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        keys = []
        while reader.remaining:
            ls_type, link_state_id, router = _REQUEST.unpack(reader.take(_REQUEST.size))
            keys.append(LsaKey(ls_type, packed_address(link_state_id), packed_address(router)))
        return cls(tuple(keys))


@dataclass(frozen=True, slots=True)
class LinkStateUpdate:
    """A count in four octets, and so many LSAs.

    RFC 2328 13 (1), (2): an LSA that cannot be used costs itself, not those beside it. So those of
    an unknown type or with a malformed body are left out, and `unreadable` says what was wrong.
    """

    lsas: tuple[Lsa, ...]
    unreadable: tuple[str, ...] = ()

    def encode(self) -> bytes:
        return encode_update([lsa.octets for lsa in self.lsas])

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        lsas, unreadable = [], []
        for _ in range(reader.u32()):
            octets = take_lsa(reader)
            try:
                lsas.append(lsa_of(octets))
            except DecodeError as error:
                unreadable.append(error.what)
        return cls(tuple(lsas), tuple(unreadable))


@dataclass(frozen=True, slots=True)
class LinkStateAck:
    """The headers of the LSAs that have come."""

    headers: tuple[LsaHeader, ...]

    def encode(self) -> bytes:
        return b"".join(header.encode() for header in self.headers)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        return cls(_headers(reader))


def encode_update(lsas: list[bytes]) -> bytes:
    """The body of a Link State Update of LSAs that are octets already (`Lsa.aged`)."""
    return len(lsas).to_bytes(_COUNT_OCTETS, "big") + b"".join(lsas)


def _headers(reader: Reader) -> tuple[LsaHeader, ...]:
    headers = []
    while reader.remaining:
        headers.append(decode_header(reader))
    return tuple(headers)
