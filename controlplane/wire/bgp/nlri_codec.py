"""Network layer reachability information on the wire: octets <-> keys of each family.

Every NLRI field is a row of routes, each with its length in front (RFC 4760 5): in bits, but for
MCAST-VPN, where a type stands before it and the length is in octets (RFC 6514 4). Withdrawals have
the same form as announcements; a label's place is then filled with `WITHDRAWN` and not looked at
(RFC 8277 2.4).

    IPv4 unicast       length, prefix                                             RFC 4271 4.3
    VPN-IPv4           length, label, route distinguisher, prefix                 RFC 4364 4.3.4
    multicast VPN-IPv4 length, route distinguisher, prefix: no label              RFC 6514 10
    MDT                length = 128, route distinguisher, PE, group               RFC 6037 4.4.1
    route target       length, origin AS, route target: as many bits as matter    RFC 4684 4

Storms of routes go through here, so the loops work on octets and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from controlplane.net.compact_prefix import compact
from controlplane.net.label import Label
from controlplane.wire.bgp.mcast_vpn import decode_mcast_vpn, encode_mcast_vpn
from controlplane.wire.bgp.nlri import (
    Announced,
    Family,
    MdtKey,
    NlriKey,
    RouteTargetPrefix,
    VpnPrefix,
)
from controlplane.wire.bgp.route_distinguisher import RD_OCTETS, decode_rd, encode_rd
from controlplane.wire.reader import DecodeError, Reader

_RD_BITS: Final = 8 * RD_OCTETS
_LABEL_OCTETS: Final = 3
_LABEL_AND_RD_OCTETS: Final = _LABEL_OCTETS + RD_OCTETS
_LABEL_AND_RD_BITS: Final = 8 * _LABEL_AND_RD_OCTETS
_BOTTOM_OF_STACK: Final = 1
_WITHDRAWN: Final = 0x800000.to_bytes(_LABEL_OCTETS, "big")
"""RFC 8277 2.4: what stands in a withdrawal where the label was."""

_IPV4_BITS: Final = 32
_MDT_OCTETS: Final = RD_OCTETS + 4 + 4
_ORIGIN_AS_BITS: Final = 32
_ROUTE_TARGET_BITS: Final = 96


def decode_nlri(family: Family, data: bytes) -> tuple[Announced, ...]:
    """All routes of a field; DecodeError where RFC 7606 5.3 calls it incorrect.

    Of withdrawals, what stands where the label was is read as one.
    """
    return tuple(_DECODERS[family](data))


def encode_announced(family: Family, key: NlriKey, label: Label | None) -> bytes:
    """A route. A labelled one has one label, the bottom of its stack (RFC 8277 2.2)."""
    if family is not Family.VPNV4:
        return _encoded(key, b"")
    assert label is not None, f"a route of {family} without a label: {key}"
    return _encoded(key, (label << 4 | _BOTTOM_OF_STACK).to_bytes(_LABEL_OCTETS, "big"))


def encode_withdrawn(family: Family, key: NlriKey) -> bytes:
    return _encoded(key, _WITHDRAWN if family is Family.VPNV4 else b"")


def _encoded(key: NlriKey, label: bytes) -> bytes:
    match key:
        case VpnPrefix(rd, prefix):
            bits = 8 * len(label) + _RD_BITS + prefix.prefixlen
            return bytes((bits,)) + label + encode_rd(rd) + _prefix_octets(prefix)
        case IPv4Network():
            return bytes((key.prefixlen,)) + _prefix_octets(key)
        case MdtKey(rd, pe, group):
            return bytes((8 * _MDT_OCTETS,)) + encode_rd(rd) + pe.packed + group.packed
        case RouteTargetPrefix(length, octets):
            return bytes((length,)) + octets
        case _:
            return encode_mcast_vpn(key)


def _prefix_octets(prefix: IPv4Network) -> bytes:
    return prefix.network_address.packed[: prefix.prefixlen + 7 >> 3]


def _prefix(bits: int, octets: bytes) -> IPv4Network:
    """RFC 4271 4.3: "the value of trailing bits is irrelevant"."""
    address = int.from_bytes(octets, "big") << _IPV4_BITS - 8 * len(octets)
    return compact(address, bits)


def _decode_ipv4(data: bytes) -> Iterator[Announced]:
    at, end = 0, len(data)
    while at < end:
        bits = data[at]
        stop = at + 1 + (bits + 7 >> 3)
        if bits > _IPV4_BITS or stop > end:
            raise _wrong_length(at, data, "an IPv4 prefix")
        yield _prefix(bits, data[at + 1 : stop]), None
        at = stop


def _decode_vpnv4(data: bytes) -> Iterator[Announced]:
    at, end = 0, len(data)
    while at < end:
        bits = data[at] - _LABEL_AND_RD_BITS
        rd_at = at + 1 + _LABEL_OCTETS
        prefix_at = rd_at + RD_OCTETS
        stop = prefix_at + (bits + 7 >> 3)
        if not 0 <= bits <= _IPV4_BITS or stop > end:
            raise _wrong_length(at, data, "a labelled VPN-IPv4 prefix")
        prefix = _prefix(bits, data[prefix_at:stop])
        label = _label(int.from_bytes(data[at + 1 : rd_at], "big") >> 4)
        yield VpnPrefix(decode_rd(data[rd_at:prefix_at]), prefix), label
        at = stop


@lru_cache(maxsize=1 << 14)
def _label(label: Label) -> Label:
    """One object for the routes that share a label: all of a VRF's, as a rule."""
    return label


def _decode_vpnv4_multicast(data: bytes) -> Iterator[Announced]:
    at, end = 0, len(data)
    while at < end:
        bits = data[at] - _RD_BITS
        prefix_at = at + 1 + RD_OCTETS
        stop = prefix_at + (bits + 7 >> 3)
        if not 0 <= bits <= _IPV4_BITS or stop > end:
            raise _wrong_length(at, data, "a VPN-IPv4 prefix")
        prefix = _prefix(bits, data[prefix_at:stop])
        yield VpnPrefix(decode_rd(data[at + 1 : prefix_at]), prefix), None
        at = stop


def _decode_mdt(data: bytes) -> Iterator[Announced]:
    for at in range(0, len(data), 1 + _MDT_OCTETS):
        octets = data[at + 1 : at + 1 + _MDT_OCTETS]
        if data[at] != 8 * _MDT_OCTETS or len(octets) < _MDT_OCTETS:
            raise _wrong_length(at, data, "an MDT route")
        rd, pe, group = octets[:8], octets[8:12], octets[12:]
        yield MdtKey(decode_rd(rd), IPv4Address(pe), IPv4Address(group)), None


def _decode_route_target(data: bytes) -> Iterator[Announced]:
    """RFC 4684 4: no bits, or 32 at least: the origin AS "cannot be interpreted as a prefix"."""
    at, end = 0, len(data)
    while at < end:
        bits = data[at]
        stop = at + 1 + (bits + 7 >> 3)
        is_right = bits == 0 or _ORIGIN_AS_BITS <= bits <= _ROUTE_TARGET_BITS
        if not is_right or stop > end:
            raise _wrong_length(at, data, "a route target prefix")
        yield RouteTargetPrefix(bits, _cut(data[at + 1 : stop], bits)), None
        at = stop


def _cut(octets: bytes, bits: int) -> bytes:
    """With the bits behind the prefix zero."""
    behind = 8 * len(octets) - bits
    return (int.from_bytes(octets, "big") >> behind << behind).to_bytes(len(octets), "big")


def _decode_mcast_vpn(data: bytes) -> Iterator[Announced]:
    reader = Reader(data)
    while reader.remaining:
        yield decode_mcast_vpn(reader), None


_DECODERS: Final[Mapping[Family, Callable[[bytes], Iterator[Announced]]]] = {
    Family.IPV4_UNICAST: _decode_ipv4,
    Family.MCAST_VPN: _decode_mcast_vpn,
    Family.MDT: _decode_mdt,
    Family.VPNV4: _decode_vpnv4,
    Family.VPNV4_MULTICAST: _decode_vpnv4_multicast,
    Family.ROUTE_TARGET: _decode_route_target,
}


def _wrong_length(at: int, data: bytes, what: str) -> DecodeError:
    behind = len(data) - at - 1
    return DecodeError(at, f"{what} of {data[at]} bits, with {behind} octets behind its length")
