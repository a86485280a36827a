"""The PMSI Tunnel attribute (RFC 6514 5): which P-tunnel carries the PMSI of an A-D route."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.net.label import Label


@dataclass(frozen=True, slots=True)
class NoTunnel:
    """Type 0: nothing is said of a tunnel."""


@dataclass(frozen=True, slots=True)
class RsvpTeP2mp:
    """Type 1; the order on the wire is that of RFC 6514 5, not that of a SESSION object."""

    extended_tunnel_id: IPv4Address
    tunnel_id: int
    p2mp_id: int


@dataclass(frozen=True, slots=True)
class MldpP2mp:
    """Type 2: a P2MP FEC element (RFC 6388 2.2), as octets."""

    fec: bytes


@dataclass(frozen=True, slots=True)
class PimSsmTree:
    """Type 3."""

    root: IPv4Address
    group: IPv4Address


@dataclass(frozen=True, slots=True)
class PimSmTree:
    """Type 4."""

    sender: IPv4Address
    group: IPv4Address


@dataclass(frozen=True, slots=True)
class BidirPimTree:
    """Type 5."""

    sender: IPv4Address
    group: IPv4Address


@dataclass(frozen=True, slots=True)
class IngressReplication:
    """Type 6."""

    endpoint: IPv4Address


@dataclass(frozen=True, slots=True)
class MldpMp2mp:
    """Type 7: an MP2MP FEC element (RFC 6388 3.2), as octets."""

    fec: bytes


PTunnel: TypeAlias = (
    NoTunnel
    | RsvpTeP2mp
    | MldpP2mp
    | PimSsmTree
    | PimSmTree
    | BidirPimTree
    | IngressReplication
    | MldpMp2mp
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PmsiTunnel:
    """`label` 0: none. `leaf_information_required` is the L flag."""

    tunnel: PTunnel
    label: Label = 0
    leaf_information_required: bool = False
