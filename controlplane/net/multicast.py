"""Multicast names: (S,G), and the address ranges that decide what a group means."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

ALL_SYSTEMS: Final = IPv4Address("224.0.0.1")
ALL_ROUTERS: Final = IPv4Address("224.0.0.2")
ALL_PIM_ROUTERS: Final = IPv4Address("224.0.0.13")
ALL_IGMPV3_ROUTERS: Final = IPv4Address("224.0.0.22")

LINK_LOCAL: Final = IPv4Network("224.0.0.0/24")
"""RFC 5771 4: never forwarded, whatever the TTL."""

SSM_RANGE: Final = IPv4Network("232.0.0.0/8")
"""RFC 4607 1: source-specific destinations of IPv4."""


@dataclass(frozen=True, slots=True, order=True)
class SourceGroup:
    """(S,G)."""

    source: IPv4Address
    group: IPv4Address

    def __str__(self) -> str:
        return f"({self.source}, {self.group})"
