"""What routes of each address family lead to: the keys of BGP's tables (RFC 4760 5).

A key is what a withdrawal names. The label of a labelled route is no part of it (RFC 8277 2.4): an
`Announced` route is a key and its label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Final, TypeAlias

from controlplane.net.label import Label
from controlplane.net.vpn import RouteDistinguisher
from controlplane.wire.bgp.communities import ExtendedCommunity


class Family(Enum):
    """Address family and subsequent address family; the value is (AFI, SAFI)."""

    IPV4_UNICAST = (1, 1)
    MCAST_VPN = (1, 5)
    MDT = (1, 66)
    VPNV4 = (1, 128)
    VPNV4_MULTICAST = (1, 129)
    ROUTE_TARGET = (1, 132)

    @property
    def words(self) -> str:
        return _FAMILY_WORDS[self]


_FAMILY_WORDS: Final[Mapping[Family, str]] = {
    Family.IPV4_UNICAST: "IPv4 unicast",
    Family.MCAST_VPN: "MCAST-VPN",
    Family.MDT: "MDT",
    Family.VPNV4: "VPNv4",
    Family.VPNV4_MULTICAST: "multicast VPNv4",
    Family.ROUTE_TARGET: "route target",
}

FAMILIES: Final[Mapping[tuple[int, int], Family]] = {family.value: family for family in Family}
"""By AFI and SAFI."""


@dataclass(frozen=True, slots=True, order=True)
class VpnPrefix:
    """A VPN-IPv4 address prefix (RFC 4364 4.1): of SAFI 128 and 129."""

    rd: RouteDistinguisher
    prefix: IPv4Network

    def __str__(self) -> str:
        return f"{self.rd}:{self.prefix}"


@dataclass(frozen=True, slots=True, order=True)
class MdtKey:
    """RFC 6037 4.4.1: a PE, one of its VRFs, and the group of the default MDT."""

    rd: RouteDistinguisher
    pe: IPv4Address
    group: IPv4Address

    def __str__(self) -> str:
        return f"{self.rd}:{self.pe} {self.group}"


@dataclass(frozen=True, slots=True, order=True)
class RouteTargetPrefix:
    """RFC 4684 4: the first `length` bits of origin AS (32) and route target (64); 0 wants all.

    `octets` has as many as the length needs, the bits behind it zero.
    """

    length: int
    octets: bytes

    def __str__(self) -> str:
        if not self.length:
            return "all"
        asn = f"AS {int.from_bytes(self.octets[:4], 'big')}"
        behind = self.octets[4:]
        target = ExtendedCommunity(behind).route_target if self.length == _WHOLE_TARGET else None
        if target is not None:
            return f"{asn} {target}"
        return f"{asn} {behind.hex()}/{self.length - 32}" if behind else asn


_WHOLE_TARGET: Final = 96


class McastVpnType(IntEnum):
    """RFC 6514 4."""

    INTRA_AS_I_PMSI = 1
    INTER_AS_I_PMSI = 2
    S_PMSI = 3
    LEAF = 4
    SOURCE_ACTIVE = 5
    SHARED_TREE_JOIN = 6
    SOURCE_TREE_JOIN = 7


@dataclass(frozen=True, slots=True, order=True)
class IntraAsIPmsi:
    """Type 1 (RFC 6514 4.1)."""

    rd: RouteDistinguisher
    originator: IPv4Address

    def __str__(self) -> str:
        return f"I-PMSI {self.rd} of {self.originator}"


@dataclass(frozen=True, slots=True, order=True)
class InterAsIPmsi:
    """Type 2 (RFC 6514 4.2)."""

    rd: RouteDistinguisher
    source_as: int

    def __str__(self) -> str:
        return f"inter-AS I-PMSI {self.rd} of AS {self.source_as}"


@dataclass(frozen=True, slots=True)
class SPmsi:
    """Type 3 (RFC 6514 4.3); None is the wildcard of RFC 6625 2."""

    rd: RouteDistinguisher
    source: IPv4Address | None
    group: IPv4Address | None
    originator: IPv4Address

    def __str__(self) -> str:
        return f"S-PMSI {self.rd} {_flow(self.source, self.group)} of {self.originator}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """Type 4 (RFC 6514 4.4); `route_key` is the whole NLRI that it answers, type and length too."""

    route_key: bytes
    originator: IPv4Address

    def __str__(self) -> str:
        return f"leaf {self.originator} of {self.route_key.hex()}"


@dataclass(frozen=True, slots=True, order=True)
class SourceActive:
    """Type 5 (RFC 6514 4.5)."""

    rd: RouteDistinguisher
    source: IPv4Address
    group: IPv4Address

    def __str__(self) -> str:
        return f"source active {self.rd} {_flow(self.source, self.group)}"


@dataclass(frozen=True, slots=True, order=True)
class SharedTreeJoin:
    """Type 6 (RFC 6514 4.6)."""

    rd: RouteDistinguisher
    source_as: int
    rendezvous_point: IPv4Address
    group: IPv4Address

    def __str__(self) -> str:
        return (
            f"shared tree join {self.rd} {_flow(None, self.group)} at AS {self.source_as}"
            f", RP {self.rendezvous_point}"
        )


@dataclass(frozen=True, slots=True, order=True)
class SourceTreeJoin:
    """Type 7 (RFC 6514 4.6)."""

    rd: RouteDistinguisher
    source_as: int
    source: IPv4Address
    group: IPv4Address

    def __str__(self) -> str:
        return f"source tree join {self.rd} {_flow(self.source, self.group)} at AS {self.source_as}"


@dataclass(frozen=True, slots=True)
class OtherMcastVpn:
    """A type that RFC 6514 does not have: carried on, and used by nobody here."""

    type: int
    value: bytes

    def __str__(self) -> str:
        return f"type {self.type} {self.value.hex()}"


def _flow(source: IPv4Address | None, group: IPv4Address | None) -> str:
    return f"({'*' if source is None else source}, {'*' if group is None else group})"


McastVpnKey: TypeAlias = (
    IntraAsIPmsi
    | InterAsIPmsi
    | SPmsi
    | Leaf
    | SourceActive
    | SharedTreeJoin
    | SourceTreeJoin
    | OtherMcastVpn
)
NlriKey: TypeAlias = IPv4Network | VpnPrefix | MdtKey | RouteTargetPrefix | McastVpnKey

Announced: TypeAlias = tuple[NlriKey, Label | None]
"""A key with its label; None where the family has none."""
