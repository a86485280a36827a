"""Multicast names: (S,G), (*,G), and the address ranges that decide what a group means."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final, TypeAlias

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

    def __hash__(self) -> int:
        """Tables of ten thousand are keyed by it, and an IPv4Address hashes its digits as text."""
        return hash((int(self.source), int(self.group)))

    def __str__(self) -> str:
        return f"({self.source}, {self.group})"


@dataclass(frozen=True, slots=True, order=True)
class AnySource:
    """(*,G), or (*,G-prefix) where a range of groups has one fate (RFC 5015 3.3)."""

    groups: IPv4Network

    @classmethod
    def of(cls, group: IPv4Address) -> AnySource:
        """(*,G) of one group."""
        return cls(IPv4Network(group))

    @property
    def group(self) -> IPv4Address:
        """The group, the first of a range."""
        return self.groups.network_address

    def __str__(self) -> str:
        return f"(*, {self.group if self.groups.prefixlen == 32 else self.groups})"


TreeName: TypeAlias = SourceGroup | AnySource
