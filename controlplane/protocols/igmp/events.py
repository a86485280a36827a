"""Inputs and outputs of the IGMP engine beside the common ones (`engine/engine.py`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived, SendPacket
from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class IgmpSettings:
    """Per-interface settings, and what RFC 3376 8 derives from them; defaults are the RFC's.

    Of `ssm_mapped` groups PIM knows the sources, so hosts need not name them.
    """

    version: int = 3
    robustness: int = 2
    query_interval: Duration = 125.0
    query_response_interval: Duration = 10.0
    last_member_query_interval: Duration = 1.0
    ssm_mapped: tuple[IPv4Network, ...] = ()

    def maps(self, group: IPv4Address) -> bool:
        return any(group in groups for groups in self.ssm_mapped)

    @property
    def group_membership_interval(self) -> Duration:
        """8.4; the Older Host Present Interval of 8.13 is the same."""
        return self.robustness * self.query_interval + self.query_response_interval

    @property
    def other_querier_present_interval(self) -> Duration:
        """8.5."""
        return self.robustness * self.query_interval + self.query_response_interval / 2

    @property
    def startup_query_interval(self) -> Duration:
        """8.6; the Startup Query Count of 8.7 is the robustness."""
        return self.query_interval / 4

    @property
    def last_member_query_time(self) -> Duration:
        """8.10; the Last Member Query Count of 8.9 is the robustness."""
        return self.robustness * self.last_member_query_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class IgmpEnabled:
    """Input: run the router side of IGMP on an interface that is or comes up."""

    interface: str
    settings: IgmpSettings = field(default_factory=IgmpSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipChanged:
    """Output of IGMP, input of PIM: local receivers want, or want no longer, a group's packets.

    Of RFC 7761 4.1.5 this is local_receiver_include(S,G,I); without `source`,
    local_receiver_include(*,G,I); and of a source that is `refused`, local_receiver_exclude(S,G,I).
    """

    interface: str
    group: IPv4Address
    source: IPv4Address | None
    joined: bool
    refused: bool = False


IgmpInput: TypeAlias = InterfaceUp | InterfaceDown | IgmpEnabled | PacketReceived
IgmpOutput: TypeAlias = SendPacket | MembershipChanged | Notice
