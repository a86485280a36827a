"""An interface of a router, as every part of the control plane sees it.

Engines know interfaces by name. The data plane knows them by index, a number below 2**16 that is
unique in the router; 0 is no interface. A PMSI (RFC 6513 3.1) is an interface too: PIM runs over
it as over a LAN, and only the router knows that what goes out there is encapsulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Interface
from typing import Final

from controlplane.net.mac import MacAddress

DEFAULT_VRF: Final = "default"

ETHERNET_MTU: Final = 1500
"""RFC 894: octets behind the Ethernet header, of a link that is not set to more."""


class InterfaceKind(Enum):
    ETHERNET = "ethernet"
    LOOPBACK = "loopback"
    PMSI = "pmsi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """`port` (switch port, 1..510) and `mac` are given for ETHERNET alone; `vlan` 0 is untagged."""

    name: str
    index: int
    kind: InterfaceKind
    address: IPv4Interface
    vrf: str = DEFAULT_VRF
    port: int | None = None
    vlan: int = 0
    mac: MacAddress | None = None
    mtu: int = ETHERNET_MTU
