"""ARP's state as values, for `show`; times are seconds from the instant of asking."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration
from controlplane.net.mac import MacAddress
from controlplane.protocols.arp.cache import NeighborState


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpNeighbor:
    """`age` counts from when the MAC address was learnt; at `expires` the state ends."""

    interface: str
    address: IPv4Address
    mac: MacAddress | None
    state: NeighborState
    age: Duration
    expires: Duration | None
