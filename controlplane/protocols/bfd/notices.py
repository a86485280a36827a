"""What BFD tells an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice


@dataclass(frozen=True, slots=True)
class SessionUp(Notice):
    interface: str
    neighbor: IPv4Address

    def words(self) -> str:
        return f"session with {self.neighbor} up on {self.interface}"


@dataclass(frozen=True, slots=True)
class SessionDown(Notice):
    """A session that was Up is not any more."""

    interface: str
    neighbor: IPv4Address
    reason: str

    def words(self) -> str:
        return f"session with {self.neighbor} down on {self.interface}: {self.reason}"


@dataclass(frozen=True, slots=True)
class MalformedPacket(Notice):
    interface: str
    source: IPv4Address
    reason: str

    def words(self) -> str:
        return f"malformed packet from {self.source} on {self.interface}: {self.reason}"
