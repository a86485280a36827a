"""OSPF packets: the common header (RFC 2328 A.3.1) and the five bodies behind it (A.3.2 to A.3.6).

A packet is read in two steps, as RFC 2328 8.2 asks: `decode_header` first, which verifies length
and checksum and says what the sender claims to be; the body, by `OspfHeader.decode_body`, only
when the interface has found area and authentication right. Hellos of a neighbour are the same
octets every time, so what they mean is worked out once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Address
from struct import Struct
from typing import Final, TypeAlias

from controlplane.net.interned import packed_address
from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ospf.auth import (
    FIELD_OCTETS,
    AuType,
    Claim,
    CryptographicClaim,
    Signature,
    decode_claim,
)
from controlplane.wire.ospf.exchange import (
    DatabaseDescription,
    LinkStateAck,
    LinkStateRequest,
    LinkStateUpdate,
)
from controlplane.wire.ospf.hello import Hello
from controlplane.wire.reader import DecodeError, Reader

HEADER_OCTETS: Final = 24

_VERSION: Final = 2
_HEADER: Final = Struct("!BBH4s4sHH")
_LENGTH_AT: Final = 2
_CHECKSUM_AT: Final = 12
_AU_TYPE_AT: Final = 14
_AUTHENTICATION: Final = slice(16, 24)

OspfBody: TypeAlias = (
    Hello | DatabaseDescription | LinkStateRequest | LinkStateUpdate | LinkStateAck
)


class OspfType(IntEnum):
    HELLO = 1
    DATABASE_DESCRIPTION = 2
    LINK_STATE_REQUEST = 3
    LINK_STATE_UPDATE = 4
    LINK_STATE_ACK = 5


_BODIES: Final[dict[OspfType, type[OspfBody]]] = {
    OspfType.HELLO: Hello,
    OspfType.DATABASE_DESCRIPTION: DatabaseDescription,
    OspfType.LINK_STATE_REQUEST: LinkStateRequest,
    OspfType.LINK_STATE_UPDATE: LinkStateUpdate,
    OspfType.LINK_STATE_ACK: LinkStateAck,
}
TYPES: Final[dict[type[OspfBody], OspfType]] = {body: kind for kind, body in _BODIES.items()}
_KNOWN: Final = frozenset(OspfType)


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfHeader:
    """The header of a received packet; `content` is what stands behind it, not looked at yet."""

    type: OspfType
    router_id: IPv4Address
    area_id: IPv4Address
    claim: Claim
    content: bytes

    def decode_body(self) -> OspfBody:
        """The body; DecodeError, counted from the packet's first octet, when it is malformed."""
        try:
            return _decode_body(self.type, self.content)
        except DecodeError as error:
            raise DecodeError(HEADER_OCTETS + error.offset, error.what) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfPacket:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   Version #   |     Type      |         Packet length         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                          Router ID                            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                           Area ID                             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Checksum            |             AuType            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       Authentication                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       Authentication                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    router_id: IPv4Address
    area_id: IPv4Address
    body: OspfBody

    def encode(self, signature: Signature | None = None) -> bytes:
        """The payload of an IPv4 packet, signed where there is something to sign it with."""
        kind = TYPES[type(self.body)]
        return encode_packet(kind, self.router_id, self.area_id, self.body.encode(), signature)


def encode_packet(
    kind: OspfType,
    router_id: IPv4Address,
    area_id: IPv4Address,
    body: bytes,
    signature: Signature | None = None,
) -> bytes:
    """A packet with a body that is octets already, as that of flooded LSAs is."""

    def header(au_type: AuType, checksum: int) -> bytes:
        length = HEADER_OCTETS + len(body)
        ids = router_id.packed, area_id.packed
        return _HEADER.pack(_VERSION, kind, length, *ids, checksum, au_type)

    if signature is None:
        # RFC 2328 D.4.1: the checksum excludes the authentication field, which is zero.
        checksum = internet_checksum(header(AuType.NULL, 0) + body)
        return header(AuType.NULL, checksum) + bytes(FIELD_OCTETS) + body
    packet = header(AuType.CRYPTOGRAPHIC, 0) + signature.field() + body
    return packet + signature.digest(packet)


def decode_header(payload: bytes) -> OspfHeader:
    """The header of what an IPv4 packet carries; DecodeError when this is no OSPF packet.

    Behind the packet's own length stands a digest (RFC 2328 D.3), or a block of RFC 5613.
    """
    reader = Reader(payload)
    version, kind, length, router_id, area_id, _, au_type = _HEADER.unpack(
        reader.take(_HEADER.size)
    )
    if version != _VERSION:
        raise DecodeError(0, f"OSPF version {version}")
    if kind not in _KNOWN:
        raise DecodeError(1, f"unknown packet type {kind}")
    if not HEADER_OCTETS <= length <= len(payload):
        raise DecodeError(_LENGTH_AT, f"a length of {length} octets, {len(payload)} received")
    packet = payload[:length]
    claim = decode_claim(au_type, packet[_AUTHENTICATION], packet, payload[length:])
    if claim is None:
        raise DecodeError(_AU_TYPE_AT, f"unknown authentication type {au_type}")
    if not isinstance(claim, CryptographicClaim) and _checksum_of(packet):
        raise DecodeError(_CHECKSUM_AT, "wrong checksum")
    return OspfHeader(
        type=OspfType(kind),
        router_id=packed_address(router_id),
        area_id=packed_address(area_id),
        claim=claim,
        content=packet[HEADER_OCTETS:],
    )


def decode_packet(payload: bytes) -> OspfPacket:
    """Header and body of a packet that nobody authenticates."""
    header = decode_header(payload)
    return OspfPacket(router_id=header.router_id, area_id=header.area_id, body=header.decode_body())


def _checksum_of(packet: bytes) -> int:
    return internet_checksum(packet[: _HEADER.size] + packet[HEADER_OCTETS:])


def _decode_body(kind: OspfType, content: bytes) -> OspfBody:
    return _hello(content) if kind is OspfType.HELLO else _read(_BODIES[kind], content)


@lru_cache(maxsize=4096)
def _hello(content: bytes) -> OspfBody:
    return _read(Hello, content)


def _read(kind: type[OspfBody], content: bytes) -> OspfBody:
    reader = Reader(content)
    body = kind.decode(reader)
    reader.finish()
    return body
