"""What LDP tells an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice
from controlplane.protocols.ldp.adjacency import AdjacencyKey
from controlplane.wire.ldp.identifier import LdpId


@dataclass(frozen=True, slots=True)
class AdjacencyUp(Notice):
    peer: LdpId
    adjacency: AdjacencyKey

    def words(self) -> str:
        return f"hears {self.peer}: {self.adjacency}"


@dataclass(frozen=True, slots=True)
class AdjacencyDown(Notice):
    peer: LdpId
    adjacency: AdjacencyKey
    reason: str

    def words(self) -> str:
        return f"hears {self.peer} no longer: {self.adjacency}: {self.reason}"


@dataclass(frozen=True, slots=True)
class SessionUp(Notice):
    peer: LdpId

    def words(self) -> str:
        return f"session with {self.peer} up"


@dataclass(frozen=True, slots=True)
class SessionDown(Notice):
    peer: LdpId
    reason: str

    def words(self) -> str:
        return f"session with {self.peer} down: {self.reason}"


@dataclass(frozen=True, slots=True)
class SessionRefused(Notice):
    """A session did not come up; `peer` is an address where nobody there has said who it is."""

    peer: LdpId | IPv4Address
    reason: str

    def words(self) -> str:
        return f"no session with {self.peer}: {self.reason}"


@dataclass(frozen=True, slots=True)
class AdvisoryReceived(Notice):
    peer: LdpId
    status: str

    def words(self) -> str:
        return f"{self.peer} notifies: {self.status}"


@dataclass(frozen=True, slots=True)
class MalformedMessage(Notice):
    source: LdpId | IPv4Address
    reason: str

    def words(self) -> str:
        return f"malformed message from {self.source}: {self.reason}"


@dataclass(frozen=True, slots=True)
class RouterIdClash(Notice):
    interface: str
    source: IPv4Address

    def words(self) -> str:
        return f"{self.source} on {self.interface} has this router's LDP identifier"


@dataclass(frozen=True, slots=True)
class LabelsRanOut(Notice):
    reason: str

    def words(self) -> str:
        return f"FECs stay without label: {self.reason}"


@dataclass(frozen=True, slots=True)
class LabelsCameBack(Notice):
    def words(self) -> str:
        return "every FEC has a label again"


@dataclass(frozen=True, slots=True)
class GracefulRestart(Notice):
    peer: LdpId
    what: str

    def words(self) -> str:
        return f"graceful restart of {self.peer}: {self.what}"
