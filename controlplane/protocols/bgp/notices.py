"""What BGP tells an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice


@dataclass(frozen=True, slots=True)
class SessionUp(Notice):
    peer: IPv4Address
    asn: int

    def words(self) -> str:
        return f"session with {self.peer} in AS {self.asn} up"


@dataclass(frozen=True, slots=True)
class SessionDown(Notice):
    """A session that was Established is not any more."""

    peer: IPv4Address
    reason: str

    def words(self) -> str:
        return f"session with {self.peer} down: {self.reason}"


@dataclass(frozen=True, slots=True)
class SessionRefused(Notice):
    """A session did not come up; told again when the reason is another."""

    peer: IPv4Address
    reason: str

    def words(self) -> str:
        return f"no session with {self.peer}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ConnectionRejected(Notice):
    address: IPv4Address

    def words(self) -> str:
        return f"a connection of {self.address} rejected: no such peer is configured"


@dataclass(frozen=True, slots=True)
class FaultyUpdate(Notice):
    """RFC 7606: an error that the session survives; told once a kind and session."""

    peer: IPv4Address
    what: str
    remedy: str

    def words(self) -> str:
        return f"faulty UPDATE of {self.peer}: {self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class RouteRefresh(Notice):
    """RFC 7313: a refresh that is not as it should be."""

    peer: IPv4Address
    family: str
    what: str

    def words(self) -> str:
        return f"route refresh of {self.family} by {self.peer}: {self.what}"


@dataclass(frozen=True, slots=True)
class GracefulRestart(Notice):
    peer: IPv4Address
    what: str

    def words(self) -> str:
        return f"graceful restart of {self.peer}: {self.what}"
