"""FEC elements (RFC 5036 3.4.1, RFC 5918): what a label is bound to.

An element of a type or an address family that is not read here has no known length: the message is
given up, and its sender told "Unknown FEC" or "Unsupported Address Family" (RFC 5036 3.4.1.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network
from typing import Final, Self, TypeAlias

from controlplane.net.interned import prefix
from controlplane.wire.ldp.numbers import IPV4_FAMILY, FecType, StatusCode, TlvType
from controlplane.wire.ldp.tlv import LdpError, encode_tlv
from controlplane.wire.reader import Reader

_PREFIX_HEAD: Final = bytes((FecType.PREFIX, 0, IPV4_FAMILY))
_BITS: Final = 32
_CACHED: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class WildcardFec:
    """All FECs that are bound to the label of the message, or all at all."""

    def encode(self) -> bytes:
        return bytes((FecType.WILDCARD,))

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        return cls()


@dataclass(frozen=True, slots=True)
class PrefixFec:
    """An IPv4 prefix.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Prefix (2)   |     Address Family            |     PreLen    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      Prefix, as many octets as PreLen needs                   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    prefix: IPv4Network

    def encode(self) -> bytes:
        length = self.prefix.prefixlen
        octets = self.prefix.network_address.packed[: _octets(length)]
        return _PREFIX_HEAD + bytes((length,)) + octets

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        family, length = reader.u16(), reader.u8()
        if family != IPV4_FAMILY:
            what = f"a FEC of address family {family}"
            raise LdpError(StatusCode.UNSUPPORTED_ADDRESS_FAMILY, reader.offset, what)
        if length > _BITS:
            raise reader.error(f"a prefix of {length} bits")
        address = int.from_bytes(reader.take(_octets(length)).ljust(4, b"\0"), "big")
        return cls(prefix(address, length))


@dataclass(frozen=True, slots=True)
class TypedWildcardFec:
    """All prefixes of an address family (RFC 5918 6).

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   Type = 5    | Type = Prefix |   Length = 2  |  Address...   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    | ...Family     |
    +-+-+-+-+-+-+-+-+
    """

    family: int = IPV4_FAMILY

    def encode(self) -> bytes:
        return bytes((FecType.TYPED_WILDCARD, FecType.PREFIX, 2)) + self.family.to_bytes(2, "big")

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        kind, length = reader.u8(), reader.u8()
        if kind != FecType.PREFIX:
            what = f"a typed wildcard of FEC type {kind:#04x}"
            raise LdpError(StatusCode.UNKNOWN_FEC, reader.offset, what)
        with reader.sub(length) as information:
            return cls(information.u16())


FecElement: TypeAlias = WildcardFec | PrefixFec | TypedWildcardFec
Fecs: TypeAlias = tuple[FecElement, ...]

_DECODERS: Final[Mapping[int, Callable[[Reader], FecElement]]] = {
    FecType.WILDCARD: WildcardFec.decode,
    FecType.PREFIX: PrefixFec.decode,
    FecType.TYPED_WILDCARD: TypedWildcardFec.decode,
}


def encode_fecs(fecs: Iterable[FecElement]) -> bytes:
    """The FEC TLV."""
    return encode_tlv(TlvType.FEC, b"".join(fec.encode() for fec in fecs))


def decode_fecs(reader: Reader) -> Fecs:
    """The value of the FEC TLV."""
    return _fecs(reader.rest())


@lru_cache(maxsize=_CACHED)
def _fecs(value: bytes) -> Fecs:
    """Cached: every peer tells of the same FECs."""
    reader = Reader(value)
    fecs: list[FecElement] = []
    while reader.remaining:
        fecs.append(_decode_element(reader))
    if not fecs:
        raise reader.error("no FEC element")
    if WildcardFec() in fecs and len(fecs) > 1:
        raise reader.error("a wildcard among other FEC elements")
    # RFC 5918 4: beside a typed wildcard, "the LDP speaker should ignore the other FEC elements".
    return next(((fec,) for fec in fecs if isinstance(fec, TypedWildcardFec)), tuple(fecs))


def _decode_element(reader: Reader) -> FecElement:
    kind = reader.u8()
    decode = _DECODERS.get(kind)
    if decode is None:
        raise LdpError(StatusCode.UNKNOWN_FEC, reader.offset, f"a FEC of type {kind:#04x}")
    return decode(reader)


def _octets(bits: int) -> int:
    return (bits + 7) // 8
