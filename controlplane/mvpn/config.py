"""What a PE is told about one MVPN."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

from controlplane.protocols.pim.events import PimSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredPe:
    """One row of the static auto-discovery list: a PE of the MVPN and its default MDT group."""

    address: IPv4Address
    group: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class MvpnConfig:
    """Multicast of one VRF: the profile's name or number, and what its layers need."""

    profile: str
    default_group: IPv4Address
    discovered: tuple[DiscoveredPe, ...] = ()
    pim: PimSettings = field(default_factory=PimSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMvpn:
    """One MVPN at one PE, which is what the options of every layer are made from.

    `me` is this PE's loopback, `vrf` its VRF of the MVPN, `core_mtu` the least of its core links.
    """

    vrf: str
    me: IPv4Address
    core_mtu: int
    config: MvpnConfig
