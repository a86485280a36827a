"""The two attributes that hold routes (RFC 4760 3, 4).

 MP_REACH_NLRI                                          MP_UNREACH_NLRI
+-------------------------------------------------+    +------------------------------------------+
| Address Family Identifier (2 octets)            |    | Address Family Identifier (2 octets)     |
+-------------------------------------------------+    +------------------------------------------+
| Subsequent Address Family Identifier (1 octet)  |    | Subsequent Address Family Id. (1 octet)  |
+-------------------------------------------------+    +------------------------------------------+
| Length of Next Hop Network Address (1 octet)    |    | Withdrawn Routes (variable)              |
+-------------------------------------------------+    +------------------------------------------+
| Network Address of Next Hop (variable)          |
+-------------------------------------------------+
| Reserved (1 octet)                              |
+-------------------------------------------------+
| Network Layer Reachability Information (var.)   |
+-------------------------------------------------+

The next hop of VPN-IPv4 routes is a VPN-IPv4 address whose RD is zero (RFC 4364 4.3.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from controlplane.wire.bgp.attribute_decoding import AttributeFault
from controlplane.wire.bgp.attribute_list import OPTIONAL, PARTIAL, RawAttribute
from controlplane.wire.bgp.attribute_values import decode_address, is_host
from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.nlri import FAMILIES, Announced, Family
from controlplane.wire.bgp.nlri_codec import decode_nlri
from controlplane.wire.bgp.numbers import AttributeType, ErrorCode, UpdateError
from controlplane.wire.bgp.route_distinguisher import RD_OCTETS
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Remedy, Unreach
from controlplane.wire.reader import DecodeError, Reader

_IPV4, _VPN_IPV4, _IPV6 = 4, 12, 16
_NEXT_HOP_OCTETS: Final[Mapping[Family, tuple[int, ...]]] = {
    Family.IPV4_UNICAST: (_IPV4,),
    Family.MCAST_VPN: (_IPV4, _IPV6),
    Family.MDT: (_IPV4, _VPN_IPV4),
    Family.VPNV4: (_VPN_IPV4,),
    Family.VPNV4_MULTICAST: (_VPN_IPV4, _IPV4),
    Family.ROUTE_TARGET: (_IPV4, _IPV6),
}
"""What a next hop may be, the form that is written first.

RFC 6037 and RFC 6514 10 leave it open for MDT and multicast VPN-IPv4. IPv6 is allowed by RFC 6515 2
and RFC 4684 4, with no word in a capability.
"""

_ZERO_RD: Final = bytes(RD_OCTETS)
_NO_ADDRESS: Final = bytes(4)

_AT_LEAST: Final[Mapping[int, int]] = {
    AttributeType.MP_REACH_NLRI: 5,
    AttributeType.MP_UNREACH_NLRI: 3,
}
"""RFC 7606 5.3: fewer octets are no attribute of this type."""


@dataclass(frozen=True, slots=True)
class MpReach:
    """`next_hop` None: none that a packet can be sent to."""

    family: Family
    next_hop: IPv4Address | None
    nlri: tuple[Announced, ...]


def encode_mp_reach(family: Family, next_hop: IPv4Address | None, nlri: bytes) -> bytes:
    """The value. Membership of route targets may have no next hop; it is written as zeros."""
    assert next_hop is not None or family is Family.ROUTE_TARGET, f"no next hop for {family.words}"
    address = _NO_ADDRESS if next_hop is None else next_hop.packed
    if _NEXT_HOP_OCTETS[family][0] == _VPN_IPV4:
        address = _ZERO_RD + address
    return _encode_family(family) + bytes((len(address),)) + address + bytes(1) + nlri


def encode_mp_unreach(family: Family, nlri: bytes) -> bytes:
    """The value."""
    return _encode_family(family) + nlri


def decode_mp_reach(raw: RawAttribute, terms: Terms) -> MpReach | AttributeFault:
    reader, family = _start(raw)
    if (fault := _family_fault(raw, family, terms)) is not None:
        return fault
    known = FAMILIES[family]
    try:
        octets = reader.take(reader.u8())
        if len(octets) not in _NEXT_HOP_OCTETS[known]:
            raise reader.error(f"a next hop of {len(octets)} octets")
        reader.take(1)
        return MpReach(known, _decode_next_hop(octets), decode_nlri(known, reader.rest()))
    except DecodeError as error:
        return _unreadable(raw, known, error)


def decode_mp_unreach(raw: RawAttribute, terms: Terms) -> Unreach | AttributeFault:
    reader, family = _start(raw)
    if (fault := _family_fault(raw, family, terms)) is not None:
        return fault
    known = FAMILIES[family]
    try:
        return Unreach(known, tuple(key for key, _ in decode_nlri(known, reader.rest())))
    except DecodeError as error:
        return _unreadable(raw, known, error)


def _encode_family(family: Family) -> bytes:
    afi, safi = family.value
    return afi.to_bytes(2, "big") + bytes((safi,))


def _decode_next_hop(octets: bytes) -> IPv4Address | None:
    if len(octets) == _IPV6:
        return None
    address = decode_address(octets[-_IPV4:])
    return address if is_host(address) else None


def _start(raw: RawAttribute) -> tuple[Reader, tuple[int, int]]:
    if len(raw.value) < _AT_LEAST[raw.type]:
        what = f"{_name(raw)}: {len(raw.value)} octets"
        subcode = UpdateError.OPTIONAL_ATTRIBUTE_ERROR
        raise BgpError(ErrorCode.UPDATE_MESSAGE, subcode, what, raw.encode())
    reader = Reader(raw.value)
    return reader, (reader.u16(), reader.u8())


def _family_fault(
    raw: RawAttribute, family: tuple[int, int], terms: Terms
) -> AttributeFault | None:
    """Routes of a family that was not agreed on are none of this session's."""
    known = FAMILIES.get(family)
    if known not in terms.families:
        afi, safi = family
        what = f"{_name(raw)}: AFI {afi}, SAFI {safi}, which this session does not carry"
        subcode = UpdateError.OPTIONAL_ATTRIBUTE_ERROR
        return AttributeFault(Remedy.ATTRIBUTE_DISCARD, what, subcode, family=known)
    if raw.flags & ~PARTIAL != OPTIONAL:
        what = f"{_name(raw)}: flags {raw.flags:#04x}"
        subcode = UpdateError.ATTRIBUTE_FLAGS_ERROR
        return AttributeFault(Remedy.AFI_SAFI_DISABLE, what, subcode, raw.encode(), known)
    return None


def _unreadable(raw: RawAttribute, family: Family, error: DecodeError) -> AttributeFault:
    """RFC 7606 3 j): where routes cannot be read, withdrawing them cannot be the answer."""
    what = f"{_name(raw)}: {error.what}"
    subcode = UpdateError.OPTIONAL_ATTRIBUTE_ERROR
    return AttributeFault(Remedy.AFI_SAFI_DISABLE, what, subcode, raw.encode(), family)


def _name(raw: RawAttribute) -> str:
    return AttributeType(raw.type).name
