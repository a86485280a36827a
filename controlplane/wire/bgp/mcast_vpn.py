"""MCAST-VPN routes on the wire (RFC 6514 4).

+-----------------------------------+
|    Route Type (1 octet)           |
+-----------------------------------+
|     Length (1 octet)              |
+-----------------------------------+
| Route Type specific (variable)    |
+-----------------------------------+

A type that RFC 6514 does not have, and a form of a known type that has no place in its value here
(IPv6 addresses, RFC 6515; the opaque value of mLDP in a group's place, RFC 6514 4.6), is kept as
`OtherMcastVpn`: a reflector between those who understand it hands it on as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.net.vpn import RouteDistinguisher
from controlplane.wire.bgp.nlri import (
    InterAsIPmsi,
    IntraAsIPmsi,
    Leaf,
    McastVpnKey,
    McastVpnType,
    OtherMcastVpn,
    SharedTreeJoin,
    SourceActive,
    SourceTreeJoin,
    SPmsi,
)
from controlplane.wire.bgp.route_distinguisher import RD_OCTETS, decode_rd, encode_rd
from controlplane.wire.reader import DecodeError, Reader

_WILDCARD: Final = b"\0"
"""RFC 6625 2: a length of zero, and no address."""

_IPV4_BITS: Final = 32
_IPV6_OCTETS: Final = 16


class _OtherForm(Exception):
    """A right form of a known type, but not one of IPv4."""


def encode_mcast_vpn(key: McastVpnKey) -> bytes:
    """A whole route, type and length with it."""
    kind, value = _encoded(key)
    return bytes((kind, len(value))) + value


def decode_mcast_vpn(reader: Reader) -> McastVpnKey:
    """The next route; DecodeError when a length in it is wrong."""
    kind, length = reader.u8(), reader.u8()
    value = reader.take(length)
    decode = _DECODERS.get(kind)
    if decode is None:
        return OtherMcastVpn(kind, value)
    try:
        return _decoded(decode, value)
    except _OtherForm:
        return OtherMcastVpn(kind, value)
    except DecodeError as error:
        raise reader.error(f"MCAST-VPN route of type {kind}: {error.what}") from None


def _encoded(key: McastVpnKey) -> tuple[int, bytes]:
    match key:
        case IntraAsIPmsi(rd, originator):
            return McastVpnType.INTRA_AS_I_PMSI, encode_rd(rd) + originator.packed
        case InterAsIPmsi(rd, source_as):
            return McastVpnType.INTER_AS_I_PMSI, encode_rd(rd) + source_as.to_bytes(4, "big")
        case SPmsi(rd, source, group, originator):
            flow = _optional(source) + _optional(group)
            return McastVpnType.S_PMSI, encode_rd(rd) + flow + originator.packed
        case Leaf(route_key, originator):
            return McastVpnType.LEAF, route_key + originator.packed
        case SourceActive(rd, source, group):
            return McastVpnType.SOURCE_ACTIVE, encode_rd(rd) + _sized(source) + _sized(group)
        case SharedTreeJoin(rd, source_as, rendezvous_point, group):
            value = _c_multicast(rd, source_as, rendezvous_point, group)
            return McastVpnType.SHARED_TREE_JOIN, value
        case SourceTreeJoin(rd, source_as, source, group):
            return McastVpnType.SOURCE_TREE_JOIN, _c_multicast(rd, source_as, source, group)
        case OtherMcastVpn(kind, value):
            return kind, value


def _c_multicast(
    rd: RouteDistinguisher, source_as: int, root: IPv4Address, group: IPv4Address
) -> bytes:
    return encode_rd(rd) + source_as.to_bytes(4, "big") + _sized(root) + _sized(group)


def _sized(address: IPv4Address) -> bytes:
    return bytes((_IPV4_BITS,)) + address.packed


def _optional(address: IPv4Address | None) -> bytes:
    return _WILDCARD if address is None else _sized(address)


_Decoder: TypeAlias = Callable[[Reader], McastVpnKey]


def _decoded(decode: _Decoder, value: bytes) -> McastVpnKey:
    reader = Reader(value)
    key = decode(reader)
    reader.finish()
    return key


def _intra_as_i_pmsi(reader: Reader) -> IntraAsIPmsi:
    return IntraAsIPmsi(_rd(reader), _originator(reader))


def _inter_as_i_pmsi(reader: Reader) -> InterAsIPmsi:
    return InterAsIPmsi(_rd(reader), reader.u32())


def _s_pmsi(reader: Reader) -> SPmsi:
    rd, source, group = _rd(reader), _any_address(reader), _any_address(reader)
    return SPmsi(rd, source, group, _originator(reader))


def _leaf(reader: Reader) -> Leaf:
    """The route key has its own length: RFC 6514 4.4, it is "the NLRI of the received route"."""
    start = reader.take(2)
    return Leaf(start + reader.take(start[1]), _originator(reader))


def _source_active(reader: Reader) -> SourceActive:
    return SourceActive(_rd(reader), _address(reader), _address(reader))


def _shared_tree_join(reader: Reader) -> SharedTreeJoin:
    return SharedTreeJoin(_rd(reader), reader.u32(), _address(reader), _group_or_opaque(reader))


def _source_tree_join(reader: Reader) -> SourceTreeJoin:
    return SourceTreeJoin(_rd(reader), reader.u32(), _address(reader), _group_or_opaque(reader))


_DECODERS: Final[Mapping[int, _Decoder]] = {
    McastVpnType.INTRA_AS_I_PMSI: _intra_as_i_pmsi,
    McastVpnType.INTER_AS_I_PMSI: _inter_as_i_pmsi,
    McastVpnType.S_PMSI: _s_pmsi,
    McastVpnType.LEAF: _leaf,
    McastVpnType.SOURCE_ACTIVE: _source_active,
    McastVpnType.SHARED_TREE_JOIN: _shared_tree_join,
    McastVpnType.SOURCE_TREE_JOIN: _source_tree_join,
}


def _rd(reader: Reader) -> RouteDistinguisher:
    return decode_rd(reader.take(RD_OCTETS))


def _address(reader: Reader) -> IPv4Address:
    found = _any_address(reader)
    if found is None:
        # RFC 6514 4.5: "outside the scope of this document" for source active routes.
        raise _OtherForm
    return found


def _any_address(reader: Reader) -> IPv4Address | None:
    match reader.u8():
        case 0:
            return None
        case 32:
            return reader.ipv4()
        case 128:
            raise _OtherForm
        case bits:
            raise reader.error(f"an address of {bits} bits")


def _group_or_opaque(reader: Reader) -> IPv4Address:
    if reader.u8() != _IPV4_BITS:
        raise _OtherForm
    return reader.ipv4()


def _originator(reader: Reader) -> IPv4Address:
    if reader.remaining == _IPV6_OCTETS:
        raise _OtherForm
    return reader.ipv4()
