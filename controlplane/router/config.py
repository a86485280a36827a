"""What one router is told: interfaces, VRFs, protocol settings. Made by `lab`, read by `Router`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address

from controlplane.mvpn.config import DiscoveredPe, MvpnConfig
from controlplane.net.interface import Interface
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.pim.events import PimSettings

__all__ = [
    "DiscoveredPe",
    "InterfaceConfig",
    "MvpnConfig",
    "Role",
    "RouterConfig",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class VrfConfig:
    """A VRF; `id` is its number in the data plane, from 1."""

    name: str
    id: int
    rd: RouteDistinguisher
    import_targets: frozenset[RouteTarget]
    export_targets: frozenset[RouteTarget]
    mvpn: MvpnConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterConfig:
    """`router_id` is the loopback's address: source of GRE and of PIM over PMSIs."""

    name: str
    role: Role
    router_id: IPv4Address
    interfaces: tuple[InterfaceConfig, ...]
    vrfs: tuple[VrfConfig, ...] = ()
