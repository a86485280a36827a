"""What a switch has counted of its multicast routes, as a router hears of it."""

from __future__ import annotations

from dataclasses import dataclass

from controlplane.net.multicast import TreeName


@dataclass(frozen=True, slots=True)
class RouteCount:
    """Packets of a tree in a VRF since the reading before, and their octets as they arrived."""

    vrf: int
    tree: TreeName
    packets: int
    octets: int


@dataclass(frozen=True, slots=True)
class CountersRead:
    """Input of a router: its switch's counters were read again, so many `seconds` after the last
    time. Routes of which no packet came meanwhile are left out.
    """

    seconds: float
    routes: tuple[RouteCount, ...]
