"""What the two ends of a session have agreed on by their OPEN messages."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartTerms:
    """What the peer says in its Graceful Restart capability (RFC 4724 3).

    `families` are those that it has graceful restart for; of those it has kept the forwarding
    state (F bit) for `kept`. `restarted` is the R bit, `notification` the N bit (RFC 8538 2).
    """

    restarted: bool
    time: Duration
    families: frozenset[Family]
    kept: frozenset[Family]
    notification: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """`hold` 0: no KEEPALIVEs and no hold timer (RFC 4271 4.2). `router_id` is the peer's.

    `internal`: both ends are in one AS. `terms` are those of the UPDATE codec, both ways.
    `restart` is None when the peer does not know graceful restart, or we do not want it.
    """

    router_id: IPv4Address
    internal: bool
    families: frozenset[Family]
    asn4: bool
    refresh: bool
    enhanced_refresh: bool
    hold: Duration
    keepalive: Duration
    restart: RestartTerms | None
    terms: Terms

    @property
    def restarts_gracefully(self) -> bool:
        """Some family's routes outlive the loss of the session (RFC 4724 4.2)."""
        return self.restart is not None and bool(self.restart.families & self.families)

    @property
    def outlives_notifications(self) -> bool:
        """Also a NOTIFICATION that is no hard reset (RFC 8538 4): both ends have said so."""
        return self.restart is not None and self.restart.notification
