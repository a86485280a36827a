"""PIM's links as `show` commands print them: values, with times as seconds from now."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.lan_delay import (
    effective_override_interval,
    effective_propagation_delay,
    suppression_enabled,
)
from controlplane.protocols.pim.neighbor import Neighbor
from controlplane.protocols.pim.timers import HelloTimer, NeighborLivenessTimer


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborView:
    """`expires` is None for a neighbour that never times out, `dr_priority` where it sends none."""

    interface: str
    address: IPv4Address
    uptime: Duration
    expires: Duration | None
    dr_priority: int | None
    generation_id: int | None
    is_dr: bool
    secondary_addresses: tuple[IPv4Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceView:
    """`dr_reason` is the rule that decided; delays are the effective ones (RFC 7761 4.3.3)."""

    name: str
    address: IPv4Address
    neighbors: int
    dr: IPv4Address
    dr_reason: str
    dr_priority: int
    generation_id: int
    next_hello: Duration | None
    hello_period: Duration
    join_prune_period: Duration
    propagation_delay: Duration
    override_interval: Duration
    suppression: bool


def neighbors(instance: PimInstance, now: Instant) -> tuple[NeighborView, ...]:
    """All neighbours, by interface and address."""
    return tuple(
        _neighbor(instance, interface, interface.neighbors[address], now)
        for interface in _by_name(instance)
        for address in sorted(interface.neighbors)
    )


def interfaces(instance: PimInstance, now: Instant) -> tuple[InterfaceView, ...]:
    """The interfaces that PIM runs on, by name."""
    return tuple(_interface(instance, interface, now) for interface in _by_name(instance))


def _by_name(instance: PimInstance) -> list[PimInterface]:
    return [instance.interfaces[name] for name in sorted(instance.interfaces)]


def _neighbor(
    instance: PimInstance, interface: PimInterface, neighbor: Neighbor, now: Instant
) -> NeighborView:
    timer = NeighborLivenessTimer(interface.name, neighbor.address)
    secondary = (a for a, p in interface.primary_of.items() if p == neighbor.address)
    return NeighborView(
        interface=interface.name,
        address=neighbor.address,
        uptime=now - neighbor.since,
        expires=instance.timers.remaining(timer, now),
        dr_priority=neighbor.hello.dr_priority,
        generation_id=neighbor.hello.generation_id,
        is_dr=interface.dr.winner == neighbor.address,
        secondary_addresses=tuple(sorted(secondary)),
    )


def _interface(instance: PimInstance, interface: PimInterface, now: Instant) -> InterfaceView:
    return InterfaceView(
        name=interface.name,
        address=interface.address,
        neighbors=len(interface.neighbors),
        dr=interface.dr.winner,
        dr_reason=interface.dr.reason,
        dr_priority=interface.settings.dr_priority,
        generation_id=interface.generation_id,
        next_hello=instance.timers.remaining(HelloTimer(interface.name), now),
        hello_period=interface.settings.hello_period,
        join_prune_period=interface.settings.join_prune_period,
        propagation_delay=effective_propagation_delay(interface),
        override_interval=effective_override_interval(interface),
        suppression=suppression_enabled(interface),
    )
