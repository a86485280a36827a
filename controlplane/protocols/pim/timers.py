"""Names of PIM's timers, those of RFC 7761 4.10, and what is done to them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.engine.time import Instant
from controlplane.engine.timers import Timers
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.wire.pim.hello import HOLDTIME_FOREVER


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
    """ET(*,G,I) or ET(S,G,I)."""

    tree: TreeName
    interface: str


@dataclass(frozen=True, slots=True)
class PrunePendingTimer:
    """PPT(*,G,I) or PPT(S,G,I)."""

    tree: TreeName
    interface: str


@dataclass(frozen=True, slots=True)
class JoinTimer:
    """JT(*,G) or JT(S,G)."""

    tree: TreeName


@dataclass(frozen=True, slots=True)
class RptExpiryTimer:
    """ET(S,G,rpt,I)."""

    sg: SourceGroup
    interface: str


@dataclass(frozen=True, slots=True)
class RptPrunePendingTimer:
    """PPT(S,G,rpt,I)."""

    sg: SourceGroup
    interface: str


@dataclass(frozen=True, slots=True)
class OverrideTimer:
    """OT(S,G,rpt)."""

    sg: SourceGroup


@dataclass(frozen=True, slots=True)
class KeepaliveTimer:
    """KAT(S,G)."""

    sg: SourceGroup


@dataclass(frozen=True, slots=True)
class AssertTimer:
    """AT(*,G,I) or AT(S,G,I)."""

    tree: TreeName
    interface: str


@dataclass(frozen=True, slots=True)
class RegisterStopTimer:
    """RST(S,G)."""

    sg: SourceGroup


@dataclass(frozen=True, slots=True)
class BootstrapTimer:
    """BST (RFC 5059 2)."""


@dataclass(frozen=True, slots=True)
class RpMappingTimer:
    """GET(M), of a mapping that Bootstrap messages tell (RFC 5059 2)."""

    groups: IPv4Network
    rp: IPv4Address


@dataclass(frozen=True, slots=True)
class CandidateRpTimer:
    """CGET(M), of a mapping that a candidate RP tells the BSR (RFC 5059 2)."""

    groups: IPv4Network
    rp: IPv4Address


@dataclass(frozen=True, slots=True)
class CandidateRpAdvertisementTimer:
    """CRPT (RFC 5059 2)."""


@dataclass(frozen=True, slots=True)
class PrimingTimer:
    """RFC 5059 3.5: runs until the Hello has left that a new neighbour must hear first."""

    interface: str
    neighbor: IPv4Address


@dataclass(frozen=True, slots=True)
class DfTimer:
    """DFT(RPA,I) (RFC 5015 3.6)."""

    rpa: IPv4Address
    interface: str


@dataclass(frozen=True, slots=True)
class DfAnnouncementTimer:
    """RFC 5015 3.5.6: until the DF says again that it is that; one for all elections."""


BsrTimer: TypeAlias = (
    BootstrapTimer
    | RpMappingTimer
    | CandidateRpTimer
    | CandidateRpAdvertisementTimer
    | PrimingTimer
)
TreeTimer: TypeAlias = (
    ExpiryTimer
    | PrunePendingTimer
    | JoinTimer
    | RptExpiryTimer
    | RptPrunePendingTimer
    | OverrideTimer
    | KeepaliveTimer
    | AssertTimer
    | RegisterStopTimer
)
LinkTimer: TypeAlias = HelloTimer | TriggeredHelloTimer | NeighborLivenessTimer
PimTimer: TypeAlias = LinkTimer | TreeTimer | BsrTimer | DfTimer | DfAnnouncementTimer


def start_expiry(timers: Timers[PimTimer], name: PimTimer, holdtime: int, now: Instant) -> None:
    """Start an ET with a message's holdtime; one of 0xffff does not run out (RFC 7761 4.9.5)."""
    if holdtime != HOLDTIME_FOREVER:
        timers.set(name, now + holdtime)


def restart_expiry(timers: Timers[PimTimer], name: PimTimer, holdtime: int, now: Instant) -> None:
    """Set an ET "to the maximum of its current value and the HoldTime"."""
    if holdtime == HOLDTIME_FOREVER:
        timers.cancel(name)
    else:
        increase(timers, name, now + holdtime)


def increase(timers: Timers[PimTimer], name: PimTimer, at: Instant) -> bool:
    """Let a timer that runs expire at an instant, unless it does so later; whether it was set."""
    current = timers.deadline(name)
    if current is None or current >= at:
        return False
    timers.set(name, at)
    return True


def decrease(timers: Timers[PimTimer], name: PimTimer, at: Instant) -> bool:
    """Let a timer that runs expire at an instant, unless it does so before; whether it was set."""
    current = timers.deadline(name)
    if current is None or current <= at:
        return False
    timers.set(name, at)
    return True
