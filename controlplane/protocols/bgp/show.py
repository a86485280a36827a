"""The peers as `show` commands print them: values, with times as seconds from now."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.negotiated import Negotiated
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.tables import Tables
from controlplane.protocols.bgp.timers import (
    ConnectRetryTimer,
    HoldTimer,
    IdleHoldTimer,
    RestartTimer,
    StaleTimer,
)
from controlplane.wire.bgp.nlri import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyView:
    """`received` are the peer's routes, `sent` those that it was told.

    `all_came`: its End-of-RIB did. `stale`: some of its routes are of a session before.
    """

    family: Family
    received: int
    sent: int
    all_came: bool
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerView:
    """`since` is how long it has been in its state. `next_try` is when the next session is sought.

    `families`, `hold`, `keepalive` and `capabilities` are what was agreed on, so of an established
    session alone. `stale_for` is how long routes of a lost session are still kept, `waits` whether
    the peer has not read yet what it was sent. `last_error` is why the last session ended or did
    not come up.
    """

    address: IPv4Address
    local: IPv4Address
    asn: int
    state: str
    since: Duration
    router_id: IPv4Address | None
    families: tuple[FamilyView, ...]
    capabilities: tuple[str, ...]
    hold: Duration | None
    keepalive: Duration | None
    expires: Duration | None
    next_try: Duration | None
    stale_for: Duration | None
    received: dict[str, int]
    sent: dict[str, int]
    sessions: int
    failures: int
    passive: bool
    md5: bool
    gtsm: bool
    bfd: bool
    reflector_client: bool
    site: RouteTarget | None
    waits: bool
    last_error: str


def peers(instance: BgpInstance, tables: Tables, now: Instant) -> tuple[PeerView, ...]:
    """All configured peers, by address."""
    by_address = sorted(instance.peers.items())
    return tuple(_peer(instance, tables, peer, now) for _, peer in by_address)


def _peer(instance: BgpInstance, tables: Tables, peer: Peer, now: Instant) -> PeerView:
    config, negotiated, timers = peer.config, peer.negotiated, instance.timers
    furthest, established, address = peer.furthest, peer.established, peer.address
    return PeerView(
        address=address,
        local=config.local,
        asn=config.remote_as,
        state=peer.state.value,
        since=now - (furthest.since if furthest else peer.since),
        router_id=negotiated.router_id if negotiated else None,
        families=_families(tables, peer),
        capabilities=_capabilities(negotiated) if negotiated else (),
        hold=negotiated.hold if negotiated else None,
        keepalive=negotiated.keepalive if negotiated else None,
        expires=timers.remaining(HoldTimer(established.stream), now) if established else None,
        next_try=_first(instance, (IdleHoldTimer(address), ConnectRetryTimer(address)), now),
        stale_for=_first(instance, (RestartTimer(address), StaleTimer(address)), now),
        received=dict(sorted(peer.received.items())),
        sent=dict(sorted(peer.sent.items())),
        sessions=peer.sessions,
        failures=peer.failures,
        passive=config.passive,
        md5=config.md5_key is not None,
        gtsm=config.gtsm,
        bfd=config.bfd,
        reflector_client=config.reflector_client,
        site=config.site,
        waits=established is not None and established.unsent > 0,
        last_error=peer.last_error,
    )


def _families(tables: Tables, peer: Peer) -> tuple[FamilyView, ...]:
    """Those of the session; of a lost one those whose routes are kept."""
    families = peer.negotiated.families if peer.negotiated else peer.stale
    counts = tables.counts(peer)
    return tuple(
        FamilyView(
            family=family,
            received=counts[family].received if family in counts else 0,
            sent=counts[family].sent if family in counts else 0,
            all_came=family in peer.ended,
            stale=family in peer.stale,
        )
        for family in sorted(families, key=lambda family: family.value)
    )


def _capabilities(negotiated: Negotiated) -> tuple[str, ...]:
    agreed = {
        "4-octet AS": negotiated.asn4,
        "route refresh": negotiated.refresh,
        "enhanced route refresh": negotiated.enhanced_refresh,
        "graceful restart": negotiated.restart is not None,
        "graceful notification": negotiated.outlives_notifications,
    }
    return tuple(name for name, has in agreed.items() if has)


def _first(
    instance: BgpInstance,
    timers: tuple[IdleHoldTimer | ConnectRetryTimer | RestartTimer | StaleTimer, ...],
    now: Instant,
) -> Duration | None:
    """What is left of the timer that runs, if one does."""
    left = (instance.timers.remaining(timer, now) for timer in timers)
    return next((duration for duration in left if duration is not None), None)
