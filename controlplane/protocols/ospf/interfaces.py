"""Interfaces come up and go down; OSPF runs on those that it is enabled on (RFC 2328 9)."""

from __future__ import annotations

from dataclasses import replace

from controlplane.engine.time import Instant
from controlplane.net.interface import Interface
from controlplane.protocols.ospf.ageing import Ageing
from controlplane.protocols.ospf.events import OspfSettings
from controlplane.protocols.ospf.hello import Hellos
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import InterfaceState, OspfInterface
from controlplane.protocols.ospf.interface_state import InterfaceMachine
from controlplane.protocols.ospf.lsdb import Lsdb, Scope
from controlplane.protocols.ospf.neighbor_state import NeighborMachine
from controlplane.protocols.ospf.origination import Originations
from controlplane.protocols.ospf.timers import DelayedAckTimer, FloodTimer, HelloTimer, WaitTimer


class Interfaces:
    def __init__(
        self,
        instance: OspfInstance,
        machine: InterfaceMachine,
        neighbors: NeighborMachine,
        hellos: Hellos,
        ageing: Ageing,
        originations: Originations,
    ) -> None:
        self._instance = instance
        self._machine = machine
        self._neighbors = neighbors
        self._hellos = hellos
        self._ageing = ageing
        self._originations = originations
        self._up: dict[str, Interface] = {}
        self._enabled: dict[str, OspfSettings] = {}
        self._synchronised: dict[str, bool] = {}

    def up(self, interface: Interface, now: Instant) -> None:
        """An interface works; with another address or MTU it is another interface."""
        if self._up.get(interface.name) == interface:
            return
        self._stop(interface.name, "the interface has changed", now)
        self._up[interface.name] = interface
        self._start(interface.name, now)

    def enable(self, name: str, settings: OspfSettings, now: Instant) -> None:
        """Run OSPF here; other settings than before are those of another interface, but for what
        only this router's own LSAs say."""
        old, self._enabled[name] = self._enabled.get(name), settings
        running = self._instance.interfaces.get(name)
        if old is not None and running is not None and _is_only_advertised(old, settings):
            running.settings = settings
            self._instance.touch(running)
        elif old != settings:
            self._stop(name, "its settings have changed", now)
            self._start(name, now)

    def down(self, name: str, now: Instant) -> None:
        """RFC 2328 9.3, InterfaceDown."""
        self._stop(name, "the interface is down", now)
        self._up.pop(name, None)
        self._synchronised.pop(name, None)

    def synchronise(self, name: str, synchronised: bool) -> None:
        """RFC 5443 2: LDP is operational on the link, or is not."""
        self._synchronised[name] = synchronised
        if (running := self._instance.interfaces.get(name)) is not None:
            running.synchronised = synchronised
            self._instance.touch(running)

    def _start(self, name: str, now: Instant) -> None:
        interface, settings = self._up.get(name), self._enabled.get(name)
        if interface is None or settings is None:
            return
        running = OspfInterface(
            interface=interface,
            settings=settings,
            state=InterfaceState.DR_OTHER,
            lsdb=Lsdb(Scope(settings.area, name)),
            synchronised=self._synchronised.get(name, False),
        )
        self._instance.interfaces[name] = running
        self._instance.area_of(running).interfaces[name] = running
        self._instance.touch(running)
        self._machine.up(running, now)
        if not running.is_passive:
            self._hellos.expire(running, now)

    def _stop(self, name: str, reason: str, now: Instant) -> None:
        if (running := self._instance.interfaces.get(name)) is None:
            return
        for neighbor in tuple(running.neighbors.values()):
            self._neighbors.kill(running, neighbor, reason, now)
        for timer in (HelloTimer, WaitTimer, FloodTimer, DelayedAckTimer):
            self._instance.timers.cancel(timer(name))
        self._instance.forget_troubles(name)
        self._instance.touch(running)
        self._originations.forget(running.lsdb.scope)
        self._ageing.forget(running.lsdb)
        del self._instance.area_of(running).interfaces[name]
        del self._instance.interfaces[name]


def _is_only_advertised(old: OspfSettings, new: OspfSettings) -> bool:
    """Whether settings differ in nothing but what our LSAs tell of the interface."""
    return old == replace(
        new,
        cost=old.cost,
        ldp_sync=old.ldp_sync,
        traffic_engineering=old.traffic_engineering,
    )
