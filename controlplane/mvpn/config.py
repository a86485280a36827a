"""What a PE is told about one MVPN."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

from controlplane.mvpn.options import DiscoveryOption, UpstreamOption
from controlplane.mvpn.s_pmsi.config import SPmsiConfig
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.pim.events import PimSettings
from controlplane.wire.bgp.attributes import ConnectorForm


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredPe:
    """A PE of the MVPN and the group of its default MDT; the tree's root is the PE itself."""

    address: IPv4Address
    group: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class MvpnConfig:
    """Multicast of one VRF: the profile's name or number, and what its layers need.

    `discovery` and `upstream` take the place of the profile's options; two ways of discovery at
    once let a network migrate from one to the other. `discovered` is the static list. `connector`
    is the form of the attribute that goes with MDT-SAFI. `s_pmsi` are the selective trees.
    `dont_fragment` is the DF bit of outer headers, None for what goes with the discovery.
    """

    profile: str
    default_group: IPv4Address
    discovered: tuple[DiscoveredPe, ...] = ()
    discovery: frozenset[DiscoveryOption] = frozenset()
    upstream: UpstreamOption | None = None
    connector: ConnectorForm = ConnectorForm.RFC6037
    pim: PimSettings = field(default_factory=PimSettings)
    s_pmsi: SPmsiConfig = field(default_factory=SPmsiConfig)
    dont_fragment: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMvpn:
    """One MVPN at one PE, which is what the options of every layer are made from.

    `me` is the address of this PE's interface `loopback`, `vrf` and `number` its VRF of the MVPN,
    with the RD and the route targets of it; `asn` is None where BGP does not run. `core_mtu` is the
    least of its core links.
    """

    vrf: str
    number: int
    me: IPv4Address
    loopback: str
    asn: int | None
    rd: RouteDistinguisher
    import_targets: frozenset[RouteTarget]
    export_targets: frozenset[RouteTarget]
    core_mtu: int
    config: MvpnConfig
