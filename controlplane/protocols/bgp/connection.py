"""One TCP connection of a peer, and the state that RFC 4271 8.2.2 gives it.

    CONNECT        being opened
    OPEN_SENT      the own OPEN is out, that of the peer awaited
    OPEN_CONFIRM   the peer's OPEN was acceptable, its KEEPALIVE is awaited
    ESTABLISHED    routes go both ways

A peer without connection is in IDLE or ACTIVE. It may have two connections for a while, one opened
by each end; `collision.py` says which stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from controlplane.engine.stream import StreamName
from controlplane.engine.time import Instant
from controlplane.protocols.bgp.negotiated import Negotiated
from controlplane.wire.bgp.framing import MessageBuffer
from controlplane.wire.bgp.open import Open

if TYPE_CHECKING:
    from controlplane.protocols.bgp.peer import Peer


class State(Enum):
    """In the order in which a session comes up."""

    IDLE = "Idle"
    CONNECT = "Connect"
    ACTIVE = "Active"
    OPEN_SENT = "OpenSent"
    OPEN_CONFIRM = "OpenConfirm"
    ESTABLISHED = "Established"


class Ending(Enum):
    """What a connection ends by, where it matters what becomes of the session."""

    SAID = "a NOTIFICATION of either end"
    HARD = "a reset that no route outlives"
    BROKEN = "no word"
    COLLIDED = "another connection that is preferred"


@dataclass(slots=True, eq=False)
class Connection:
    """`opened`: by us. It began at `begun`, and got into its state at `since`.

    `heard` is the peer's OPEN. `unsent` counts the octets of routes that the driver has not told to
    be gone yet, `complaints` are the kinds of faults in UPDATEs that a notice was given of.
    """

    stream: StreamName
    peer: Peer
    opened: bool
    state: State
    begun: Instant
    since: Instant
    heard: Open | None = None
    negotiated: Negotiated | None = None
    unsent: int = 0
    closed: bool = False
    complaints: set[str] = field(default_factory=set)
    buffer: MessageBuffer = field(default_factory=MessageBuffer)
