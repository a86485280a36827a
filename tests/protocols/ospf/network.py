"""Several OSPF engines on links with delay, loss, duplicates and reordering, on a virtual clock.

Everything is drawn from one seed, so a run is the same each time. Engines are told of links that go
up and down, unless a failure is silent; `engine_seconds` is how long their work took in real time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import count
from random import Random
from time import process_time

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived, SendPacket
from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.ospf.engine import OspfEngine
from controlplane.protocols.ospf.events import (
    NetworkType,
    OspfConfig,
    OspfEnabled,
    OspfInput,
    OspfOutput,
    OspfRoute,
    OspfSettings,
    RoutesUpdated,
)

P2P = OspfSettings(network=NetworkType.POINT_TO_POINT)
LAN = OspfSettings(network=NetworkType.BROADCAST)


@dataclass(frozen=True)
class Faults:
    """What happens to packets; `jitter` adds to the delay at random, so packets overtake others."""

    delay: Duration = 0.001
    jitter: Duration = 0.0
    loss: float = 0.0
    duplicates: float = 0.0


@dataclass
class Link:
    """`ends` has the interface name and address of each router; `blocked` are ways that are cut."""

    name: str
    prefix: IPv4Network
    ends: dict[str, IPv4Interface] = field(default_factory=dict)
    is_up: bool = True
    blocked: set[tuple[str, str]] = field(default_factory=set)
    tamper: Callable[[bytes], bytes] = lambda payload: payload


class Network:
    """Interfaces are named after their link."""

    def __init__(self, seed: int = 0, faults: Faults | None = None) -> None:
        self.now: Instant = 0.0
        self.rng = Random(seed)
        self.faults = faults or Faults()
        self.engines: dict[str, OspfEngine] = {}
        self.links: dict[str, Link] = {}
        self.routes: dict[str, dict[IPv4Network, OspfRoute]] = {}
        self.outputs: list[tuple[Instant, str, OspfOutput]] = []
        self.sent = 0
        self.engine_seconds = 0.0
        self._prefixes = IPv4Network("10.0.0.0/8").subnets(new_prefix=24)
        self._interfaces: dict[str, dict[str, tuple[Interface, OspfSettings]]] = {}
        self._agenda: list[tuple[Instant, int, str, OspfInput | None]] = []
        self._wakes: dict[str, Instant] = {}
        self._order = count()

    def router(self, name: str, router_id: str, config: OspfConfig | None = None) -> None:
        """Start, or start anew, a router; its links have to be (re)made after it."""
        chosen = IPv4Address(router_id)
        config = replace(config, router_id=chosen) if config else OspfConfig(router_id=chosen)
        self.engines[name] = OspfEngine(config, Random(self.rng.random()))
        self._interfaces[name] = {}
        self.routes[name] = {}

    def link(self, *names: str, settings: OspfSettings = P2P, **own: OspfSettings) -> Link:
        """Routers get addresses by their order; `own` are settings of one of them."""
        link = self.wire(*names)
        for name in names:
            self.attach(name, link, own.get(name, settings))
        return link

    def wire(self, *names: str) -> Link:
        """A link that no router uses yet."""
        prefix = next(self._prefixes)
        link = Link("-".join(names), prefix)
        assert link.name not in self.links
        self.links[link.name] = link
        for number, name in enumerate(names, start=1):
            link.ends[name] = IPv4Interface(f"{prefix[number]}/{prefix.prefixlen}")
        return link

    def attach(self, name: str, link: Link, settings: OspfSettings, mtu: int = 1500) -> None:
        index = len(self._interfaces[name]) + 1
        interface = Interface(
            name=link.name,
            index=index,
            kind=InterfaceKind.ETHERNET,
            address=link.ends[name],
            mtu=mtu,
        )
        self._up(name, interface, settings)

    def loopback(self, name: str, address: str, settings: OspfSettings = P2P) -> None:
        interface = Interface(
            name="lo", index=99, kind=InterfaceKind.LOOPBACK, address=IPv4Interface(address)
        )
        self._up(name, interface, settings)

    def cut(self, link: Link, *, silently: bool = False) -> None:
        """Packets do not pass any more; the routers see it unless it is silent."""
        link.is_up = False
        if not silently:
            for name in link.ends:
                self.tell(name, InterfaceDown(name=link.name))

    def mend(self, link: Link) -> None:
        link.is_up = True
        for name in link.ends:
            if link.name in self._interfaces[name]:
                interface = self._interfaces[name][link.name][0]
                self.tell(name, InterfaceUp(interface=interface))

    def stop(self, name: str) -> None:
        """A router is gone without a word."""
        del self.engines[name]
        self._wakes.pop(name, None)

    def tell(self, name: str, event: OspfInput) -> None:
        """Hand an input to a router at once."""
        began = process_time()
        outputs = self.engines[name].handle(event, self.now)
        self.engine_seconds += process_time() - began
        self._carry_out(name, outputs)

    def run(self, duration: Duration) -> None:
        """Let time pass."""
        until = self.now + duration
        while self._agenda and self._agenda[0][0] <= until:
            at, _, name, event = heapq.heappop(self._agenda)
            self.now = max(self.now, at)
            if name not in self.engines:
                continue
            if event is not None:
                self.tell(name, event)
            elif self._wakes.get(name) == at:
                del self._wakes[name]
                self._advance(name)
        self.now = until

    def notices(self, kind: type[Notice], name: str | None = None) -> list[Notice]:
        return [
            output
            for _, router, output in self.outputs
            if isinstance(output, kind) and name in (None, router)
        ]

    def words(self, name: str) -> list[str]:
        """What a router has told people."""
        return [o.words() for _, who, o in self.outputs if who == name and isinstance(o, Notice)]

    def _up(self, name: str, interface: Interface, settings: OspfSettings) -> None:
        self._interfaces[name][interface.name] = (interface, settings)
        self.tell(name, OspfEnabled(interface=interface.name, settings=settings))
        self.tell(name, InterfaceUp(interface=interface))

    def _advance(self, name: str) -> None:
        began = process_time()
        outputs = self.engines[name].advance(self.now)
        self.engine_seconds += process_time() - began
        self._carry_out(name, outputs)

    def _carry_out(self, name: str, outputs: list[OspfOutput]) -> None:
        for output in outputs:
            if isinstance(output, SendPacket):
                self._send(name, output)
                continue
            self.outputs.append((self.now, name, output))
            if isinstance(output, RoutesUpdated):
                self._install(name, output)
        self._wake(name)

    def _install(self, name: str, update: RoutesUpdated) -> None:
        for prefix in update.withdrawn:
            del self.routes[name][prefix]
        self.routes[name].update({route.prefix: route for route in update.changed})

    def _wake(self, name: str) -> None:
        deadline = self.engines[name].next_deadline()
        if deadline is not None and self._wakes.get(name) != deadline:
            at = max(deadline, self.now)
            self._wakes[name] = at
            heapq.heappush(self._agenda, (at, next(self._order), name, None))

    def _send(self, name: str, packet: SendPacket) -> None:
        self.sent += 1
        link = self.links[packet.interface]
        for other in self._receivers(link, name, packet):
            for delay in self._deliveries():
                event = PacketReceived(
                    interface=link.name,
                    source=packet.source,
                    destination=packet.destination,
                    payload=link.tamper(packet.payload),
                    ttl=packet.ttl,
                )
                at = self.now + delay
                heapq.heappush(self._agenda, (at, next(self._order), other, event))

    def _receivers(self, link: Link, sender: str, packet: SendPacket) -> Iterator[str]:
        if not link.is_up:
            return
        for name, address in link.ends.items():
            reaches = packet.destination.is_multicast or packet.destination == address.ip
            if name != sender and reaches and (sender, name) not in link.blocked:
                yield name

    def _deliveries(self) -> Iterator[Duration]:
        """When a packet arrives: never, once or twice."""
        faults, rng = self.faults, self.rng
        if faults.loss and rng.random() < faults.loss:
            return
        yield faults.delay + (rng.uniform(0, faults.jitter) if faults.jitter else 0)
        if faults.duplicates and rng.random() < faults.duplicates:
            yield faults.delay + rng.uniform(0, max(faults.jitter, faults.delay))
