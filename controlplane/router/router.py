"""One router: interfaces, VRFs, engines and tables, wired together without I/O.

    PacketIn          inbound -> an engine, the host stack, or forwarded by the CPU
    PortChanged       links -> tables and engines
    RoutesReplaced    routing -> RIB, and all whom its changes concern
    StreamEvent       -> the engine whose stream it is
    HostPacketOut     -> submitted to the pipeline
    CountersRead      -> the engines that asked for it (`wants_counters`)

What engines put out is the business of `exchange`; `vrf` makes the engines and tables. A router
draws its chance from the generator that it is given and reads no clock: the same inputs at the same
times give the same outputs, which is what a recording (`record`) is good for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from controlplane.engine.engine import InterfaceDown, InterfaceUp
from controlplane.engine.labels import LabelSpace
from controlplane.engine.time import Duration, Instant
from controlplane.fib.build import FibBuilder, Mpls
from controlplane.fib.counts import CountersRead
from controlplane.fib.model import Fib, PacketIn
from controlplane.fib.unicast import Neighbor
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.mac import MacAddress
from controlplane.protocols.bfd.events import BfdEnabled
from controlplane.protocols.icmp.events import ReportTimeExceeded
from controlplane.protocols.igmp.events import IgmpEnabled
from controlplane.protocols.ldp.events import LdpEnabled
from controlplane.protocols.ospf.events import OspfEnabled
from controlplane.protocols.pim.events import PimEnabled
from controlplane.rib.labels import LabelTable
from controlplane.rib.route import RouteProtocol
from controlplane.rib.vpn_labels import VpnLabelTable
from controlplane.router import readings
from controlplane.router.bgp_inputs import BgpInputs
from controlplane.router.config import InterfaceConfig, RouterConfig
from controlplane.router.counters import RouterCounters
from controlplane.router.deliveries import (
    Arrived,
    Delivery,
    Expired,
    Refused,
    ToArp,
    ToForward,
    ToFragment,
    ToHostStack,
    ToMulticastRouting,
    TooLarge,
    ToPort,
    ToProtocol,
    Unforwarded,
    Untaken,
)
from controlplane.router.engines import Engines
from controlplane.router.events import (
    FibChanged,
    HostPacket,
    HostPacketOut,
    Output,
    PortChanged,
    RouterInput,
    RoutesReplaced,
    StreamEvent,
)
from controlplane.router.exchange import Exchange
from controlplane.router.inbound import Inbound
from controlplane.router.links import Links
from controlplane.router.mvpns import Mvpns
from controlplane.router.outbound import Outbound
from controlplane.router.routing import Routing
from controlplane.router.second_try import SecondTries
from controlplane.router.vpns import Vpns
from controlplane.router.vrf import make_vrfs
from controlplane.wire.icmp import UnreachableCode
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.udp import WellKnownPort


class Router:
    """ProfileError when the profile of a VRF does not exist or cannot run."""

    def __init__(self, config: RouterConfig, rng: Random) -> None:
        self.config = config
        self.links = Links(config)
        space = LabelSpace()
        self.vrfs = make_vrfs(config, self.links, space, rng)
        self.counters = RouterCounters()
        self.fib = Fib()
        mvpns = {name: vrf.mvpn for name, vrf in self.vrfs.items() if vrf.mvpn}
        neighbors: dict[Neighbor, MacAddress] = {}
        tables = {name: vrf.tables() for name, vrf in self.vrfs.items()}
        self.labels = LabelTable()
        self.vpn_labels = VpnLabelTable(space)
        self._builder = FibBuilder(self.links.interfaces, tables, neighbors, self._mpls())
        self._inbound = Inbound(
            self.links, self.vrfs, self.counters, config.ttl_mode, self.vpn_labels
        )
        self._outbound = Outbound(self.links, self.vrfs, neighbors, self.counters)
        self._second_tries = SecondTries(self.vrfs, self._outbound)
        self._engines = Engines(self.vrfs)
        self._vpns = Vpns(config, self.vrfs, self._engines, self._builder, self.vpn_labels)
        self._mvpns = Mvpns(mvpns, self._engines, self._builder)
        self._routing = Routing(
            self.links,
            self.vrfs,
            self._engines,
            self._builder,
            config.redistribute,
            BgpInputs(self.links, self.vrfs, self._engines, _told_by_bgp(config)),
        )
        self._exchange = Exchange(
            config.name,
            self.links,
            self.vrfs,
            self._engines,
            self._routing,
            self._outbound,
            self._builder,
            self.labels,
            self._vpns,
            self._mvpns,
            neighbors,
        )
        self.log = self._exchange.log

    def start(self, now: Instant) -> list[Output]:
        """Come up: with this, the first Hellos and queries are on their way."""
        self._vpns.start(now)
        for vrf in self.vrfs.values():
            connected = self.links.connected(vrf.name)
            self._routing.replace(vrf.name, RouteProtocol.CONNECTED, connected, now)
        for item in self.config.interfaces:
            self._enable(item, now)
            self._interface_up(item, now)
        self._mvpns.start(now)
        return self._finish(now)

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
                self._routing.replace(name, protocol, routes, now)
            case StreamEvent(vrf=name, event=happened):
                self._engines.stream(name, happened, now)
            case HostPacketOut(vrf=name, datagram=datagram):
                self._exchange.put_out(self._outbound.submit(name, datagram))
            case CountersRead():
                readings.tell(self._engines, self.vrfs, event, now)
        return self._finish(now)

    def advance(self, now: Instant) -> list[Output]:
        """Let every timer that is due by now expire."""
        self._engines.advance(now)
        return self._finish(now)

    def next_deadline(self) -> Instant | None:
        """When `advance` is due, None when no timer runs."""
        return self._engines.next_deadline()

    @property
    def wants_counters(self) -> Duration | None:
        """How often the driver shall read the switch's counters for the router, None: not at all.

        Each reading but the first comes as `CountersRead`.
        """
        return readings.wanted_period(self.vrfs)

    def _finish(self, now: Instant) -> list[Output]:
        outputs = self._exchange.settle(now)
        fib = self._builder.build()
        if fib != self.fib:
            self.fib = fib
            self._exchange.resolve_next_hops(now)
            outputs += self._exchange.settle(now)
            outputs.append(FibChanged(fib))
        return [*outputs, *self._second_tries.settle()]

    def _mpls(self) -> Mpls:
        labelled = (i.interface.name for i in self.config.interfaces if i.ldp)
        return Mpls(
            labels=self.labels,
            vpn_labels=self.vpn_labels,
            interfaces=frozenset(labelled),
            ttl_mode=self.config.ttl_mode,
        )

    def _enable(self, item: InterfaceConfig, now: Instant) -> None:
        """Which protocols run on an interface, whenever it is up."""
        name, vrf = item.interface.name, item.interface.vrf
        if item.igmp is not None:
            self._engines.igmp(vrf, IgmpEnabled(interface=name, settings=item.igmp), now)
        if item.pim is not None:
            self._engines.pim(vrf, PimEnabled(interface=name, settings=item.pim), now)
        if item.bfd is not None:
            self._engines.bfd(vrf, BfdEnabled(interface=name, settings=item.bfd), now)
        if item.ospf is not None:
            self._engines.ospf(vrf, OspfEnabled(interface=name, settings=item.ospf), now)
        if item.ldp:
            self._engines.ldp(vrf, LdpEnabled(interface=name, bfd=item.bfd is not None), now)

    def _interface_up(self, item: InterfaceConfig, now: Instant) -> None:
        """PIM before IGMP, whose members hang on PIM's interfaces; BFD before all that use it."""
        vrf, event = item.interface.vrf, InterfaceUp(interface=item.interface)
        self._engines.arp(vrf, event, now)
        self._engines.icmp(vrf, event, now)
        self._engines.bfd(vrf, event, now)
        self._engines.ospf(vrf, event, now)
        self._engines.ldp(vrf, event, now)
        self._engines.bgp(vrf, event, now)
        self._engines.pim(vrf, event, now)
        self._engines.igmp(vrf, event, now)

    def _interface_down(self, item: InterfaceConfig, now: Instant) -> None:
        vrf, event = item.interface.vrf, InterfaceDown(name=item.interface.name)
        self._engines.igmp(vrf, event, now)
        self._engines.pim(vrf, event, now)
        self._engines.bgp(vrf, event, now)
        self._engines.ldp(vrf, event, now)
        self._engines.ospf(vrf, event, now)
        self._engines.bfd(vrf, event, now)
        self._engines.icmp(vrf, event, now)
        self._engines.arp(vrf, event, now)

    def _port_changed(self, port: int, up: bool, now: Instant) -> None:
        items = self.links.on(port)
        for item in items if up else ():
            self._interface_up(item, now)
        for vrf in dict.fromkeys(item.interface.vrf for item in items):
            self._routing.port_changed(vrf, now)
        for item in () if up else items:
            self._interface_down(item, now)

    def _deliver(self, delivery: Delivery, now: Instant) -> None:
        match delivery:
            case ToArp(vrf, event):
                self._engines.arp(vrf, event, now)
            case ToProtocol(vrf, IpProtocol.PIM, event):
                self._engines.pim(vrf, event, now)
            case ToProtocol(vrf, IpProtocol.IGMP, event):
                self._engines.igmp(vrf, event, now)
            case ToProtocol(vrf, IpProtocol.OSPF, event):
                self._engines.ospf(vrf, event, now)
            case ToProtocol(vrf, _, event):
                self._engines.icmp(vrf, event, now)
            case ToPort(vrf, WellKnownPort.LDP, event):
                self._engines.ldp(vrf, event, now)
            case ToPort(vrf, WellKnownPort.S_PMSI, event):
                self._engines.s_pmsi(vrf, event, now)
            case ToPort(vrf, _, event):
                self._engines.bfd(vrf, event, now)
            case ToMulticastRouting(vrf, event):
                self._engines.pim(vrf, event, now)
            case Unforwarded() | Untaken():
                self._second_tries.wait(delivery)
            case ToHostStack(vrf, datagram):
                self._exchange.put_out(HostPacket(vrf=vrf, datagram=datagram))
            case ToForward(arrived):
                self._forward(arrived, now)
            case Expired(arrived):
                self._expired(arrived, now)
            case TooLarge(arrived, room):
                needed = UnreachableCode.FRAGMENTATION_NEEDED
                self._exchange.unreachable(arrived, needed, now, next_hop_mtu=room)
            case ToFragment(frame, interface):
                self._exchange.transmit(self._outbound.send_in_pieces(frame, interface), now)
            case Refused(arrived, code):
                self._exchange.unreachable(arrived, code, now)

    def _forward(self, arrived: Arrived, now: Instant) -> None:
        """What the pipeline would do if it knew the neighbour; it will, for the packets behind."""
        packet = arrived.packet
        neighbor = self._outbound.next_hop(arrived.interface.vrf, packet)
        if neighbor is None:
            self._exchange.unreachable(arrived, UnreachableCode.NET, now)
        elif arrived.is_own:
            self._exchange.transmit(self._outbound.to_neighbor(neighbor, packet, arrived), now)
        elif packet.ttl <= 1:
            self._expired(arrived, now)
        else:
            onward = replace(packet, ttl=packet.ttl - 1)
            self._exchange.transmit(self._outbound.to_neighbor(neighbor, onward, arrived), now)

    def _expired(self, arrived: Arrived, now: Instant) -> None:
        if not arrived.to_many:
            name = arrived.interface.name
            event = ReportTimeExceeded(
                interface=name,
                datagram=arrived.datagram,
                labels=arrived.labels,
                at_end=arrived.at_end,
            )
            self._engines.icmp(arrived.interface.vrf, event, now)


def _told_by_bgp(config: RouterConfig) -> Mapping[str, frozenset[RouteProtocol]]:
    """The protocols whose routes BGP of each VRF redistributes."""
    of_vrfs = {item.name: item.redistribute for item in config.vrfs}
    return {DEFAULT_VRF: config.bgp_redistribute, **of_vrfs}
