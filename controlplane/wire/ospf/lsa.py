"""Link state advertisements (RFC 2328 12.1 and A.4): the header, what names one, and the whole.

An LSA is flooded as it was received, its age alone changes: so `Lsa` keeps its octets, and sending
it on encodes nothing. Routers of one simulation receive the same octets many times over, and what
they mean is worked out once (`lsa_of`): all that it returns is immutable.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Address
from itertools import accumulate
from struct import Struct
from typing import Final, Self

from controlplane.net.interned import address, packed_address
from controlplane.wire.ospf.bodies import (
    ExternalLsa,
    LsaBody,
    NetworkLsa,
    OpaqueLsa,
    RouterLsa,
    SummaryLsa,
)
from controlplane.wire.reader import DecodeError, Reader

INITIAL_SEQUENCE_NUMBER: Final = -0x7FFFFFFF
MAX_SEQUENCE_NUMBER: Final = 0x7FFFFFFF
MAX_AGE: Final = 3600

HEADER_OCTETS: Final = 20

_HEADER: Final = Struct("!HBB4s4siHH")
_AGE_OCTETS: Final = 2
_COVERED_CHECKSUM: Final = slice(14, 16)
"""Where the checksum stands in what it covers: all but the age."""
_LENGTH_AT: Final = 18
_MODULUS: Final = 255
_CACHED: Final = 1 << 15


class LsType(IntEnum):
    ROUTER = 1
    NETWORK = 2
    SUMMARY_NETWORK = 3
    SUMMARY_ASBR = 4
    AS_EXTERNAL = 5
    NSSA_EXTERNAL = 7
    OPAQUE_LINK = 9
    OPAQUE_AREA = 10
    OPAQUE_AS = 11


_BODIES: Final[dict[int, type[LsaBody]]] = {
    LsType.ROUTER: RouterLsa,
    LsType.NETWORK: NetworkLsa,
    LsType.SUMMARY_NETWORK: SummaryLsa,
    LsType.SUMMARY_ASBR: SummaryLsa,
    LsType.AS_EXTERNAL: ExternalLsa,
    LsType.NSSA_EXTERNAL: ExternalLsa,
    LsType.OPAQUE_LINK: OpaqueLsa,
    LsType.OPAQUE_AREA: OpaqueLsa,
    LsType.OPAQUE_AS: OpaqueLsa,
}


class LsaKey(int):
    """What tells LSAs of one scope (link, area, AS) apart (RFC 2328 12.1).

    It is the number that LS type, Link State ID and Advertising Router are when read in one: LSAs
    are looked up all the time, and a number is hashed and compared much faster than addresses.
    """

    __slots__ = ()

    def __new__(
        cls, ls_type: int, link_state_id: IPv4Address, advertising_router: IPv4Address
    ) -> Self:
        number = ls_type << 64 | int(link_state_id) << 32 | int(advertising_router)
        return super().__new__(cls, number)

    @property
    def ls_type(self) -> int:
        return self >> 64

    @property
    def link_state_id(self) -> IPv4Address:
        return address(self >> 32 & 0xFFFFFFFF)

    @property
    def advertising_router(self) -> IPv4Address:
        return address(self & 0xFFFFFFFF)

    def __repr__(self) -> str:
        return f"LsaKey({self.ls_type}, {self.link_state_id}, {self.advertising_router})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LsaHeader:
    """`sequence_number` is signed (RFC 2328 12.1.6); `length` counts the header's 20 octets.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            LS age             |    Options    |    LS type    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Link State ID                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                     Advertising Router                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                     LS sequence number                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         LS checksum           |             length            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    age: int
    options: int
    ls_type: int
    link_state_id: IPv4Address
    advertising_router: IPv4Address
    sequence_number: int
    checksum: int
    length: int
    key: LsaKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        key = LsaKey(self.ls_type, self.link_state_id, self.advertising_router)
        object.__setattr__(self, "key", key)

    def encode(self) -> bytes:
        return _HEADER.pack(
            self.age,
            self.options,
            self.ls_type,
            self.link_state_id.packed,
            self.advertising_router.packed,
            self.sequence_number,
            self.checksum,
            self.length,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lsa:
    """`octets` is the whole LSA, header included, with the age that `header` has."""

    header: LsaHeader
    body: LsaBody
    octets: bytes

    @classmethod
    def make(
        cls,
        *,
        options: int,
        ls_type: LsType,
        link_state_id: IPv4Address,
        advertising_router: IPv4Address,
        sequence_number: int,
        body: LsaBody,
        age: int = 0,
    ) -> Self:
        """An LSA of one's own, with its length and checksum worked out."""
        encoded = body.encode()
        header = LsaHeader(
            age=age,
            options=options,
            ls_type=ls_type,
            link_state_id=link_state_id,
            advertising_router=advertising_router,
            sequence_number=sequence_number,
            checksum=0,
            length=HEADER_OCTETS + len(encoded),
        )
        header = replace(header, checksum=ls_checksum(header.encode() + encoded))
        return cls(header=header, body=body, octets=header.encode() + encoded)

    @property
    def key(self) -> LsaKey:
        return self.header.key

    def aged(self, age: int) -> bytes:
        """The octets to send when the LSA has this age."""
        return age.to_bytes(_AGE_OCTETS, "big") + self.octets[_AGE_OCTETS:]

    def with_age(self, age: int) -> Lsa:
        octets = self.aged(age)
        return Lsa(header=_header(octets[:HEADER_OCTETS]), body=self.body, octets=octets)

    def checksum_ok(self) -> bool:
        """RFC 2328 12.1.7: the checksum does not cover the age, which changes on the way."""
        return _checks(self.octets[_AGE_OCTETS:])


def decode_header(reader: Reader) -> LsaHeader:
    """An LSA's header alone, as Database Descriptions and Acknowledgments carry it."""
    return _header(reader.take(HEADER_OCTETS))


def take_lsa(reader: Reader) -> bytes:
    """The octets of one LSA, whatever is in it: its length field says how many they are."""
    header = reader.take(HEADER_OCTETS)
    length = int.from_bytes(header[_LENGTH_AT:], "big")
    if length < HEADER_OCTETS:
        raise reader.error(f"an LSA of {length} octets")
    return header + reader.take(length - HEADER_OCTETS)


@lru_cache(maxsize=_CACHED)
def _header(octets: bytes) -> LsaHeader:
    age, options, ls_type, link_state_id, router, sequence, checksum, length = _HEADER.unpack(
        octets
    )
    return LsaHeader(
        age=age,
        options=options,
        ls_type=ls_type,
        link_state_id=packed_address(link_state_id),
        advertising_router=packed_address(router),
        sequence_number=sequence,
        checksum=checksum,
        length=length,
    )


@lru_cache(maxsize=_CACHED)
def lsa_of(octets: bytes) -> Lsa:
    """The LSA that these octets are: DecodeError when its type is unknown or its body malformed."""
    header = _header(octets[:HEADER_OCTETS])
    body = _body(header.ls_type, octets[HEADER_OCTETS:])
    return Lsa(header=header, body=body, octets=octets)


@lru_cache(maxsize=_CACHED)
def _body(ls_type: int, octets: bytes) -> LsaBody:
    if (kind := _BODIES.get(ls_type)) is None:
        raise DecodeError(0, f"an LSA of unknown type {ls_type}")
    reader = Reader(octets)
    try:
        body = kind.decode(reader)
        reader.finish()
    except DecodeError as error:
        raise DecodeError(HEADER_OCTETS + error.offset, error.what) from None
    return body


@lru_cache(maxsize=_CACHED)
def _checks(covered: bytes) -> bool:
    # RFC 2328 12.1.7: "The LS checksum field cannot take on the value of zero".
    return covered[_COVERED_CHECKSUM] != bytes(2) and _fletcher(covered) == (0, 0)


def ls_checksum(octets: bytes) -> int:
    """RFC 2328 12.1.7 (RFC 905 annex B): what makes both sums zero, over an LSA with checksum 0."""
    covered = octets[_AGE_OCTETS:]
    c0, c1 = _fletcher(covered)
    behind = len(covered) - _COVERED_CHECKSUM.start - 1
    x = (behind * c0 - c1) % _MODULUS
    y = (-x - c0) % _MODULUS
    return (x or _MODULUS) << 8 | (y or _MODULUS)


def _fletcher(octets: bytes) -> tuple[int, int]:
    return sum(octets) % _MODULUS, sum(accumulate(octets)) % _MODULUS
