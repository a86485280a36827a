"""How an OSPF packet says who sent it (RFC 2328 appendix D): not at all, by a password, by MD5.

What a received packet claims is one of three values; whether a cryptographic claim is true,
`CryptographicClaim.holds` says for a key. Simple passwords are read, so that a neighbour which uses
one can be named, and are never sent: they stand in clear text in every packet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import md5
from hmac import compare_digest
from struct import Struct
from typing import Final, TypeAlias

FIELD_OCTETS: Final = 8
DIGEST_OCTETS: Final = 16

_CRYPTOGRAPHIC: Final = Struct("!HBBI")


class AuType(IntEnum):
    NULL = 0
    SIMPLE_PASSWORD = 1
    CRYPTOGRAPHIC = 2


@dataclass(frozen=True, slots=True)
class NoClaim:
    """AuType 0; what the authentication field holds means nothing."""


@dataclass(frozen=True, slots=True)
class PasswordClaim:
    """AuType 1 (RFC 2328 D.2)."""

    password: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptographicClaim:
    """AuType 2 (RFC 2328 D.3): `signed` is the packet that the digest behind it is of."""

    key_id: int
    sequence_number: int
    signed: bytes
    digest: bytes

    def holds(self, key: bytes) -> bool:
        """RFC 2328 D.5.3: the digest was made with this key."""
        return compare_digest(self.digest, _digest(self.signed, key))


Claim: TypeAlias = NoClaim | PasswordClaim | CryptographicClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a packet is to be signed with: a key of up to 16 octets, and a number never less."""

    key_id: int
    key: bytes
    sequence_number: int

    def field(self) -> bytes:
        """
        0                   1                   2                   3
        0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
        +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
        |              0                |    Key ID     | Auth Data Len |
        +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
        |                 Cryptographic sequence number                 |
        +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
        """
        return _CRYPTOGRAPHIC.pack(0, self.key_id, DIGEST_OCTETS, self.sequence_number)

    def digest(self, packet: bytes) -> bytes:
        return _digest(packet, self.key)


def decode_claim(au_type: int, field: bytes, packet: bytes, behind: bytes) -> Claim | None:
    """What a packet's authentication field and the octets behind it say; None: in no known way."""
    match au_type:
        case AuType.NULL:
            return NoClaim()
        case AuType.SIMPLE_PASSWORD:
            return PasswordClaim(field.rstrip(b"\0"))
        case AuType.CRYPTOGRAPHIC:
            _, key_id, digest_octets, sequence_number = _CRYPTOGRAPHIC.unpack(field)
            return CryptographicClaim(
                key_id=key_id,
                sequence_number=sequence_number,
                signed=packet,
                digest=behind[:digest_octets],
            )
        case _:
            return None


def _digest(packet: bytes, key: bytes) -> bytes:
    return md5(packet + key.ljust(DIGEST_OCTETS, b"\0"), usedforsecurity=False).digest()
