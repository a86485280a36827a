"""Interfaces come up and go down; PIM runs on those that it is enabled on (RFC 7761 4.3.1)."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.net.interface import Interface
from controlplane.protocols.pim.downstream import Downstream
from controlplane.protocols.pim.dr import elect
from controlplane.protocols.pim.events import PimSettings
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.membership import Members
from controlplane.protocols.pim.neighbors import Neighbors
from controlplane.protocols.pim.notices import DrChanged
from controlplane.protocols.pim.rpt_downstream import RptDownstream
from controlplane.protocols.pim.sender import Sender
from controlplane.protocols.pim.tib import SourceTree, Tree
from controlplane.protocols.pim.timers import HelloTimer, TriggeredHelloTimer


class Interfaces:
    def __init__(
        self,
        instance: PimInstance,
        sender: Sender,
        neighbors: Neighbors,
        downstream: Downstream,
        rpt_downstream: RptDownstream,
        members: Members,
    ) -> None:
        self._instance = instance
        self._links = instance.links
        self._sender = sender
        self._neighbors = neighbors
        self._downstream = downstream
        self._rpt_downstream = rpt_downstream
        self._members = members
        self._enabled: dict[str, PimSettings] = {}

    def has_other_address(self, interface: Interface) -> bool:
        """Whether it is up already, with another primary address."""
        known = self._links.get(interface.name)
        return known is not None and known.address != interface.address

    def up(self, interface: Interface, now: Instant) -> None:
        """An interface works; of one that did already, its MTU and the like may differ."""
        self._links[interface.name] = interface
        running = self._instance.interfaces.get(interface.name)
        if running is not None:
            running.interface = interface
        elif interface.name in self._enabled:
            self._start(interface, now)

    def enable(self, name: str, settings: PimSettings, now: Instant) -> None:
        """Run PIM here, or run it with other settings; a Hello tells the neighbours of those."""
        self._enabled[name] = settings
        running = self._instance.interfaces.get(name)
        if running is None and name in self._links:
            self._start(self._links[name], now)
        elif running is not None and running.settings != settings:
            running.settings = settings
            self._sender.hello(running)
            self._instance.elect_dr(running)

    def down(self, name: str) -> None:
        """What hangs on an interface goes: neighbours, downstream state and local members."""
        self._links.pop(name, None)
        if (running := self._instance.interfaces.get(name)) is not None:
            self._stop(running)
        self._members.forget(name)

    def hello_at_once(self, name: str) -> None:
        """RFC 7761 4.3.1: "After an interface has changed its IP address, it MUST send a Hello"."""
        if (running := self._instance.interfaces.get(name)) is not None:
            self._sender.hello(running)

    def hello_timer_expires(self, interface: PimInterface, now: Instant) -> None:
        self._sender.hello(interface)
        timer = HelloTimer(interface.name)
        self._instance.timers.set(timer, now + interface.settings.hello_period)

    def _start(self, interface: Interface, now: Instant) -> None:
        instance, settings = self._instance, self._enabled[interface.name]
        running = PimInterface(
            interface=interface,
            settings=settings,
            generation_id=instance.rng.getrandbits(32),
            dr=elect(interface.address.ip, settings.dr_priority, ()),
        )
        instance.interfaces[interface.name] = running
        instance.surroundings_changed = True
        instance.outputs.append(DrChanged(running.name, running.dr.winner, running.dr.reason))
        delay = instance.rng.uniform(0, settings.triggered_hello_delay)
        instance.timers.set(HelloTimer(running.name), now + delay)

    def _stop(self, interface: PimInterface) -> None:
        self._sender.goodbye(interface)
        self._neighbors.remove_all(interface)
        for tree in self._instance.tib:
            self._forget_downstream(tree, interface.name)
        self._instance.timers.cancel(HelloTimer(interface.name))
        self._instance.timers.cancel(TriggeredHelloTimer(interface.name))
        del self._instance.interfaces[interface.name]
        self._instance.touch_all()

    def _forget_downstream(self, tree: Tree, interface: str) -> None:
        if interface in tree.downstream:
            self._downstream.forget(tree, interface)
        if isinstance(tree, SourceTree) and interface in tree.rpt_downstream:
            self._rpt_downstream.forget(tree, interface)
