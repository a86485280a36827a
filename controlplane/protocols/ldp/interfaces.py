"""Interfaces come up and go down; LDP runs on those that it is enabled on."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.net.interface import Interface
from controlplane.protocols.ldp.addresses import Addresses
from controlplane.protocols.ldp.adjacencies import Adjacencies
from controlplane.protocols.ldp.discovery import Discovery
from controlplane.protocols.ldp.events import LdpEnabled
from controlplane.protocols.ldp.instance import LdpInstance


class Interfaces:
    def __init__(
        self,
        instance: LdpInstance,
        discovery: Discovery,
        adjacencies: Adjacencies,
        addresses: Addresses,
    ) -> None:
        self._instance = instance
        self._discovery = discovery
        self._adjacencies = adjacencies
        self._addresses = addresses

    def up(self, interface: Interface, now: Instant) -> None:
        """An interface works; with another address it is another one, and the old goes first."""
        known = self._instance.up.get(interface.name)
        if known is not None and known.address != interface.address:
            self.down(known.name, now)
            known = None
        self._instance.up[interface.name] = interface
        if known is not None:
            return
        self._addresses.activated(interface.address.ip)
        if interface.name in self._instance.enabled:
            self._discovery.start(interface.name, now)
        if interface.address.ip == self._instance.config.transport_address:
            self._discovery.start_targeted(now)

    def down(self, name: str, now: Instant) -> None:
        interface = self._instance.up.pop(name, None)
        if interface is None:
            return
        self._discovery.stop(name)
        self._adjacencies.remove_on(name, f"{name} is down", now)
        self._addresses.deactivated(interface.address.ip)

    def enable(self, event: LdpEnabled, now: Instant) -> None:
        """Run LDP here, or have its neighbours watched from now on, or not any more."""
        known = self._instance.enabled.get(event.interface)
        self._instance.enabled[event.interface] = event
        if known is not None:
            if known.bfd != event.bfd:
                self._adjacencies.watch_on(event.interface)
            return
        # Next hops on it are label switching routers now: of their FECs this is no egress.
        self._instance.touch_all()
        if event.interface in self._instance.up:
            self._discovery.start(event.interface, now)
