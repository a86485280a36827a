"""The neighbours of one interface, and how long what is known of each is believed.

ARP (RFC 826) says nothing of time. The states are those of neighbour unreachability detection (RFC
4861 7.3), as far as they make sense without knowing who uses an entry: every known neighbour is
asked again by unicast (RFC 1122 2.3.2.1 (2)) before it is given up, so that traffic to a living one
never stops. An interval is drawn for each entry, or neighbours of one moment would be asked in one
moment for ever.

    state       event               new state   action
    -           Resolve             INCOMPLETE  broadcast request
    INCOMPLETE  timer, tries left   INCOMPLETE  broadcast request
    INCOMPLETE  timer, none left    FAILED      NeighborChanged(None)
    REACHABLE   timer               PROBE       unicast request
    PROBE       timer, tries left   PROBE       unicast request
    PROBE       timer, none left    -           NeighborChanged(None)
    FAILED      timer               -
    any         heard from it       REACHABLE   NeighborChanged, when its MAC address is news
    -           heard, to this router           as from any state
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address
from random import Random
from typing import Final, NamedTuple, TypeAlias

from controlplane.engine.time import Duration, Instant
from controlplane.engine.timers import Timers
from controlplane.net.interface import Interface
from controlplane.net.mac import BROADCAST, MacAddress
from controlplane.protocols.arp.events import ArpOutput, NeighborChanged, SendArp
from controlplane.wire.arp import ArpOperation, ArpPacket

REQUEST_INTERVAL: Final[Duration] = 1.0
"""RFC 1122 2.3.2.1: at most one request a second for one destination."""

MAX_REQUESTS: Final = 3
REACHABLE_TIME: Final[tuple[Duration, Duration]] = (30.0, 60.0)
FAILED_TIME: Final[Duration] = 5.0

_NOT_KNOWN: Final = MacAddress(0)
"""The target of a request that asks for it."""


class NeighborState(Enum):
    INCOMPLETE = "incomplete"
    REACHABLE = "reachable"
    PROBE = "probe"
    FAILED = "failed"


class NeighborTimer(NamedTuple):
    interface: str
    address: IPv4Address


ArpTimers: TypeAlias = Timers[NeighborTimer]


@dataclass(slots=True)
class Neighbor:
    """`mac` is known in REACHABLE and PROBE, and only there."""

    state: NeighborState
    since: Instant
    mac: MacAddress | None = None
    requests: int = 0


class NeighborCache:
    def __init__(self, interface: Interface, mac: MacAddress, timers: ArpTimers, rng: Random):
        self.interface = interface
        self.mac = mac
        self.neighbors: dict[IPv4Address, Neighbor] = {}
        self._timers = timers
        self._rng = rng

    @property
    def own(self) -> IPv4Address:
        return self.interface.address.ip

    def has_place_for(self, address: IPv4Address) -> bool:
        """Whether another station of the subnet can have this address."""
        network = self.interface.address.network
        # RFC 3021 2.1: in a /31 both addresses are those of stations.
        is_reserved = network.prefixlen < 31 and (
            address in (network.network_address, network.broadcast_address)
        )
        return address in network and address != self.own and not is_reserved

    def resolve(self, address: IPv4Address, now: Instant) -> list[ArpOutput]:
        if not self.has_place_for(address):
            return [self._changed(address, None)]
        neighbor = self.neighbors.get(address)
        if neighbor is None:
            neighbor = Neighbor(NeighborState.INCOMPLETE, now)
            self.neighbors[address] = neighbor
            return [self._ask(address, neighbor, now)]
        if neighbor.state is NeighborState.INCOMPLETE:
            return []
        return [self._changed(address, neighbor.mac)]

    def heard(self, address: IPv4Address, mac: MacAddress, now: Instant) -> list[ArpOutput]:
        """The neighbour said where it is."""
        neighbor = self.neighbors.setdefault(address, Neighbor(NeighborState.REACHABLE, now))
        is_news = neighbor.mac != mac
        if is_news:
            neighbor.since = now
        neighbor.state, neighbor.mac, neighbor.requests = NeighborState.REACHABLE, mac, 0
        self._set_timer(address, now + self._rng.uniform(*REACHABLE_TIME))
        return [self._changed(address, mac)] if is_news else []

    def expire(self, address: IPv4Address, now: Instant) -> list[ArpOutput]:
        neighbor = self.neighbors[address]
        tries_left = neighbor.requests < MAX_REQUESTS
        match neighbor.state:
            case NeighborState.INCOMPLETE | NeighborState.PROBE if tries_left:
                return [self._ask(address, neighbor, now)]
            case NeighborState.INCOMPLETE:
                neighbor.state = NeighborState.FAILED
                self._set_timer(address, now + FAILED_TIME)
                return [self._changed(address, None)]
            case NeighborState.REACHABLE:
                neighbor.state = NeighborState.PROBE
                return [self._ask(address, neighbor, now)]
            case NeighborState.PROBE:
                return self.forget(address)
            case NeighborState.FAILED:
                del self.neighbors[address]
                return []

    def forget(self, address: IPv4Address) -> list[ArpOutput]:
        """Drop a neighbour; the one that was reachable is so no more."""
        neighbor = self.neighbors.pop(address)
        self._timers.cancel(self._timer(address))
        return [self._changed(address, None)] if neighbor.mac else []

    def announcement(self) -> SendArp:
        """RFC 5227 2.3: a request for our own address corrects what others remember."""
        return self._request(self.own, BROADCAST)

    def _ask(self, address: IPv4Address, neighbor: Neighbor, now: Instant) -> SendArp:
        neighbor.requests += 1
        self._set_timer(address, now + REQUEST_INTERVAL)
        return self._request(address, neighbor.mac or BROADCAST)

    def _request(self, address: IPv4Address, destination: MacAddress) -> SendArp:
        packet = ArpPacket(
            operation=ArpOperation.REQUEST,
            sender_mac=self.mac,
            sender_address=self.own,
            target_mac=_NOT_KNOWN,
            target_address=address,
        )
        return SendArp(interface=self.interface.name, destination=destination, packet=packet)

    def _changed(self, address: IPv4Address, mac: MacAddress | None) -> NeighborChanged:
        return NeighborChanged(interface=self.interface.name, address=address, mac=mac)

    def _set_timer(self, address: IPv4Address, at: Instant) -> None:
        self._timers.set(self._timer(address), at)

    def _timer(self, address: IPv4Address) -> NeighborTimer:
        return NeighborTimer(self.interface.name, address)
