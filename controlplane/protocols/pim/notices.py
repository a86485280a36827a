"""What PIM tells an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from controlplane.engine.notice import Notice
from controlplane.net.multicast import TreeName
from controlplane.protocols.pim.assert_metric import AssertMetric


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


@dataclass(frozen=True, slots=True)
class AssertWon(Notice):
    tree: TreeName
    interface: str
    metric: AssertMetric

    def words(self) -> str:
        return f"{self.tree}: assert winner on {self.interface} with {self.metric}"


@dataclass(frozen=True, slots=True)
class AssertLost(Notice):
    tree: TreeName
    interface: str
    winner: AssertMetric

    def words(self) -> str:
        by = f"{self.winner.address} with {self.winner}"
        return f"{self.tree}: assert winner on {self.interface} is {by}"


@dataclass(frozen=True, slots=True)
class AssertEnded(Notice):
    tree: TreeName
    interface: str
    reason: str

    def words(self) -> str:
        return f"{self.tree}: no assert winner on {self.interface} any more: {self.reason}"


@dataclass(frozen=True, slots=True)
class NeighborNotBidirectional(Notice):
    interface: str
    neighbor: IPv4Address

    def words(self) -> str:
        why = "its Hello does not offer bidirectional PIM"
        return f"neighbor {self.neighbor} on {self.interface} takes no part in DF elections: {why}"


@dataclass(frozen=True, slots=True)
class DfChanged(Notice):
    interface: str
    rpa: IPv4Address
    df: IPv4Address | None

    def words(self) -> str:
        who = "nobody" if self.df is None else str(self.df)
        return f"designated forwarder of {self.interface} for RP {self.rpa} is {who}"


@dataclass(frozen=True, slots=True)
class BsrChanged(Notice):
    bsr: IPv4Address | None
    priority: int

    def words(self) -> str:
        if self.bsr is None:
            return "no bootstrap router any more"
        return f"bootstrap router is {self.bsr}, priority {self.priority}"


@dataclass(frozen=True, slots=True)
class RpRangeChanged(Notice):
    groups: IPv4Network
    rps: tuple[IPv4Address, ...]

    def words(self) -> str:
        rps = ", ".join(map(str, self.rps)) or "none any more"
        return f"rendezvous points of {self.groups} by bootstrap: {rps}"
