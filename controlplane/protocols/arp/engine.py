"""ARP (RFC 826): who is where on an Ethernet, and saying so when asked.

A packet is believed in what it says of its sender when the sender is a neighbour we ask for or know
already, or when the packet is for us (RFC 826, Packet Reception): so requests for other stations
create nothing. Requests for our address are answered, those of stations that have no address yet
too (RFC 5227 2.1.1, sender 0.0.0.0). A station that uses our address is told of, and told (RFC 5227
2.4 (b)), once in DEFEND_INTERVAL.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address
from random import Random
from typing import Final

from controlplane.engine.engine import InterfaceDown, InterfaceUp
from controlplane.engine.time import Duration, Instant
from controlplane.engine.timers import Timers
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.mac import MacAddress
from controlplane.protocols.arp.cache import ArpTimers, NeighborCache, NeighborTimer
from controlplane.protocols.arp.counters import ArpCount, ArpCounters
from controlplane.protocols.arp.events import (
    ArpInput,
    ArpOutput,
    ArpReceived,
    NeighborChanged,
    Resolve,
    SendArp,
)
from controlplane.protocols.arp.notices import AddressConflict
from controlplane.protocols.arp.show import ArpNeighbor
from controlplane.wire.arp import ArpOperation, ArpPacket
from controlplane.wire.reader import DecodeError, Reader

DEFEND_INTERVAL: Final[Duration] = 10.0


class ArpEngine:
    """An Engine[ArpInput, ArpOutput] for any number of interfaces; only Ethernet runs ARP."""

    def __init__(self, *, rng: Random) -> None:
        self.counters: ArpCounters = Counter()
        self._rng = rng
        self._caches: dict[str, NeighborCache] = {}
        self._defended: dict[str, Instant] = {}
        self._timers: ArpTimers = Timers[NeighborTimer]()

    def handle(self, event: ArpInput, now: Instant) -> list[ArpOutput]:
        match event:
            case InterfaceUp(interface=interface):
                outputs = self._interface_up(interface)
            case InterfaceDown(name=name):
                outputs = self._interface_down(name)
            case Resolve(interface=name, address=address):
                outputs = self._resolve(name, address, now)
            case ArpReceived():
                outputs = self._receive(event, now)
        return self._counted(outputs)

    def advance(self, now: Instant) -> list[ArpOutput]:
        outputs: list[ArpOutput] = []
        for name, address in self._timers.expired(now):
            outputs += self._caches[name].expire(address, now)
        return self._counted(outputs)

    def next_deadline(self) -> Instant | None:
        return self._timers.next_deadline()

    def neighbors(self, now: Instant) -> list[ArpNeighbor]:
        """Every neighbour, by interface and address."""
        return [
            ArpNeighbor(
                interface=name,
                address=address,
                mac=neighbor.mac,
                state=neighbor.state,
                age=now - neighbor.since,
                expires=self._timers.remaining(NeighborTimer(name, address), now),
            )
            for name, cache in sorted(self._caches.items())
            for address, neighbor in sorted(cache.neighbors.items())
        ]

    def _interface_up(self, interface: Interface) -> list[ArpOutput]:
        """Announce our address; neighbours stay, but for those that a new subnet leaves out."""
        if interface.kind is not InterfaceKind.ETHERNET or interface.mac is None:
            return []
        cache = NeighborCache(interface, interface.mac, self._timers, self._rng)
        before = self._caches.get(interface.name)
        self._caches[interface.name] = cache
        outputs: list[ArpOutput] = [cache.announcement()]
        if before is not None:
            cache.neighbors = before.neighbors
            for address in sorted(cache.neighbors):
                if not cache.has_place_for(address):
                    outputs += cache.forget(address)
        return outputs

    def _interface_down(self, name: str) -> list[ArpOutput]:
        cache = self._caches.pop(name, None)
        self._defended.pop(name, None)
        if cache is None:
            return []
        return [output for address in sorted(cache.neighbors) for output in cache.forget(address)]

    def _resolve(self, name: str, address: IPv4Address, now: Instant) -> list[ArpOutput]:
        cache = self._caches.get(name)
        if cache is None:
            return [NeighborChanged(interface=name, address=address, mac=None)]
        return cache.resolve(address, now)

    def _receive(self, event: ArpReceived, now: Instant) -> list[ArpOutput]:
        cache = self._caches.get(event.interface)
        if cache is None:
            return self._drop(ArpCount.DROPPED_NOT_ENABLED)
        try:
            packet = ArpPacket.decode(Reader(event.payload))
        except DecodeError:
            return self._drop(ArpCount.DROPPED_MALFORMED)
        if (reason := _objection(packet, cache)) is not None:
            return self._drop(reason)
        return self._take(packet, cache, now)

    def _take(self, packet: ArpPacket, cache: NeighborCache, now: Instant) -> list[ArpOutput]:
        is_request = packet.operation is ArpOperation.REQUEST
        self.counters[ArpCount.RECEIVED_REQUEST if is_request else ArpCount.RECEIVED_REPLY] += 1
        sender, is_for_us = packet.sender_address, packet.target_address == cache.own
        if sender == cache.own:
            return self._defend(packet.sender_mac, cache, now)
        outputs: list[ArpOutput] = []
        if not sender.is_unspecified and (is_for_us or sender in cache.neighbors):
            outputs += cache.heard(sender, packet.sender_mac, now)
        if is_for_us and is_request:
            outputs.append(_reply(packet, cache))
        return outputs

    def _defend(self, mac: MacAddress, cache: NeighborCache, now: Instant) -> list[ArpOutput]:
        self.counters[ArpCount.CONFLICT] += 1
        name = cache.interface.name
        last = self._defended.get(name)
        if last is not None and now < last + DEFEND_INTERVAL:
            return []
        self._defended[name] = now
        conflict = AddressConflict(interface=name, address=cache.own, mac=mac)
        return [conflict, cache.announcement()]

    def _drop(self, reason: ArpCount) -> list[ArpOutput]:
        self.counters[reason] += 1
        return []

    def _counted(self, outputs: list[ArpOutput]) -> list[ArpOutput]:
        for output in outputs:
            if isinstance(output, SendArp):
                is_request = output.packet.operation is ArpOperation.REQUEST
                self.counters[ArpCount.SENT_REQUEST if is_request else ArpCount.SENT_REPLY] += 1
        return outputs


def _objection(packet: ArpPacket, cache: NeighborCache) -> ArpCount | None:
    """Why a packet is dropped, None when it is not."""
    mac, sender = packet.sender_mac, packet.sender_address
    if mac.is_group or not mac.value:
        return ArpCount.DROPPED_BAD_SENDER_MAC
    if mac == cache.mac:
        return ArpCount.DROPPED_OWN_MAC
    if not (sender.is_unspecified or sender == cache.own or cache.has_place_for(sender)):
        return ArpCount.DROPPED_FOREIGN_SENDER
    return None


def _reply(request: ArpPacket, cache: NeighborCache) -> SendArp:
    packet = ArpPacket(
        operation=ArpOperation.REPLY,
        sender_mac=cache.mac,
        sender_address=cache.own,
        target_mac=request.sender_mac,
        target_address=request.sender_address,
    )
    return SendArp(interface=cache.interface.name, destination=request.sender_mac, packet=packet)
