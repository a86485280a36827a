"""What PIM tells an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice


@dataclass(frozen=True, slots=True)
class NeighborUp(Notice):
    interface: str
    neighbor: IPv4Address

    def words(self) -> str:
        return f"neighbor {self.neighbor} up on {self.interface}"


@dataclass(frozen=True, slots=True)
class NeighborDown(Notice):
    interface: str
    neighbor: IPv4Address
    reason: str

    def words(self) -> str:
        return f"neighbor {self.neighbor} down on {self.interface}: {self.reason}"


@dataclass(frozen=True, slots=True)
class NeighborRestarted(Notice):
    interface: str
    neighbor: IPv4Address

    def words(self) -> str:
        return f"neighbor {self.neighbor} on {self.interface} restarted: new generation ID"


@dataclass(frozen=True, slots=True)
class DrChanged(Notice):
    interface: str
    address: IPv4Address
    reason: str

    def words(self) -> str:
        return f"designated router of {self.interface} is {self.address}: {self.reason}"


@dataclass(frozen=True, slots=True)
class SecondaryAddressMoved(Notice):
    interface: str
    address: IPv4Address
    old: IPv4Address
    new: IPv4Address

    def words(self) -> str:
        return (
            f"neighbors {self.old} and {self.new} on {self.interface} both claim {self.address};"
            f" {self.new} has it"
        )


@dataclass(frozen=True, slots=True)
class MalformedPacket(Notice):
    interface: str
    source: IPv4Address
    reason: str

    def words(self) -> str:
        return f"malformed packet from {self.source} on {self.interface}: {self.reason}"
