"""Random packets that are aimed at what a Fib has: a tree, a tunnel's leaf, an RP, a label, a host.

Most hit. The others have another address, interface, MAC address or form than the Fib expects, or
are damaged.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, TypeVar

from controlplane.fib.model import (
    REGISTERS,
    Fib,
    FibInterface,
    MulticastRoute,
    PacketOut,
    PopAndLookUp,
    Port,
    Receive,
    Submit,
)
from controlplane.net.label import EXPLICIT_NULL
from controlplane.net.mac import MacAddress, multicast_mac
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from tests.p4.differential.headers import (
    ARP,
    IGMP,
    IPV4,
    IPV6,
    MPLS,
    OSPF,
    PIM,
    damaged,
    ethernet,
    gre,
    ip,
    labelled,
    register,
    transport,
)
from tests.p4.differential.tables import (
    BLUE,
    CORE,
    GROUPS,
    HOSTS,
    LABELS,
    PES,
    PORTS,
    RED,
    TUNNELS,
    VLANS,
    own_mac,
)

T = TypeVar("T")

LINK_LOCAL: Final = (IPv4Address("224.0.0.13"), IPv4Address("224.0.0.22"))
EVERYBODY: Final = MacAddress(0xFF_FF_FF_FF_FF_FF)
ANYWHERE: Final = FibInterface(Port(9), 0, CORE, own_mac(9))


@dataclass(frozen=True, slots=True)
class Received:
    """A frame that arrives on a port."""

    port: int
    frame: bytes


Stimulus = Received | PacketOut | Submit


@dataclass(frozen=True, slots=True)
class Packet:
    """What is behind an Ethernet header, and on which interface it should come in."""

    at: FibInterface
    kind: int
    octets: bytes
    group: IPv4Address | None = None
    """Whose MAC address the frame is to."""


class Packets:
    """A stream of random packets for one Fib."""

    def __init__(self, rng: random.Random, fib: Fib) -> None:
        self._rng = rng
        self._interfaces = sorted(fib.interfaces, key=lambda item: item.index)
        self._trees = sorted(fib.multicast, key=str)
        self._leaves = [tree for tree in self._trees if tree.tail]
        self._own = sorted(
            (route.vrf, route.prefix.network_address)
            for route in fib.unicast
            if isinstance(route.action, Receive) and route.prefix.prefixlen == 32
        )
        self._labels = sorted(route.label for route in fib.labels)
        self._ends = [
            (route.label, route.action.vrf)
            for route in sorted(fib.labels, key=lambda route: route.label)
            if isinstance(route.action, PopAndLookUp)
        ]

    def next(self) -> Stimulus:
        """One that arrives or, of ten one, that the CPU sends."""
        rng, packet = self._rng, self._packet()
        frame = self._frame(packet)
        match rng.randrange(20):
            case 0:
                return PacketOut(rng.choice(PORTS), frame)
            case 1:
                at = rng.choice((packet.at.index, *TUNNELS, REGISTERS, 0))
                return Submit(rng.choice((packet.at.vrf, CORE, RED, BLUE)), at, frame)
        return Received(packet.at.at.port if rng.random() < 0.95 else rng.choice(PORTS), frame)

    def _packet(self) -> Packet:
        makes: tuple[Callable[[], Packet], ...] = (
            self._arp, self._control, self._unicast, self._to_me,
            self._tree, self._tunnel, self._register, self._labelled,
        )  # fmt: skip
        return self._rng.choices(makes, (2, 6, 15, 6, 20, 25, 10, 20))[0]()

    def _frame(self, packet: Packet) -> bytes:
        rng = self._rng
        right = multicast_mac(packet.group) if packet.group else packet.at.mac
        to = rng.choices((right, EVERYBODY, own_mac(9)), (96, 2, 2))[0]
        vlan = packet.at.at.vlan if rng.random() < 0.96 else rng.choice((*VLANS, 8))
        frame = ethernet(rng, to, vlan, packet.kind, packet.octets)
        return damaged(rng, frame) if rng.random() < 0.12 else frame

    # -- what hits nothing but interfaces

    def _arp(self) -> Packet:
        kind = self._rng.choice((ARP, ARP, IPV6))
        return Packet(self._interface(self._interfaces), kind, self._rng.randbytes(28))

    def _control(self) -> Packet:
        """Of protocols that end at each router."""
        at, group = self._interface(self._interfaces), self._rng.choice((*LINK_LOCAL, *GROUPS))
        return Packet(at, IPV4, self._control_octets(group), group)

    def _control_octets(self, group: IPv4Address) -> bytes:
        body = self._rng.choice((IGMP, PIM, OSPF)), self._rng.randbytes(self._rng.choice((8, 20)))
        return ip(self._rng, self._rng.choice(HOSTS), group, body)

    # -- unicast

    def _unicast(self) -> Packet:
        return Packet(self._interface(self._interfaces), IPV4, self._unicast_octets())

    def _unicast_octets(self) -> bytes:
        rng = self._rng
        goal = rng.choice((*HOSTS, *PES))
        return ip(rng, rng.choice(HOSTS), goal, transport(rng))

    def _to_me(self) -> Packet:
        vrf, address = self._one(self._own, (CORE, PES[0]))
        octets = ip(self._rng, self._rng.choice((*HOSTS, *PES)), address, transport(self._rng))
        return Packet(self._in_vrf(vrf), IPV4, octets)

    def _labelled(self) -> Packet:
        rng, cores = self._rng, [item for item in self._interfaces if item.mpls]
        at = self._interface(cores if rng.random() < 0.95 else self._interfaces)
        label, vrf = self._one(self._ends, (16, CORE))
        if rng.random() < 0.5:
            label, vrf = self._one(self._labels, 16), CORE
        labels = [rng.choice((*LABELS, 99))] if rng.random() < 0.1 else [label]
        if rng.random() < 0.2:
            labels.insert(0, EXPLICIT_NULL)
        labels += [rng.choice(LABELS) for _ in range(rng.choice((*[0] * 9, 1, 1, 3, 5)))]
        below = rng.choices((self._unicast_octets, self._arp_octets), (95, 5))[0]()
        if rng.random() < 0.2:
            below = self._register_octets(vrf, self._own_address(vrf))
        return Packet(at, MPLS, labelled(rng, labels, below))

    def _arp_octets(self) -> bytes:
        return self._rng.randbytes(28)

    # -- multicast

    def _tree(self) -> Packet:
        indices = {item.index for item in self._interfaces}
        trees = [tree for tree in self._trees if tree.iifs & indices and not tree.tail]
        route = self._one(trees, None)
        if route is None:
            return self._control()
        source, group = self._name(route.tree)
        octets = ip(self._rng, source, group, transport(self._rng))
        return Packet(self._accepted(route), IPV4, octets, group)

    def _tunnel(self) -> Packet:
        """Through a P-tunnel, to what its leaf leads to."""
        leaf = self._one(self._leaves, None)
        if leaf is None or leaf.tail is None:
            return self._tree()
        source, group = self._name(leaf.tree, PES)
        iif = leaf.tail.iif or self._rng.choice(TUNNELS)
        outer = gre(self._rng, self._inside(leaf.tail.vrf, iif))
        return Packet(self._accepted(leaf), IPV4, ip(self._rng, source, group, outer), group)

    def _register(self) -> Packet:
        vrf, address = self._one(self._own, (CORE, PES[0]))
        return Packet(self._in_vrf(vrf), IPV4, self._register_octets(vrf, address))

    def _register_octets(self, vrf: int, rp: IPv4Address) -> bytes:
        rng = self._rng
        return ip(rng, rng.choice((*HOSTS, *PES)), rp, register(rng, self._inside(vrf, REGISTERS)))

    def _inside(self, vrf: int, iif: int) -> bytes:
        """A packet of a tree of a VRF that accepts this interface, mostly."""
        rng = self._rng
        match rng.randrange(12):
            case 0:
                return self._unicast_octets()
            case 1:
                return self._control_octets(rng.choice((*LINK_LOCAL, *GROUPS)))
        routes = [route for route in self._trees if route.vrf == vrf]
        accepting = [route for route in routes if iif in route.iifs]
        trees = [route.tree for route in (accepting if rng.random() < 0.9 else routes)]
        source, group = self._name(self._one(trees, SourceGroup(HOSTS[0], GROUPS[0])))
        body = transport(rng) if rng.random() < 0.95 else gre(rng, self._unicast_octets())
        return ip(rng, source, group, body)

    def _name(
        self, tree: TreeName, sources: tuple[IPv4Address, ...] = (*HOSTS, *PES)
    ) -> tuple[IPv4Address, IPv4Address]:
        """A source and a group that are of the tree; of (*,G) sometimes an (S,G) that is there."""
        match tree:
            case SourceGroup(source, group):
                return source, group
            case AnySource(groups):
                inside = [group for group in GROUPS if group in groups]
                return self._rng.choice(sources), self._rng.choice(inside)

    # -- where it comes in

    def _accepted(self, route: MulticastRoute) -> FibInterface:
        """An interface that the tree accepts, or one of ten another of its VRF."""
        accepted = [item for item in self._interfaces if item.index in route.iifs]
        if not accepted or self._rng.random() < 0.1:
            return self._in_vrf(route.vrf)
        return self._rng.choice(accepted)

    def _in_vrf(self, vrf: int) -> FibInterface:
        return self._interface([item for item in self._interfaces if item.vrf == vrf])

    def _interface(self, among: list[FibInterface]) -> FibInterface:
        return self._one(among, ANYWHERE)

    def _own_address(self, vrf: int) -> IPv4Address:
        return self._one([address for of, address in self._own if of == vrf], PES[0])

    def _one(self, among: Iterable[T], otherwise: T) -> T:
        things = list(among)
        return self._rng.choice(things) if things else otherwise
