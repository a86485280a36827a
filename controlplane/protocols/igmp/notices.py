"""What IGMP has to tell an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerierChanged(Notice):
    interface: str
    querier: IPv4Address
    is_me: bool

    def words(self) -> str:
        who = f"this router ({self.querier})" if self.is_me else str(self.querier)
        return f"the IGMP querier on {self.interface} is now {who}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerierVersionDiffers(Notice):
    """RFC 3376 7.3.1: routers of one network must be set to one version."""

    interface: str
    querier: IPv4Address
    heard: int
    configured: int

    def words(self) -> str:
        return (
            f"{self.querier} sends IGMPv{self.heard} queries on {self.interface},"
            f" which is configured for version {self.configured}: set both to the same"
        )
