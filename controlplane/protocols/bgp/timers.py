"""Names of BGP's timers, those of RFC 4271 8 and RFC 4724 where they have one."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.engine.stream import StreamName
from controlplane.wire.bgp.nlri import Family


@dataclass(frozen=True, slots=True)
class ConnectRetryTimer:
    """RFC 4271 8: the next try to open a connection."""

    peer: IPv4Address


@dataclass(frozen=True, slots=True)
class IdleHoldTimer:
    """RFC 4271 8.1.1: how long a peer stays in Idle after a session failed."""

    peer: IPv4Address


@dataclass(frozen=True, slots=True)
class HoldTimer:
    """RFC 4271 8: runs out when the peer has said nothing for the hold time."""

    stream: StreamName


@dataclass(frozen=True, slots=True)
class KeepaliveTimer:
    """RFC 4271 8: the next KEEPALIVE, unless an UPDATE goes out before."""

    stream: StreamName


@dataclass(frozen=True, slots=True)
class RestartTimer:
    """RFC 4724 4.2: the peer's Restart Time, within which its session has to be back."""

    peer: IPv4Address


@dataclass(frozen=True, slots=True)
class StaleTimer:
    """RFC 4724 4.2: the upper bound on how long stale routes wait to be told again."""

    peer: IPv4Address


@dataclass(frozen=True, slots=True)
class RefreshTimer:
    """RFC 7313 4: the upper bound on how long a route refresh takes."""

    peer: IPv4Address
    family: Family


@dataclass(frozen=True, slots=True)
class SelectionDeferralTimer:
    """RFC 4724 4.1: how long an engine that has just started waits for its peers' routes."""


@dataclass(frozen=True, slots=True)
class AdvertisementTimer:
    """RFC 4271 9.2.1.1: MinRouteAdvertisementIntervalTimer of a peer."""

    peer: IPv4Address


@dataclass(frozen=True, slots=True)
class NextHopTimer:
    """Changes of next hops have waited for others long enough (`BgpConfig.next_hop_delay`)."""


@dataclass(frozen=True, slots=True)
class MembershipTimer:
    """RFC 4684 6: how long routes of VPNs wait for what a peer says that it wants."""

    peer: IPv4Address


TableTimer: TypeAlias = AdvertisementTimer | NextHopTimer | MembershipTimer
"""Those that are for the tables to handle."""

SessionTimer: TypeAlias = (
    ConnectRetryTimer
    | IdleHoldTimer
    | HoldTimer
    | KeepaliveTimer
    | RestartTimer
    | StaleTimer
    | RefreshTimer
    | SelectionDeferralTimer
)
BgpTimer: TypeAlias = SessionTimer | TableTimer
