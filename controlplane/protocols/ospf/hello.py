"""Sending and receiving Hellos (RFC 2328 9.5, 10.5).

The RFC sends them each HelloInterval. One more leaves at once when a neighbour is heard that has
not been, or that does not hear us any more: so two routers are adjacent within a few round trips.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import ALL_SPF_ROUTERS, InterfaceState, OspfInterface
from controlplane.protocols.ospf.interface_state import InterfaceMachine
from controlplane.protocols.ospf.neighbor import NO_ADDRESS, Neighbor, NeighborState
from controlplane.protocols.ospf.neighbor_state import NeighborEvent, NeighborMachine
from controlplane.protocols.ospf.notices import (
    DuplicateRouterId,
    HelloRefused,
    OneWay,
    PacketRefused,
)
from controlplane.protocols.ospf.sender import Sender
from controlplane.protocols.ospf.timers import HelloTimer, InactivityTimer
from controlplane.wire.ospf.hello import Hello
from controlplane.wire.ospf.message import OspfHeader
from controlplane.wire.ospf.options import Options

_JITTER: Final = 0.1
"""RFC 2328 4.4: interval timers "should be subject to jitter"; never later than the interval."""


class Hellos:
    def __init__(
        self,
        instance: OspfInstance,
        sender: Sender,
        neighbors: NeighborMachine,
        interfaces: InterfaceMachine,
    ) -> None:
        self._instance = instance
        self._sender = sender
        self._neighbors = neighbors
        self._interfaces = interfaces

    def send(self, interface: OspfInterface, now: Instant) -> None:
        settings = interface.settings
        hello = Hello(
            network_mask=interface.mask,
            hello_interval=settings.hello_interval,
            options=self._instance.area_of(interface).options,
            priority=settings.priority,
            dead_interval=settings.dead_interval,
            designated_router=interface.elected.dr,
            backup_designated_router=interface.elected.bdr,
            neighbors=tuple(neighbor.router_id for neighbor in interface.neighbors.values()),
        )
        self._sender.send(interface, hello, ALL_SPF_ROUTERS, now)

    def expire(self, interface: OspfInterface, now: Instant) -> None:
        """The Hello timer: the next one is due within HelloInterval."""
        self.send(interface, now)
        interval = interface.settings.hello_interval
        wait = interval * self._instance.rng.uniform(1 - _JITTER, 1)
        self._instance.timers.set(HelloTimer(interface.name), now + wait)

    def receive(
        self, interface: OspfInterface, header: OspfHeader, source: IPv4Address, now: Instant
    ) -> None:
        """A Hello of a neighbour that says what the one before said only shows that it lives."""
        neighbor = interface.neighbors.get(interface.neighbor_key(header.router_id, source))
        if neighbor is not None and self._says_nothing_new(interface, neighbor, header):
            self._heard(interface, neighbor, now)
            return
        hello = header.decode_body()
        assert isinstance(hello, Hello)
        if self._is_accepted(interface, hello, source, now):
            neighbor = self._neighbor(interface, neighbor, header.router_id, source, now)
            neighbor.hello = header.content
            self._process(interface, neighbor, hello, now)

    def _says_nothing_new(
        self, interface: OspfInterface, neighbor: Neighbor, header: OspfHeader
    ) -> bool:
        return (
            header.content == neighbor.hello
            and neighbor.is_bidirectional
            and interface.state is not InterfaceState.WAITING
            and neighbor.router_id == header.router_id
        )

    def _is_accepted(
        self, interface: OspfInterface, hello: Hello, source: IPv4Address, now: Instant
    ) -> bool:
        reason = _refusal(interface, self._instance.area_of(interface).options, hello)
        if reason is None:
            kinds = (HelloRefused, PacketRefused, DuplicateRouterId)
            self._instance.settled(interface.name, source, *kinds)
            return True
        self._instance.counters[Count.DROP_HELLO_MISMATCH] += 1
        self._instance.complain(HelloRefused(interface.name, source, reason), now)
        return False

    def _neighbor(
        self,
        interface: OspfInterface,
        known: Neighbor | None,
        router_id: IPv4Address,
        source: IPv4Address,
        now: Instant,
    ) -> Neighbor:
        """The structure of the neighbour; one that changed its router id is another neighbour."""
        if known is not None and known.router_id != router_id:
            self._neighbors.kill(interface, known, f"its router id is {router_id} now", now)
            known = None
        if known is not None:
            known.address = source
            return known
        key = interface.neighbor_key(router_id, source)
        neighbor = Neighbor(key, interface.name, router_id, source, since=now, heard=now)
        interface.neighbors[key] = neighbor
        return neighbor

    def _process(
        self, interface: OspfInterface, neighbor: Neighbor, hello: Hello, now: Instant
    ) -> None:
        before = (neighbor.priority, neighbor.declares_dr, neighbor.declares_bdr)
        neighbor.priority = hello.priority
        neighbor.dr = hello.designated_router
        neighbor.bdr = hello.backup_designated_router
        self._heard(interface, neighbor, now)
        self._neighbors.handle(interface, neighbor, NeighborEvent.HELLO_RECEIVED, now)
        if self._instance.router_id not in hello.neighbors:
            self._one_way(interface, neighbor, now)
            return
        if neighbor.state is NeighborState.INIT and neighbor.since == now:
            self.send(interface, now)
        self._neighbors.handle(interface, neighbor, NeighborEvent.TWO_WAY_RECEIVED, now)
        if interface.is_point_to_point:
            return
        if interface.state is InterfaceState.WAITING and _shows_backup(neighbor):
            self._interfaces.backup_seen(interface)
        elif before != (neighbor.priority, neighbor.declares_dr, neighbor.declares_bdr):
            self._instance.elections[interface.name] = None

    def _one_way(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """It does not hear us: not yet, not any more, or not at all."""
        self._neighbors.handle(interface, neighbor, NeighborEvent.ONE_WAY_RECEIVED, now)
        if neighbor.since == now:
            self.send(interface, now)
        elif now - neighbor.since > interface.settings.dead_interval:
            reason = "it is heard, but does not hear us: its Hellos do not list our router id"
            self._instance.complain(OneWay(interface.name, neighbor.address, reason), now)

    def _heard(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        neighbor.heard = now
        timer = InactivityTimer(interface.name, neighbor.key)
        self._instance.timers.set(timer, now + interface.settings.dead_interval)


def _refusal(interface: OspfInterface, options: Options, hello: Hello) -> str | None:
    """RFC 2328 10.5: why a Hello is not accepted, None when it is."""
    settings = interface.settings
    if hello.hello_interval != settings.hello_interval:
        return _other("HelloInterval", hello.hello_interval, settings.hello_interval)
    if hello.dead_interval != settings.dead_interval:
        return _other("RouterDeadInterval", hello.dead_interval, settings.dead_interval)
    if hello.network_mask != interface.mask and not interface.is_point_to_point:
        return _other("network mask", hello.network_mask, interface.mask)
    if (hello.options ^ options) & (Options.E | Options.NP):
        return _other("kind of area", _kind(hello.options), _kind(options))
    return None


def _other(what: str, theirs: object, ours: object) -> str:
    return f"{what} mismatch: the neighbor's is {theirs}, ours is {ours}"


def _kind(options: int) -> str:
    if options & Options.NP:
        return "NSSA"
    return "normal" if options & Options.E else "stub"


def _shows_backup(neighbor: Neighbor) -> bool:
    """RFC 2328 9.2, BackupSeen: it is the Backup, or is Designated Router without one."""
    return neighbor.declares_bdr or (neighbor.declares_dr and neighbor.bdr == NO_ADDRESS)
