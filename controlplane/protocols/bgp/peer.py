"""A configured peer: its connections, what was agreed with it, and what came of it so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.stream import StreamName
from controlplane.engine.time import Instant
from controlplane.protocols.bgp.connection import Connection, State
from controlplane.protocols.bgp.events import PeerConfig
from controlplane.protocols.bgp.negotiated import Negotiated
from controlplane.wire.bgp.nlri import Family

_ORDER: Final = tuple(State)


@dataclass(slots=True, eq=False)
class Peer:
    """`wanted`: the interfaces for a session are there. `idle`: none is sought all the same, until
    the IdleHoldTimer runs out.

    `failures` is the ConnectRetryCounter (RFC 4271 8.1.1), `sessions` how many were established:
    what we forward for the peer is as old as the first of them. `last_error` is why the last one
    ended or did not come up, in words; `since` is when the last of its connections was gone.

    `stale` are families of which routes from a lost session are kept (RFC 4724 4.2). `ended` are
    those whose End-of-RIB came in this session, `refreshing` those of which all routes come anew
    (RFC 7313 4). `received` and `sent` count messages by kind.
    """

    config: PeerConfig
    internal: bool
    wanted: bool = False
    idle: bool = True
    since: Instant = 0.0
    failures: int = 0
    sessions: int = 0
    last_error: str = ""
    stale: frozenset[Family] = frozenset()
    ended: set[Family] = field(default_factory=set)
    refreshing: set[Family] = field(default_factory=set)
    connections: dict[StreamName, Connection] = field(default_factory=dict)
    established: Connection | None = None
    received: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)

    @property
    def address(self) -> IPv4Address:
        return self.config.address

    @property
    def negotiated(self) -> Negotiated | None:
        """What holds for the established session, None while there is none."""
        return self.established.negotiated if self.established else None

    @property
    def furthest(self) -> Connection | None:
        """The connection whose state is nearest to Established."""
        connections = self.connections.values()
        return max(connections, key=lambda one: _ORDER.index(one.state), default=None)

    @property
    def state(self) -> State:
        if (furthest := self.furthest) is not None:
            return furthest.state
        return State.IDLE if self.idle else State.ACTIVE
