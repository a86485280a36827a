"""Names of PIM's timers, those of RFC 7761 4.10."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.net.multicast import SourceGroup


@dataclass(frozen=True, slots=True)
class HelloTimer:
    """HT(I)."""

    interface: str


@dataclass(frozen=True, slots=True)
class TriggeredHelloTimer:
    """RFC 7761 4.3.1: the "randomized delay" of the Hello that answers a new neighbour's."""

    interface: str


@dataclass(frozen=True, slots=True)
class NeighborLivenessTimer:
    """NLT(N,I)."""

    interface: str
    neighbor: IPv4Address


@dataclass(frozen=True, slots=True)
class ExpiryTimer:
    """ET(S,G,I)."""

    sg: SourceGroup
    interface: str


@dataclass(frozen=True, slots=True)
class PrunePendingTimer:
    """PPT(S,G,I)."""

    sg: SourceGroup
    interface: str


@dataclass(frozen=True, slots=True)
class JoinTimer:
    """JT(S,G)."""

    sg: SourceGroup


PimTimer: TypeAlias = (
    HelloTimer
    | TriggeredHelloTimer
    | NeighborLivenessTimer
    | ExpiryTimer
    | PrunePendingTimer
    | JoinTimer
)
