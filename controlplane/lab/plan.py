"""The network of a lab, worked out: what both worlds build, with nothing left to decide.

`lab` makes a NetworkPlan from a lab file; `SimWorld` and `LiveWorld` build it. Every name, address,
port and MAC address is in it, so the same lab is the same network in each world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from typing import Final

from controlplane.engine.time import Duration
from controlplane.net.interface import ETHERNET_MTU
from controlplane.net.mac import MacAddress
from controlplane.p4rt.faults import Faults
from controlplane.rib.route import Route
from controlplane.router.config import RouterConfig

_PAIR: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEnd:
    """One end of a link; `port` is the switch port of a router's end, None at a host."""

    node: str
    interface: str
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPlan:
    """A point-to-point link of two ends, or a LAN of more.

    `delay` holds in the simulator alone, `mtu` in live networks: the kernel's, of all interfaces.
    `core` is a link between P or PE routers. One that is to lose packets `silently` runs through a
    bridge, as a LAN does: neither end sees it break. It has `faults` from the start, and is
    `faulty` when it has some at any time of the lab.
    """

    name: str
    ends: tuple[LinkEnd, ...]
    core: bool = False
    capture: bool = False
    silently: bool = False
    delay: Duration = 0.0005
    mtu: int = ETHERNET_MTU
    faults: Faults | None = None
    faulty: bool = False

    @property
    def bridged(self) -> bool:
        """Whether there is a bridge between the ends."""
        return self.silently or len(self.ends) > _PAIR


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """A Linux host: one interface, one address, one default gateway."""

    name: str
    interface: str
    mac: MacAddress
    address: IPv4Interface
    gateway: IPv4Address
    igmp_version: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """`routes`: the provider's at the start, by router and VRF. `seed` feeds all chance.

    `frr` are the routers that FRR runs where there is FRR.
    """

    name: str
    routers: Mapping[str, RouterConfig]
    hosts: Mapping[str, HostPlan]
    links: tuple[LinkPlan, ...]
    routes: Mapping[tuple[str, str], tuple[Route, ...]] = field(default_factory=dict)
    frr: frozenset[str] = frozenset()
    seed: int = 1

    def seed_of(self, part: str) -> str:
        """Of the chance of one part alone: one more part does not change the others'."""
        return f"{self.seed} {part}"
