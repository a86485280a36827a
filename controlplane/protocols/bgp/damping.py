"""How long a peer is left alone after a failure: the damping of RFC 4271 8.1.1.

Each failure doubles the pause, from about a second up to a limit, so that a peer that is away for
a moment is back soon, and one that resets its sessions over and over costs little. A session that
lived for a minute has made up for the failures before it. RFC 4271 leaves the method open.
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bgp.connection import Connection, State
from controlplane.protocols.bgp.peer import Peer

IDLE_HOLD_LIMIT: Final[Duration] = 120.0
"""The longest time in Idle after failures."""

OVER_LIMIT_PAUSE: Final[Duration] = 300.0
"""The time in Idle of a peer that sent too many prefixes: they will hardly be fewer soon."""

_FIRST: Final[Duration] = 1.0
_STABLE: Final[Duration] = 60.0


def count_failure(peer: Peer, connection: Connection, now: Instant) -> None:
    """Increment the ConnectRetryCounter for the end of a connection."""
    if connection.state is State.ESTABLISHED and now - connection.since >= _STABLE:
        peer.failures = 0
    peer.failures += 1


def pause(peer: Peer, limit: Duration) -> Duration:
    """What the failures so far make."""
    doublings = min(peer.failures, 30) - 1
    return min(limit, _FIRST * 2.0**doublings)
