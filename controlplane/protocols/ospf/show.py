"""OSPF's state as `show` commands print it: values, with times as seconds from now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.ospf.events import AreaId
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import InterfaceState, OspfInterface
from controlplane.protocols.ospf.lsdb import Lsdb
from controlplane.protocols.ospf.neighbor import STATE_WORDS, Neighbor
from controlplane.protocols.ospf.router_lsa import link_cost
from controlplane.protocols.ospf.timers import HelloTimer, InactivityTimer, WaitTimer
from controlplane.wire.ospf.bodies import LsaBody
from controlplane.wire.ospf.lsa import LsaHeader

_STATES: Final = {
    InterfaceState.LOOPBACK: "Loopback",
    InterfaceState.WAITING: "Waiting",
    InterfaceState.POINT_TO_POINT: "Point-to-point",
    InterfaceState.DR_OTHER: "DROther",
    InterfaceState.BACKUP: "Backup",
    InterfaceState.DR: "DR",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceView:
    """`cost` is what the router-LSA says: 65535 while the link waits for LDP (RFC 5443).

    `dr` and `bdr` are 0.0.0.0 where none is elected; `waiting` is what the Wait Timer has left.
    """

    name: str
    address: IPv4Address
    area: AreaId
    network: str
    state: str
    cost: int
    waits_for_ldp: bool
    is_passive: bool
    priority: int
    dr: IPv4Address
    bdr: IPv4Address
    neighbors: int
    adjacencies: int
    hello_interval: int
    dead_interval: int
    next_hello: Duration | None
    waiting: Duration | None
    authentication: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborView:
    """`since` is how long it has been in `state`, `expires` when it is dead without a Hello.

    `role` is what it is on the network: DR, Backup, DROther, or "-" on a point-to-point link.
    """

    interface: str
    router_id: IPv4Address
    address: IPv4Address
    state: str
    role: str
    since: Duration
    expires: Duration | None
    priority: int
    requests: int
    retransmissions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LsaView:
    """`header` has the age of now; `is_own` is whether this router has originated the LSA."""

    header: LsaHeader
    body: LsaBody
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseView:
    """The LSAs of one scope: of a link when `interface` is given, of an area, or of the AS."""

    area: AreaId | None
    interface: str | None
    lsas: tuple[LsaView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleView:
    """What keeps a router apart from this one, in words; `since` is how long already."""

    interface: str
    source: IPv4Address
    reason: str
    since: Duration


def interfaces(instance: OspfInstance, now: Instant) -> tuple[InterfaceView, ...]:
    """The interfaces that OSPF runs on, by name."""
    return tuple(_interface(instance, interface, now) for interface in _by_name(instance))


def neighbors(instance: OspfInstance, now: Instant) -> tuple[NeighborView, ...]:
    """All neighbours, by interface and key."""
    return tuple(
        _neighbor(instance, interface, interface.neighbors[key], now)
        for interface in _by_name(instance)
        for key in sorted(interface.neighbors)
    )


def databases(instance: OspfInstance, now: Instant) -> tuple[DatabaseView, ...]:
    """The databases of the areas, of links that have one, and of the AS."""
    return tuple(_database(instance, lsdb, now) for lsdb in _databases(instance))


def troubles(instance: OspfInstance, now: Instant) -> tuple[TroubleView, ...]:
    """What has been told and lasts, the newest last."""
    return tuple(
        TroubleView(
            interface=known.notice.interface,
            source=known.notice.source,
            reason=known.notice.reason,
            since=now - known.since,
        )
        for known in instance.troubles.values()
    )


def _by_name(instance: OspfInstance) -> list[OspfInterface]:
    return [instance.interfaces[name] for name in sorted(instance.interfaces)]


def _interface(instance: OspfInstance, interface: OspfInterface, now: Instant) -> InterfaceView:
    settings, timers = interface.settings, instance.timers
    return InterfaceView(
        name=interface.name,
        address=interface.address,
        area=interface.area,
        network=settings.network.value,
        state=_STATES[interface.state],
        cost=link_cost(interface),
        waits_for_ldp=interface.waits_for_ldp,
        is_passive=interface.is_passive,
        priority=settings.priority,
        dr=interface.elected.dr,
        bdr=interface.elected.bdr,
        neighbors=len(interface.neighbors),
        adjacencies=sum(neighbor.is_full for neighbor in interface.neighbors.values()),
        hello_interval=settings.hello_interval,
        dead_interval=settings.dead_interval,
        next_hello=timers.remaining(HelloTimer(interface.name), now),
        waiting=timers.remaining(WaitTimer(interface.name), now),
        authentication=_authentication(interface),
    )


def _authentication(interface: OspfInterface) -> str:
    keys = interface.settings.md5_keys
    return f"MD5, key {keys[-1].id}" if keys else "none"


def _neighbor(
    instance: OspfInstance, interface: OspfInterface, neighbor: Neighbor, now: Instant
) -> NeighborView:
    timer = InactivityTimer(interface.name, neighbor.key)
    return NeighborView(
        interface=interface.name,
        router_id=neighbor.router_id,
        address=neighbor.address,
        state=STATE_WORDS[neighbor.state],
        role=_role(interface, neighbor),
        since=now - neighbor.since,
        expires=instance.timers.remaining(timer, now),
        priority=neighbor.priority,
        requests=len(neighbor.requests),
        retransmissions=len(neighbor.retransmissions),
    )


def _role(interface: OspfInterface, neighbor: Neighbor) -> str:
    if interface.is_point_to_point:
        return "-"
    if neighbor.address == interface.elected.dr:
        return "DR"
    return "Backup" if neighbor.address == interface.elected.bdr else "DROther"


def _databases(instance: OspfInstance) -> Iterator[Lsdb]:
    for area_id in sorted(instance.areas):
        yield instance.areas[area_id].lsdb
    yield from (interface.lsdb for interface in _by_name(instance) if len(interface.lsdb))
    yield instance.external


def _database(instance: OspfInstance, lsdb: Lsdb, now: Instant) -> DatabaseView:
    return DatabaseView(
        area=lsdb.scope.area,
        interface=lsdb.scope.interface,
        lsas=tuple(
            LsaView(
                header=stored.header(now),
                body=stored.lsa.body,
                is_own=stored.key.advertising_router == instance.router_id,
            )
            for stored in sorted(lsdb.stored(), key=lambda stored: stored.key)
        ),
    )
