"""A switch that does what a Fib says, packet by packet: the tests' stand-in for the P4 program.

It reads nothing but the Fib. Policers are left out, and ECMP (the first member of a group is taken)
and the pipe model: labels take the IPv4 TTL along. Of counters it has those of multicast routes.
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
    Nhlfe,
    PacketIn,
    PopAndLookUp,
    Port,
    Receive,
    Replica,
    Submit,
)
from controlplane.net.label import IMPLICIT_NULL
from controlplane.net.mac import multicast_mac
from controlplane.net.multicast import LINK_LOCAL, SourceGroup, TreeName
from controlplane.net.punt import PuntReason
from controlplane.p4rt import names
from controlplane.p4rt.counters import NOTHING_COUNTED, Count, Counters, RouteEntry
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import Reader

Copies: TypeAlias = list[tuple[int, bytes]]


class Switch:
    """One packet at a time: `process` and `submit` return the frames that leave."""

    def __init__(self) -> None:
        self.fib = Fib()
        self.punted: list[PacketIn] = []
        self.counted: dict[tuple[int, TreeName], Count] = {}

    def read_counters(self) -> Counters:
        """Of multicast routes alone."""
        entries = {
            RouteEntry(vrf, tree, names.MULTICAST_ROUTE, vrf): count
            for (vrf, tree), count in self.counted.items()
        }
        return replace(NOTHING_COUNTED, entries=entries)

    def process(self, port: int, frame: bytes) -> Copies:
        ethernet = EthernetFrame.decode(Reader(frame))
        at = Port(port, ethernet.vlan)
        interface = next((i for i in self.fib.interfaces if i.at == at), None)
        if interface is None:
            return []
        if not (ethernet.destination.is_group or ethernet.destination == interface.mac):
            return []
        if ethernet.ethertype == EtherType.MPLS and not interface.mpls:
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
            if ethernet.ethertype == EtherType.MPLS:
                return self._labelled(Reader(ethernet.payload))
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
            if self._interface.index not in route.iifs:
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
            if customer is not None and route.tail.iif in customer.iifs:
                return customer.replicas
            missing = PuntReason.NO_MULTICAST_ROUTE if customer is None else PuntReason.RPF_FAILED
            self._punt(missing, route.tail.iif)
            return route.replicas

        def _route(self, vrf: int, packet: Ipv4Packet) -> MulticastRoute | None:
            sg = SourceGroup(packet.source, packet.destination)
            found = next((r for r in self._fib.multicast if (r.vrf, r.tree) == (vrf, sg)), None)
            if found is not None:
                self._count(vrf, sg)
            return found

        def _count(self, vrf: int, sg: SourceGroup) -> None:
            """What is behind a selective tunnel counts for its VRF."""
            owners = {table.number: table.vrf for table in self._fib.tail_tables}
            name, counted = (owners.get(vrf, vrf), sg), self._switch.counted
            counted[name] = counted.get(name, Count()).plus(Count(1, len(self._frame)))

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
            if isinstance(replica.rewrite, Decapsulate):
                packet = _inner(packet)
            onward = replace(packet, ttl=packet.ttl - self._cost)
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
            if action is not None and packet.ttl <= self._cost:
                return self._punt(PuntReason.TTL_EXPIRED)
            if isinstance(action, Glean):
                return self._punt(PuntReason.GLEAN)
            return self._forward(action, packet) if isinstance(action, Forward) else []

        @property
        def _cost(self) -> int:
            """The TTL that this hop takes off: nothing of what the CPU submits."""
            return 0 if self._interface.at.port == 0 else 1

        def _member(self, action: Forward) -> Nhlfe | None:
            groups = (group.members for group in self._fib.groups if group.way == action.way)
            return next(iter(next(groups)), None)

        def _forward(self, action: Forward, packet: Ipv4Packet) -> Copies:
            member = self._member(action)
            if member is None:
                return self._punt(PuntReason.GLEAN)
            onward = replace(packet, ttl=packet.ttl - self._cost)
            if member.label in (None, IMPLICIT_NULL):
                return _leave(member, EtherType.IPV4, onward.encode())
            entry = LabelStackEntry(label=member.label or 0, ttl=onward.ttl)
            labelled = LabelStack((entry,)).encode() + onward.encode()
            return _leave(member, EtherType.MPLS, labelled)

        def _labelled(self, reader: Reader) -> Copies:
            """By the one label of a stack: LDP alone gives labels here."""
            (top,) = LabelStack.decode(reader).entries
            packet = Ipv4Packet.decode(reader)
            routes = (route.action for route in self._fib.labels if route.label == top.label)
            action = next(routes, None)
            if isinstance(action, PopAndLookUp):
                return self._unicast(replace(packet, ttl=min(packet.ttl, top.ttl)))
            if action is None:
                return []
            if top.ttl <= self._cost:
                return self._punt(PuntReason.TTL_EXPIRED)
            onward = replace(top, ttl=top.ttl - self._cost)
            return self._switched(self._member(action), onward, packet)

        def _switched(
            self, member: Nhlfe | None, top: LabelStackEntry, packet: Ipv4Packet
        ) -> Copies:
            if member is None:
                return self._punt(PuntReason.GLEAN)
            if member.label is None:
                return []
            if member.label == IMPLICIT_NULL:
                popped = replace(packet, ttl=min(packet.ttl, top.ttl))
                return _leave(member, EtherType.IPV4, popped.encode())
            swapped = LabelStack((replace(top, label=member.label),)).encode()
            return _leave(member, EtherType.MPLS, swapped + packet.encode())


def _leave(member: Nhlfe, ethertype: EtherType, payload: bytes) -> Copies:
    adjacency = member.adjacency
    frame = EthernetFrame(
        destination=adjacency.destination_mac,
        source=adjacency.source_mac,
        ethertype=ethertype,
        payload=payload,
        vlan=adjacency.at.vlan,
    )
    return [(adjacency.at.port, frame.encode())]


def _inner(outer: Ipv4Packet) -> Ipv4Packet:
    return Ipv4Packet.decode(Reader(GrePacket.decode(Reader(outer.payload)).payload))
