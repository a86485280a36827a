"""LDP's state as `show` commands print it: values, with times as seconds from now."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from controlplane.engine.time import Duration, Instant
from controlplane.net.label import Label
from controlplane.protocols.ldp.adjacency import Adjacency
from controlplane.protocols.ldp.fec import Fec
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.neighbor import Neighbor
from controlplane.protocols.ldp.sync import is_synchronised
from controlplane.protocols.ldp.timers import (
    BackoffTimer,
    HelloHoldTimer,
    HelloTimer,
    KeepAliveTimer,
    ReconnectTimer,
    RecoveryTimer,
)
from controlplane.wire.ldp.identifier import LdpId


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceView:
    """An interface that LDP runs on; `synchronised` as in RFC 5443."""

    name: str
    address: IPv4Address
    next_hello: Duration | None
    peers: tuple[LdpId, ...]
    synchronised: bool
    bfd: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryView:
    """One Hello adjacency; `interface` is None for a targeted one."""

    interface: str | None
    source: IPv4Address
    peer: LdpId
    transport_address: IPv4Address
    hold: Duration
    expires: Duration | None
    uptime: Duration
    gtsm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborView:
    """A peer and its session. `uptime` counts from when the session got into its state.

    `waits` is how long no session is tried after a rejection; `last_failure` why the last one ended
    or did not come up. `stale_for` is how long labels of a lost session are still kept.
    """

    peer: LdpId
    transport_address: IPv4Address
    role: str
    state: str
    uptime: Duration | None
    keepalive: Duration | None
    expires: Duration | None
    received: int
    sent: int
    discovered: tuple[str, ...]
    addresses: tuple[IPv4Address, ...]
    capabilities: tuple[str, ...]
    all_labels_came: bool
    gtsm: bool
    md5: bool
    waits: Duration | None
    stale_for: Duration | None
    last_failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLabelView:
    """A label of a peer; `in_use` when the peer is a next hop."""

    peer: LdpId
    label: Label
    in_use: bool
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingView:
    """A FEC. `awaited` are peers that are yet to release a former label of ours."""

    prefix: IPv4Network
    local: Label | None
    has_route: bool
    remote: tuple[RemoteLabelView, ...]
    advertised: tuple[LdpId, ...]
    awaited: tuple[LdpId, ...]


def interfaces(instance: LdpInstance, now: Instant) -> tuple[InterfaceView, ...]:
    """The interfaces that LDP runs on now, by name."""
    running = (instance.running(name) for name in sorted(instance.enabled))
    return tuple(
        InterfaceView(
            name=interface.name,
            address=interface.address.ip,
            next_hello=instance.timers.remaining(HelloTimer(interface.name), now),
            peers=tuple(sorted(a.ldp_id for a in instance.adjacencies_on(interface.name))),
            synchronised=is_synchronised(instance, interface.name),
            bfd=instance.enabled[interface.name].bfd,
        )
        for interface in running
        if interface is not None
    )


def discovery(instance: LdpInstance, now: Instant) -> tuple[DiscoveryView, ...]:
    """All Hello adjacencies, by interface and source; targeted ones last."""
    by_place = sorted(
        instance.adjacencies.values(),
        key=lambda a: (a.key.interface is None, a.key.interface or "", a.key.source),
    )
    return tuple(_adjacency(instance, adjacency, now) for adjacency in by_place)


def neighbors(instance: LdpInstance, now: Instant) -> tuple[NeighborView, ...]:
    """All peers, by LDP identifier."""
    by_id = sorted(instance.neighbors.items())
    return tuple(_neighbor(instance, neighbor, now) for _, neighbor in by_id)


def bindings(instance: LdpInstance) -> tuple[BindingView, ...]:
    """The Label Information Base, by prefix."""
    return tuple(_binding(instance, fec) for _, fec in sorted(instance.fecs.items()))


def _adjacency(instance: LdpInstance, adjacency: Adjacency, now: Instant) -> DiscoveryView:
    return DiscoveryView(
        interface=adjacency.key.interface,
        source=adjacency.key.source,
        peer=adjacency.ldp_id,
        transport_address=adjacency.transport_address,
        hold=adjacency.hold,
        expires=instance.timers.remaining(HelloHoldTimer(adjacency.key), now),
        uptime=now - adjacency.since,
        gtsm=instance.config.gtsm and adjacency.gtsm,
    )


def _neighbor(instance: LdpInstance, neighbor: Neighbor, now: Instant) -> NeighborView:
    session, timers = neighbor.session, instance.timers
    capabilities = sorted(session.capabilities) if session else []
    stale_for = timers.remaining(ReconnectTimer(neighbor.ldp_id), now)
    if stale_for is None:
        stale_for = timers.remaining(RecoveryTimer(neighbor.ldp_id), now)
    return NeighborView(
        peer=neighbor.ldp_id,
        transport_address=neighbor.transport_address,
        role=neighbor.role.value,
        state=session.state.value if session else "no session",
        uptime=now - session.since if session else None,
        keepalive=session.keepalive if session else None,
        expires=timers.remaining(KeepAliveTimer(session.stream), now) if session else None,
        received=session.received if session else 0,
        sent=session.sent if session else 0,
        discovered=tuple(sorted(map(str, neighbor.adjacencies))),
        addresses=tuple(sorted(neighbor.addresses)),
        capabilities=tuple(c.name.lower().replace("_", " ") for c in capabilities),
        all_labels_came=session.end_of_lib if session else False,
        gtsm=instance.config.gtsm and neighbor.gtsm,
        md5=neighbor.transport_address in instance.config.md5_keys,
        waits=timers.remaining(BackoffTimer(neighbor.ldp_id), now),
        stale_for=stale_for,
        last_failure=neighbor.last_failure,
    )


def _binding(instance: LdpInstance, fec: Fec) -> BindingView:
    used = {peer for hop in fec.route or () for peer in instance.owners.get(hop.address, ())}
    awaited = {peer for peers in fec.withdrawn.values() for peer in peers}
    return BindingView(
        prefix=fec.prefix,
        local=fec.local,
        has_route=fec.route is not None,
        remote=tuple(
            RemoteLabelView(peer=peer, label=label, in_use=peer in used, stale=peer in fec.stale)
            for peer, label in sorted(fec.remote.items())
        ),
        advertised=tuple(sorted(fec.advertised)),
        awaited=tuple(sorted(awaited)),
    )
