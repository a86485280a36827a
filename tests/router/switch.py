"""A switch that does what a Fib says, packet by packet: the tests' stand-in for the P4 program.

It reads nothing but the Fib. Policers are left out, and counters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from controlplane.fib.model import (
    Decapsulate,
    Encapsulate,
    Fib,
    FibInterface,
    Forward,
    Glean,
    MulticastRoute,
    PacketIn,
    Port,
    Receive,
    Replica,
    Submit,
)
from controlplane.net.mac import multicast_mac
from controlplane.net.multicast import LINK_LOCAL, SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader

Copies: TypeAlias = list[tuple[int, bytes]]


class Switch:
    """One packet at a time: `process` and `submit` return the frames that leave."""

    def __init__(self) -> None:
        self.fib = Fib()
        self.punted: list[PacketIn] = []

    def process(self, port: int, frame: bytes) -> Copies:
        ethernet = EthernetFrame.decode(Reader(frame))
        at = Port(port, ethernet.vlan)
        interface = next((i for i in self.fib.interfaces if i.at == at), None)
        if interface is None:
            return []
        if not (ethernet.destination.is_group or ethernet.destination == interface.mac):
            return []
        return self._Pass(self, interface, frame).run(ethernet)

    def submit(self, submit: Submit) -> Copies:
        ethernet = EthernetFrame.decode(Reader(submit.frame))
        cpu = FibInterface(Port(0), submit.interface, submit.vrf, ethernet.source)
        return self._Pass(self, cpu, submit.frame).run(ethernet)

    class _Pass:
        """One packet's way through the pipeline."""

        def __init__(self, switch: Switch, interface: FibInterface, frame: bytes) -> None:
            self._switch = switch
            self._fib = switch.fib
            self._interface = interface
            self._frame = frame

        def run(self, ethernet: EthernetFrame) -> Copies:
            if ethernet.ethertype == EtherType.ARP:
                return self._punt(PuntReason.ARP)
            packet = Ipv4Packet.decode(Reader(ethernet.payload))
            if packet.destination.is_multicast:
                return self._multicast(packet)
            return self._unicast(packet)

        def _punt(self, reason: PuntReason, interface: int | None = None) -> Copies:
            index = self._interface.index if interface is None else interface
            punted = PacketIn(self._interface.at.port, index, reason, self._frame)
            self._switch.punted.append(punted)
            return []

        def _multicast(self, packet: Ipv4Packet) -> Copies:
            if packet.protocol == IpProtocol.IGMP:
                return self._punt(PuntReason.IGMP)
            if packet.destination in LINK_LOCAL:
                return self._punt(PuntReason.LINK_LOCAL)
            route = self._route(self._interface.vrf, packet)
            if route is None:
                return self._punt(PuntReason.NO_MULTICAST_ROUTE)
            if route.iif != self._interface.index:
                return self._punt(PuntReason.RPF_FAILED)
            replicas = self._behind_tunnel(route, packet) if route.tail else route.replicas
            return [copy for replica in replicas for copy in self._copy(replica, packet)]

        def _behind_tunnel(self, route: MulticastRoute, outer: Ipv4Packet) -> frozenset[Replica]:
            assert route.tail is not None
            inner = _inner(outer)
            if inner.destination in LINK_LOCAL:
                self._punt(PuntReason.LINK_LOCAL, route.tail.iif)
                return route.replicas
            customer = self._route(route.tail.vrf, inner)
            if customer is not None and customer.iif == route.tail.iif:
                return customer.replicas
            missing = PuntReason.NO_MULTICAST_ROUTE if customer is None else PuntReason.RPF_FAILED
            self._punt(missing, route.tail.iif)
            return route.replicas

        def _route(self, vrf: int, packet: Ipv4Packet) -> MulticastRoute | None:
            sg = SourceGroup(packet.source, packet.destination)
            return next((r for r in self._fib.multicast if (r.vrf, r.sg) == (vrf, sg)), None)

        def _copy(self, replica: Replica, packet: Ipv4Packet) -> Copies:
            rewritten = self._rewrite(replica, packet)
            frame = EthernetFrame(
                destination=multicast_mac(rewritten.destination),
                source=replica.source_mac,
                ethertype=EtherType.IPV4,
                payload=rewritten.encode(),
                vlan=replica.at.vlan,
            )
            is_back = replica.at == self._interface.at
            return [] if is_back else [(replica.at.port, frame.encode())]

        def _rewrite(self, replica: Replica, packet: Ipv4Packet) -> Ipv4Packet:
            is_own = self._interface.at.port == 0
            if isinstance(replica.rewrite, Decapsulate):
                packet = _inner(packet)
            onward = packet if is_own else replace(packet, ttl=packet.ttl - 1)
            if not isinstance(replica.rewrite, Encapsulate):
                return onward
            gre = GrePacket(protocol_type=EtherType.IPV4, payload=onward.encode())
            return Ipv4Packet(
                source=replica.rewrite.source,
                destination=replica.rewrite.group,
                protocol=IpProtocol.GRE,
                payload=gre.encode(),
                ttl=replica.rewrite.ttl,
                dont_fragment=replica.rewrite.dont_fragment,
            )

        def _unicast(self, packet: Ipv4Packet) -> Copies:
            routes = (
                route
                for route in self._fib.unicast
                if route.vrf == self._interface.vrf and packet.destination in route.prefix
            )
            best = max(routes, key=lambda route: route.prefix.prefixlen, default=None)
            action = best.action if best else None
            if isinstance(action, Receive):
                return self._punt(PuntReason.TO_ME)
            if action is not None and packet.ttl <= 1:
                return self._punt(PuntReason.TTL_EXPIRED)
            if isinstance(action, Glean):
                return self._punt(PuntReason.GLEAN)
            return self._forward(action, packet) if isinstance(action, Forward) else []

        def _forward(self, action: Forward, packet: Ipv4Packet) -> Copies:
            groups = (group.members for group in self._fib.groups if group.way == action.way)
            member = next(iter(next(groups)), None)
            if member is None:
                return self._punt(PuntReason.GLEAN)
            adjacency = member.adjacency
            frame = EthernetFrame(
                destination=adjacency.destination_mac,
                source=adjacency.source_mac,
                ethertype=EtherType.IPV4,
                payload=replace(packet, ttl=packet.ttl - 1).encode(),
                vlan=adjacency.at.vlan,
            )
            return [(adjacency.at.port, frame.encode())]


def _inner(outer: Ipv4Packet) -> Ipv4Packet:
    return Ipv4Packet.decode(Reader(GrePacket.decode(Reader(outer.payload)).payload))
