"""The timers of the IGMP engine, by the RFC's names for them (RFC 3376 6, 8)."""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Address
from typing import NamedTuple, TypeAlias

from controlplane.engine.timers import Timers


class TimerKind(Enum):
    GENERAL_QUERY = "General Query"
    OTHER_QUERIER_PRESENT = "Other Querier Present"
    VERSION_WARNING = "Version Warning"
    GROUP = "Group Timer"
    SOURCE = "Source Timer"
    SPECIFIC_QUERY = "Specific Query Retransmission"
    V1_HOST_PRESENT = "IGMPv1 Host Present"
    V2_HOST_PRESENT = "IGMPv2 Host Present"


class TimerName(NamedTuple):
    kind: TimerKind
    interface: str
    group: IPv4Address | None = None
    source: IPv4Address | None = None


IgmpTimers: TypeAlias = Timers[TimerName]
