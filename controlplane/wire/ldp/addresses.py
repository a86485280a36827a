"""Address and Address Withdraw messages (RFC 5036 3.5.5, 3.5.6): which next hops are the sender.

0                   1                   2                   3
0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|0|0| Address List (0x0101)     |      Length                   |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|     Address Family            |   Addresses ...
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar, Self

from controlplane.wire.ldp.numbers import IPV4_FAMILY, MessageType, StatusCode, TlvType
from controlplane.wire.ldp.tlv import LdpError, Tlvs, encode_tlv
from controlplane.wire.reader import Reader


@dataclass(frozen=True, slots=True)
class AddressMessage:
    kind: ClassVar = MessageType.ADDRESS

    addresses: tuple[IPv4Address, ...]

    def encode(self) -> bytes:
        return _encode(self.addresses)

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls(tlvs.require(TlvType.ADDRESS_LIST, _decode))


@dataclass(frozen=True, slots=True)
class AddressWithdraw:
    kind: ClassVar = MessageType.ADDRESS_WITHDRAW

    addresses: tuple[IPv4Address, ...]

    def encode(self) -> bytes:
        return _encode(self.addresses)

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls(tlvs.require(TlvType.ADDRESS_LIST, _decode))


def _encode(addresses: tuple[IPv4Address, ...]) -> bytes:
    listed = b"".join(address.packed for address in addresses)
    return encode_tlv(TlvType.ADDRESS_LIST, IPV4_FAMILY.to_bytes(2, "big") + listed)


def _decode(reader: Reader) -> tuple[IPv4Address, ...]:
    family = reader.u16()
    if family != IPV4_FAMILY:
        what = f"addresses of family {family}"
        raise LdpError(StatusCode.UNSUPPORTED_ADDRESS_FAMILY, reader.offset, what)
    addresses: list[IPv4Address] = []
    while reader.remaining:
        addresses.append(reader.ipv4())
    return tuple(addresses)
