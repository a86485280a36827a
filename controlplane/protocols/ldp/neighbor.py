"""An LDP peer: one router and label space, over however many adjacencies (RFC 5036 2.5.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address

from controlplane.engine.time import Duration
from controlplane.protocols.ldp.adjacency import Adjacency, AdjacencyKey
from controlplane.protocols.ldp.session import Session
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.initialization import FtSession


class Role(Enum):
    """RFC 5036 2.5.2: who opens the connection."""

    ACTIVE = "active"
    PASSIVE = "passive"


@dataclass(slots=True)
class Neighbor:
    """`addresses` are those of its Address messages.

    `backoff` is how long the last rejection made us wait. `stale` has the terms of graceful restart
    that a lost session left behind, while its bindings are kept (RFC 3478 3.3).
    """

    ldp_id: LdpId
    transport_address: IPv4Address
    role: Role
    adjacencies: dict[AdjacencyKey, Adjacency] = field(default_factory=dict)
    session: Session | None = None
    addresses: set[IPv4Address] = field(default_factory=set)
    backoff: Duration = 0.0
    last_failure: str = ""
    stale: FtSession | None = None

    @property
    def gtsm(self) -> bool:
        """RFC 6720 2.3, 3 (c): a link adjacency decides, whatever targeted ones there are."""
        return any(adjacency.gtsm for adjacency in self.adjacencies.values())
