"""Encoded addresses of PIM (RFC 7761 4.9.1), and Join Attributes behind a source (RFC 5384).

All three kinds start with an address family and an encoding type. A message may hold addresses of
both families although it must not: "it SHOULD only process the addresses that are of the same
family as the unicast upstream neighbor address" (RFC 7761 4.9.5). So an IPv6 address is read over
and its decoder returns None; a family or an encoding that nobody knows has no known length, and is
a DecodeError.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final, Self

from controlplane.wire.reader import Reader

_IPV4: Final = 1
_IPV6: Final = 2
_IPV6_OCTETS: Final = 16
_FULL_MASK: Final = {_IPV4: 32, _IPV6: 128}

_NATIVE: Final = 0
_WITH_ATTRIBUTES: Final = 1

_BIDIRECTIONAL: Final = 0x80
_ADMIN_SCOPE: Final = 0x01
_SPARSE: Final = 0x04
_WILDCARD: Final = 0x02
_RPT: Final = 0x01

_TRANSITIVE: Final = 0x80
_LAST: Final = 0x40
_ATTRIBUTE_TYPE: Final = 0x3F

UNICAST_OCTETS: Final = 6
GROUP_OCTETS: Final = 8
SOURCE_OCTETS: Final = 8


def encode_unicast(address: IPv4Address) -> bytes:
    """An Encoded-Unicast address.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Addr Family  | Encoding Type |     Unicast Address
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """
    return bytes((_IPV4, _NATIVE)) + address.packed


def decode_unicast(reader: Reader) -> IPv4Address | None:
    """An Encoded-Unicast address; None when it is an IPv6 one."""
    family = _family(reader)
    _encoding(reader, _NATIVE)
    return _address(reader, family)


def decode_own_unicast(reader: Reader, what: str) -> IPv4Address:
    """An Encoded-Unicast address that must be of the packet's family."""
    address = decode_unicast(reader)
    if address is None:
        raise reader.error(f"an IPv6 {what} in an IPv4 packet")
    return address


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedGroup:
    """A group, or a range of groups where the mask is shorter than the address.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Addr Family  | Encoding Type |B| Reserved  |Z|  Mask Len     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                Group multicast Address
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `scoped` is the Z bit: the range is an admin-scope zone (RFC 5059 4).
    """

    address: IPv4Address
    mask_length: int = _FULL_MASK[_IPV4]
    bidirectional: bool = False
    scoped: bool = False

    @classmethod
    def of(cls, groups: IPv4Network, *, bidirectional: bool = False) -> Self:
        """A range of groups."""
        return cls(
            address=groups.network_address,
            mask_length=groups.prefixlen,
            bidirectional=bidirectional,
        )

    @property
    def is_single(self) -> bool:
        """RFC 7761 4.9.5.1: a Group-Specific Set has the full mask length."""
        return self.mask_length == _FULL_MASK[_IPV4]

    @property
    def groups(self) -> IPv4Network:
        """All groups that it means; bits of the address behind the mask mean nothing."""
        return IPv4Network((self.address, self.mask_length), strict=False)

    def encode(self) -> bytes:
        flags = (_BIDIRECTIONAL if self.bidirectional else 0) | (_ADMIN_SCOPE if self.scoped else 0)
        return bytes((_IPV4, _NATIVE, flags, self.mask_length)) + self.address.packed

    @classmethod
    def decode(cls, reader: Reader) -> Self | None:
        """The group; None when it is an IPv6 one."""
        family = _family(reader)
        _encoding(reader, _NATIVE)
        flags, mask_length = reader.u8(), reader.u8()
        if mask_length > _FULL_MASK[family]:
            raise reader.error(f"a group mask of {mask_length} bits")
        address = _address(reader, family)
        if address is None:
            return None
        return cls(
            address=address,
            mask_length=mask_length,
            bidirectional=bool(flags & _BIDIRECTIONAL),
            scoped=bool(flags & _ADMIN_SCOPE),
        )

    @classmethod
    def decode_own(cls, reader: Reader) -> Self:
        """The group, which must be of the packet's family."""
        group = cls.decode(reader)
        if group is None:
            raise reader.error("an IPv6 group in an IPv4 packet")
        return group


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinAttribute:
    """One attribute of a tree (RFC 5384 3.4.1); a `transitive` one travels on when unknown."""

    type: int
    value: bytes
    transitive: bool = False

    def encode(self, *, last: bool) -> bytes:
        flags = (_TRANSITIVE if self.transitive else 0) | (_LAST if last else 0)
        return bytes((flags | self.type, len(self.value))) + self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedSource:
    """A source; (*,G) has W and R set, (S,G,rpt) R alone, (S,G) neither (RFC 7761 4.9.5.1).

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    | Addr Family   | Encoding Type | Rsrvd   |S|W|R|  Mask Len     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Source Address
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |F|E| Attr_Type | Length        | Value     (Encoding Type 1 only)
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    address: IPv4Address
    wildcard: bool = False
    rpt: bool = False
    attributes: tuple[JoinAttribute, ...] = ()

    def encode(self) -> bytes:
        encoding = _WITH_ATTRIBUTES if self.attributes else _NATIVE
        flags = _SPARSE | (_WILDCARD if self.wildcard else 0) | (_RPT if self.rpt else 0)
        fixed = bytes((_IPV4, encoding, flags, _FULL_MASK[_IPV4])) + self.address.packed
        return fixed + _encode_attributes(self.attributes)

    @classmethod
    def decode(cls, reader: Reader) -> Self | None:
        """The source; None when it is an IPv6 one."""
        family = _family(reader)
        encoding = _encoding(reader, _NATIVE, _WITH_ATTRIBUTES)
        flags, mask_length = reader.u8(), reader.u8()
        # RFC 7761 4.9.1: "A router SHOULD ignore any messages received with any other mask length."
        if mask_length != _FULL_MASK[family]:
            raise reader.error(f"a source mask of {mask_length} bits")
        wildcard, rpt = bool(flags & _WILDCARD), bool(flags & _RPT)
        if wildcard and not rpt:
            raise reader.error("the WC bit without the RPT bit")
        address = _address(reader, family)
        attributes = _decode_attributes(reader) if encoding == _WITH_ATTRIBUTES else ()
        if address is None:
            return None
        return cls(address=address, wildcard=wildcard, rpt=rpt, attributes=attributes)


def _family(reader: Reader) -> int:
    family = reader.u8()
    if family not in _FULL_MASK:
        raise reader.error(f"unknown address family {family}")
    return family


def _encoding(reader: Reader, *known: int) -> int:
    encoding = reader.u8()
    if encoding not in known:
        raise reader.error(f"unknown address encoding type {encoding}")
    return encoding


def _address(reader: Reader, family: int) -> IPv4Address | None:
    if family == _IPV4:
        return reader.ipv4()
    reader.take(_IPV6_OCTETS)
    return None


def _encode_attributes(attributes: tuple[JoinAttribute, ...]) -> bytes:
    last = len(attributes) - 1
    return b"".join(a.encode(last=index == last) for index, a in enumerate(attributes))


def _decode_attributes(reader: Reader) -> tuple[JoinAttribute, ...]:
    attributes: list[JoinAttribute] = []
    last = False
    while not last:
        head = reader.u8()
        last = bool(head & _LAST)
        value = reader.take(reader.u8())
        attributes.append(
            JoinAttribute(
                type=head & _ATTRIBUTE_TYPE, value=value, transitive=bool(head & _TRANSITIVE)
            )
        )
    return tuple(attributes)
