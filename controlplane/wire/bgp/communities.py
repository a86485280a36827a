"""Communities: plain (RFC 1997), extended (RFC 4360) and large (RFC 8092).

An extended community is eight octets whose meaning hangs on the first two, and one that nobody here
knows is carried on all the same; so it is kept as it came, and functions read and make those known.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final

from controlplane.net.vpn import RouteTarget


class WellKnown(IntEnum):
    """RFC 1997 2."""

    NO_EXPORT = 0xFFFFFF01
    NO_ADVERTISE = 0xFFFFFF02
    NO_EXPORT_SUBCONFED = 0xFFFFFF03


@dataclass(frozen=True, slots=True, order=True)
class LargeCommunity:
    administrator: int
    first: int
    second: int

    def __str__(self) -> str:
        return f"{self.administrator}:{self.first}:{self.second}"


_ROUTE_TARGET: Final = 0x02
_ROUTE_ORIGIN: Final = 0x03
_SOURCE_AS: Final = 0x09
_VRF_ROUTE_IMPORT: Final = b"\x01\x0b"
_IPV4_SPECIFIC: Final = 1
_NON_TRANSITIVE: Final = 0x40


@dataclass(frozen=True, slots=True, order=True)
class ExtendedCommunity:
    """Eight octets; the type is the first one or two of them."""

    octets: bytes

    @property
    def is_transitive(self) -> bool:
        """RFC 4360 2: across ASes."""
        return not self.octets[0] & _NON_TRANSITIVE

    @property
    def route_target(self) -> RouteTarget | None:
        return self._administered(_ROUTE_TARGET)

    @property
    def route_origin(self) -> RouteTarget | None:
        """Site of Origin (RFC 4364 7), which has the form of a route target."""
        return self._administered(_ROUTE_ORIGIN)

    @property
    def source_as(self) -> int | None:
        """RFC 6514 6."""
        found = self._administered(_SOURCE_AS)
        return found.administrator if found and found.kind != _IPV4_SPECIFIC else None

    @property
    def vrf_route_import(self) -> tuple[IPv4Address, int] | None:
        """RFC 6514 7: the PE, and its number for the VRF."""
        if self.octets[:2] != _VRF_ROUTE_IMPORT:
            return None
        return IPv4Address(self.octets[2:6]), int.from_bytes(self.octets[6:], "big")

    def _administered(self, subtype: int) -> RouteTarget | None:
        kind = self.octets[0]
        if kind > 2 or self.octets[1] != subtype:
            return None
        split = 2 + (2 if kind == 0 else 4)
        left, right = self.octets[2:split], self.octets[split:]
        return RouteTarget(kind, int.from_bytes(left, "big"), int.from_bytes(right, "big"))


@lru_cache(maxsize=4096)
def targets_among(communities: frozenset[ExtendedCommunity]) -> frozenset[RouteTarget]:
    """The route targets (RFC 4364 4.3.1); the same few sets come with every route of a VPN."""
    found = (one.route_target for one in communities)
    return frozenset(target for target in found if target is not None)


def route_target(target: RouteTarget) -> ExtendedCommunity:
    """RFC 4360 4."""
    return ExtendedCommunity(bytes((target.kind, _ROUTE_TARGET)) + target.packed)


def route_origin(origin: RouteTarget) -> ExtendedCommunity:
    """RFC 4360 5."""
    return ExtendedCommunity(bytes((origin.kind, _ROUTE_ORIGIN)) + origin.packed)


def source_as(asn: int) -> ExtendedCommunity:
    """RFC 6514 6: the AS, and zero."""
    kind = 0 if asn < 1 << 16 else 2
    return ExtendedCommunity(bytes((kind, _SOURCE_AS)) + RouteTarget(kind, asn, 0).packed)


def vrf_route_import(pe: IPv4Address, vrf: int) -> ExtendedCommunity:
    """RFC 6514 7."""
    return ExtendedCommunity(_VRF_ROUTE_IMPORT + pe.packed + vrf.to_bytes(2, "big"))
