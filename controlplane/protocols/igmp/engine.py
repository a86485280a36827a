"""The router side of IGMPv3, with versions 2 and 1 (RFC 3376, RFC 2236, RFC 4604).

A router learns which groups and sources somebody on an attached network wants, by asking and by
listening. The parts stand as in RFC 3376 6:

    engine      interfaces that come and go, and which of them run IGMP
    inbox       checks, and versions 1 and 2 put into the words of version 3 (7.3.2)
    network     one interface: records in, edges for PIM out
    filter      the tables of 6.4
    membership  one group: its filter mode, its timers (6.2, 6.3, 6.5)
    querier     election and General Queries (6.6.2)
    specific    the queries that a leave causes, and their retransmission (6.6.3)

Deviations: groups in 224.0.0.0/24 have no state, because their packets are never forwarded. A leave
that comes while its group is being asked for already sends no further query (as RFC 2236 7 has it).
A version 2 leave is also heard for a group that no version 2 host reported. Hosts are not told
apart, so there is no immediate leave.
"""

from __future__ import annotations

from collections import Counter

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived
from controlplane.engine.time import Instant
from controlplane.engine.timers import Timers
from controlplane.net.interface import Interface
from controlplane.protocols.igmp.counters import IgmpCount, IgmpCounters
from controlplane.protocols.igmp.events import (
    IgmpEnabled,
    IgmpInput,
    IgmpOutput,
    IgmpSettings,
)
from controlplane.protocols.igmp.network import Network
from controlplane.protocols.igmp.show import IgmpGroup, IgmpInterface, show_group, show_interface
from controlplane.protocols.igmp.timers import IgmpTimers, TimerName


class IgmpEngine:
    """An Engine[IgmpInput, IgmpOutput] for any number of interfaces."""

    def __init__(self) -> None:
        self.counters: IgmpCounters = Counter()
        self._interfaces: dict[str, Interface] = {}
        self._settings: dict[str, IgmpSettings] = {}
        self._networks: dict[str, Network] = {}
        self._timers: IgmpTimers = Timers[TimerName]()

    def handle(self, event: IgmpInput, now: Instant) -> list[IgmpOutput]:
        match event:
            case InterfaceUp(interface=interface):
                self._interfaces[interface.name] = interface
                return self._configure(interface.name, now)
            case IgmpEnabled(interface=name, settings=settings):
                self._settings[name] = settings
                return self._configure(name, now)
            case InterfaceDown(name=name):
                self._interfaces.pop(name, None)
                network = self._networks.pop(name, None)
                return network.stop() if network else []
            case PacketReceived():
                return self._receive(event, now)

    def advance(self, now: Instant) -> list[IgmpOutput]:
        outputs: list[IgmpOutput] = []
        for name in self._timers.expired(now):
            outputs += self._networks[name.interface].expire(name, now)
        return outputs

    def next_deadline(self) -> Instant | None:
        return self._timers.next_deadline()

    def groups(self, now: Instant) -> list[IgmpGroup]:
        """Every group that somebody wants, by interface and group."""
        return [
            show_group(network.memberships[group], now)
            for _, network in sorted(self._networks.items())
            for group in sorted(network.memberships)
        ]

    def interfaces(self, now: Instant) -> list[IgmpInterface]:
        """Every interface that IGMP runs on, by name."""
        return [
            show_interface(network, self._timers, now)
            for _, network in sorted(self._networks.items())
        ]

    def _configure(self, name: str, now: Instant) -> list[IgmpOutput]:
        """Run IGMP where an interface works and is enabled, with the values of now."""
        interface, settings = self._interfaces.get(name), self._settings.get(name)
        if interface is None or settings is None:
            return []
        network = self._networks.get(name)
        if network is not None:
            return network.change(interface, settings, now)
        network = Network(interface, settings, self._timers, self.counters, now)
        self._networks[name] = network
        return network.begin(now)

    def _receive(self, packet: PacketReceived, now: Instant) -> list[IgmpOutput]:
        network = self._networks.get(packet.interface)
        if network is None:
            self.counters[IgmpCount.DROPPED_NOT_ENABLED] += 1
            return []
        return network.receive(packet, now)
