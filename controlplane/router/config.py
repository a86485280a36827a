"""What one router is told: interfaces, VRFs, protocol settings. Made by `lab`, read by `Router`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address

from controlplane.fib.model import TtlMode
from controlplane.mvpn.config import DiscoveredPe, MvpnConfig
from controlplane.net.interface import Interface
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bfd.events import BfdSettings
from controlplane.protocols.bgp.events import BgpConfig
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.ldp.events import LdpConfig
from controlplane.protocols.ospf.events import OspfConfig, OspfSettings
from controlplane.protocols.pim.config import PimConfig
from controlplane.protocols.pim.events import PimSettings
from controlplane.rib.route import RouteProtocol

__all__ = [
    "DiscoveredPe",
    "InterfaceConfig",
    "MvpnConfig",
    "Redistribution",
    "Role",
    "RouterConfig",
    "VpnLabels",
    "VrfConfig",
]


class Role(Enum):
    PE = "pe"
    P = "p"
    CE = "ce"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceConfig:
    """An Ethernet or loopback interface, and what runs on it; None switches a protocol off."""

    interface: Interface
    pim: PimSettings | None = None
    igmp: IgmpSettings | None = None
    ospf: OspfSettings | None = None
    ldp: bool = False
    bfd: BfdSettings | None = None


class VpnLabels(Enum):
    """RFC 4364 4.3.2: one label for all routes of a VRF, or one for each of them."""

    PER_VRF = "per-vrf"
    PER_PREFIX = "per-prefix"


@dataclass(frozen=True, slots=True, kw_only=True)
class VrfConfig:
    """A VRF; `id` is its number in the data plane, from 1.

    `redistribute` are the protocols whose routes BGP tells others, beside its own.
    """

    name: str
    id: int
    rd: RouteDistinguisher
    import_targets: frozenset[RouteTarget]
    export_targets: frozenset[RouteTarget]
    mvpn: MvpnConfig | None = None
    labels: VpnLabels = VpnLabels.PER_VRF
    bgp: BgpConfig | None = None
    redistribute: frozenset[RouteProtocol] = frozenset()
    pim: PimConfig = field(default_factory=PimConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redistribution:
    """Routes of a protocol that OSPF tells the others as an ASBR."""

    protocol: RouteProtocol
    metric: int = 20
    type2: bool = True
    tag: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterConfig:
    """`router_id` is the loopback's address: source of GRE and of PIM over PMSIs.

    OSPF and LDP run in the provider's table, which is a CE's only one. So does `bgp`, for the
    families of VPNs on a PE or reflector, for IPv4 unicast on a CE; there `bgp_redistribute` says
    which other routes it tells. BGP of a VRF has its configuration there, and never none on a PE.
    `pim` is for that table too.
    """

    name: str
    role: Role
    router_id: IPv4Address
    interfaces: tuple[InterfaceConfig, ...]
    vrfs: tuple[VrfConfig, ...] = ()
    ospf: OspfConfig | None = None
    redistribute: tuple[Redistribution, ...] = ()
    ldp: LdpConfig | None = None
    bgp: BgpConfig | None = None
    bgp_redistribute: frozenset[RouteProtocol] = frozenset()
    pim: PimConfig = field(default_factory=PimConfig)
    ttl_mode: TtlMode = TtlMode.UNIFORM
