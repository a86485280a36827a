"""How a protocol learns sooner than by its own timers that a neighbour is gone.

It asks to have a neighbour watched and is told when it fails; BFD does the watching (RFC 5882 4).
Several protocols may watch the same neighbour: it has one BFD session.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchNeighbor:
    """Output: watch this neighbour on a link; `local` is the own address there."""

    interface: str
    local: IPv4Address
    neighbor: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetNeighbor:
    """Output: the neighbour is watched no longer, as far as this protocol is concerned."""

    interface: str
    neighbor: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborFailed:
    """Input: a watched neighbour was reachable and is no longer; `why` is in words."""

    interface: str
    neighbor: IPv4Address
    why: str
