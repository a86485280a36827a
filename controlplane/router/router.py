"""One router: interfaces, VRFs, engines and tables, wired together without I/O.

    PacketIn          inbound -> an engine, or forwarded by the CPU
    PortChanged       links -> tables and engines
    RoutesReplaced    RIB -> RPF of the VRF's PIM, and the VRFs whose routes lead through this one

What engines put out is the business of `exchange`; `vrf` makes the engines and tables. A router
draws its chance from the generator that it is given and reads no clock: the same inputs at the same
times give the same outputs, which is what a recording (`record`) is good for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from ipaddress import IPv4Network
from random import Random

from controlplane.engine.engine import InterfaceDown, InterfaceUp
from controlplane.engine.time import Instant
from controlplane.fib.build import FibBuilder
from controlplane.fib.model import Fib, PacketIn
from controlplane.fib.unicast import Neighbor
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.mac import MacAddress
from controlplane.protocols.icmp.events import ReportTimeExceeded
from controlplane.protocols.igmp.events import IgmpEnabled
from controlplane.protocols.pim.events import PimEnabled, RoutesChanged
from controlplane.rib.route import Route, RouteProtocol
from controlplane.router.config import InterfaceConfig, RouterConfig
from controlplane.router.counters import RouterCounters
from controlplane.router.events import (
    FibChanged,
    Output,
    PortChanged,
    RouterInput,
    RoutesReplaced,
)
from controlplane.router.exchange import Exchange
from controlplane.router.inbound import (
    Arrived,
    Delivery,
    Expired,
    Inbound,
    Refused,
    ToArp,
    ToForward,
    ToProtocol,
)
from controlplane.router.links import Links
from controlplane.router.outbound import Outbound
from controlplane.router.vrf import Vrf, make_vrfs
from controlplane.wire.icmp import UnreachableCode
from controlplane.wire.ipv4 import IpProtocol


class Router:
    """ProfileError when the profile of a VRF does not exist or cannot run."""

    def __init__(self, config: RouterConfig, rng: Random) -> None:
        self.config = config
        self.links = Links(config)
        self.vrfs = make_vrfs(config, self.links, rng)
        self.counters = RouterCounters()
        self.fib = Fib()
        mvpns = {name: vrf.mvpn for name, vrf in self.vrfs.items() if vrf.mvpn}
        neighbors: dict[Neighbor, MacAddress] = {}
        tables = {name: vrf.tables() for name, vrf in self.vrfs.items()}
        ribs = {name: vrf.rib for name, vrf in self.vrfs.items()}
        self._mvpns = mvpns
        self._builder = FibBuilder(self.links.interfaces, tables, neighbors)
        self._inbound = Inbound(self.links, mvpns, self.counters)
        self._outbound = Outbound(self.links, mvpns, ribs, neighbors, self.counters)
        self._exchange = Exchange(
            config.name, self.links, self.vrfs, self._outbound, self._builder, neighbors
        )

    def start(self, now: Instant) -> list[Output]:
        """Come up: with this, the first Hellos and queries are on their way."""
        for vrf in self.vrfs.values():
            self._replace(vrf, RouteProtocol.CONNECTED, self.links.connected(vrf.name), now)
        for item in self.config.interfaces:
            self._enable(item, now)
            self._interface_up(item, now)
        for mvpn in self._mvpns.values():
            for join in mvpn.joins():
                self._exchange.pim(DEFAULT_VRF, join, now)
        return self._finish()

    def handle(self, event: RouterInput, now: Instant) -> list[Output]:
        """Take one input; timers that are due before it are for `advance`, which came first."""
        match event:
            case PacketIn():
                for delivery in self._inbound.receive(event):
                    self._deliver(delivery, now)
            case PortChanged(port=port, up=up):
                if self.links.set_port(port, up):
                    self._port_changed(port, up, now)
            case RoutesReplaced(vrf=name, protocol=protocol, routes=routes):
                self._replace(self.vrfs[name], protocol, routes, now)
        return self._finish()

    def advance(self, now: Instant) -> list[Output]:
        """Let every timer that is due by now expire."""
        self._exchange.advance(now)
        return self._finish()

    def next_deadline(self) -> Instant | None:
        """When `advance` is due, None when no timer runs."""
        return self._exchange.next_deadline()

    def _finish(self) -> list[Output]:
        outputs, fib = self._exchange.take_outputs(), self._builder.build()
        if fib != self.fib:
            self.fib = fib
            outputs.append(FibChanged(fib))
        return outputs

    def _enable(self, item: InterfaceConfig, now: Instant) -> None:
        """Which protocols run on an interface, whenever it is up."""
        name, vrf = item.interface.name, item.interface.vrf
        if item.igmp is not None:
            self._exchange.igmp(vrf, IgmpEnabled(interface=name, settings=item.igmp), now)
        if item.pim is not None:
            self._exchange.pim(vrf, PimEnabled(interface=name, settings=item.pim), now)

    def _interface_up(self, item: InterfaceConfig, now: Instant) -> None:
        """PIM before IGMP, whose members hang on PIM's interfaces."""
        vrf, event = item.interface.vrf, InterfaceUp(interface=item.interface)
        self._exchange.arp(vrf, event, now)
        self._exchange.icmp(vrf, event, now)
        self._exchange.pim(vrf, event, now)
        self._exchange.igmp(vrf, event, now)

    def _interface_down(self, item: InterfaceConfig, now: Instant) -> None:
        vrf, event = item.interface.vrf, InterfaceDown(name=item.interface.name)
        self._exchange.igmp(vrf, event, now)
        self._exchange.pim(vrf, event, now)
        self._exchange.icmp(vrf, event, now)
        self._exchange.arp(vrf, event, now)

    def _port_changed(self, port: int, up: bool, now: Instant) -> None:
        items = self.links.on(port)
        for item in items if up else ():
            self._interface_up(item, now)
        for vrf in {item.interface.vrf: self.vrfs[item.interface.vrf] for item in items}.values():
            changed = vrf.rib.refresh()
            connected = self.links.connected(vrf.name)
            changed |= vrf.rib.replace(RouteProtocol.CONNECTED, connected)
            self._routes_changed(vrf, changed, now)
        for item in () if up else items:
            self._interface_down(item, now)

    def _replace(
        self, vrf: Vrf, protocol: RouteProtocol, routes: Collection[Route], now: Instant
    ) -> None:
        self._routes_changed(vrf, vrf.rib.replace(protocol, routes), now)

    def _routes_changed(self, vrf: Vrf, prefixes: frozenset[IPv4Network], now: Instant) -> None:
        """RPF may answer differently; a change of the provider's table may cut off or bring PEs."""
        if not prefixes:
            return
        self._builder.routes_changed(vrf.name, prefixes)
        self._exchange.pim(vrf.name, RoutesChanged(), now)
        if vrf.name == DEFAULT_VRF:
            for customer in self.vrfs.values():
                if customer is not vrf:
                    self._routes_changed(customer, customer.rib.refresh(), now)

    def _deliver(self, delivery: Delivery, now: Instant) -> None:
        match delivery:
            case ToArp(vrf, event):
                self._exchange.arp(vrf, event, now)
            case ToProtocol(vrf, IpProtocol.PIM, event):
                self._exchange.pim(vrf, event, now)
            case ToProtocol(vrf, IpProtocol.IGMP, event):
                self._exchange.igmp(vrf, event, now)
            case ToProtocol(vrf, _, event):
                self._exchange.icmp(vrf, event, now)
            case ToForward(arrived):
                self._forward(arrived, now)
            case Expired(arrived):
                self._expired(arrived, now)
            case Refused(arrived, code):
                self._exchange.unreachable(arrived, code, now)

    def _forward(self, arrived: Arrived, now: Instant) -> None:
        """What the pipeline would do if it knew the neighbour; it will, for the packets behind."""
        packet = arrived.packet
        neighbor = self._outbound.next_hop(arrived.interface.vrf, packet)
        if neighbor is None:
            self._exchange.unreachable(arrived, UnreachableCode.NET, now)
        elif packet.ttl <= 1:
            self._expired(arrived, now)
        else:
            onward = replace(packet, ttl=packet.ttl - 1)
            self._exchange.transmit(self._outbound.to_neighbor(neighbor, onward, arrived), now)

    def _expired(self, arrived: Arrived, now: Instant) -> None:
        if not arrived.to_many:
            name = arrived.interface.name
            event = ReportTimeExceeded(interface=name, datagram=arrived.datagram)
            self._exchange.icmp(arrived.interface.vrf, event, now)
