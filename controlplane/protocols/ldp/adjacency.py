"""Hello adjacencies (RFC 5036 2.4): who was heard, where, and what its Hello said."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.wire.ldp.identifier import LdpId


@dataclass(frozen=True, slots=True)
class AdjacencyKey:
    """`interface` is None for a targeted one, which is wherever the routes lead."""

    interface: str | None
    source: IPv4Address

    def __str__(self) -> str:
        return f"{self.source} on {self.interface}" if self.interface else f"target {self.source}"


@dataclass(slots=True)
class Adjacency:
    """`hold` is the negotiated hold time.

    `gtsm` is the G flag of a Link Hello (RFC 6720 2.1), which means nothing in a targeted one.
    """

    key: AdjacencyKey
    ldp_id: LdpId
    transport_address: IPv4Address
    hold: Duration
    gtsm: bool
    configuration_sequence: int | None
    since: Instant
