"""A switch that hands control packets over directly, for networks of hundreds of routers.

What a router sends to its link's other end is punted there as the pipeline would have punted it,
with the same interface and reason, and at the same time; but no program runs. Packets that cross
routers (TCP, targeted Hellos, PIM inside a P-tunnel) are forwarded hop by hop by each router's Fib,
labels and all. Engines cannot tell the difference.

Left out: streams of hosts (nothing is put into tunnels or taken out), policers, counters, and the
checks of RFC 1812 5.2.2, since what routers of the simulator send passes them. Of equal ways a flow
may take another one than in the pipeline.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from controlplane.fib.lookup import (
    by_label,
    by_name,
    by_place,
    by_prefix,
    by_way,
    longest_match,
)
from controlplane.fib.model import (
    Fib,
    Forward,
    ForwardVpn,
    Glean,
    Nhlfe,
    PacketOut,
    PopAndLookUp,
    Receive,
    Submit,
    TtlMode,
    UnicastRoute,
)
from controlplane.net.interned import host, packed_address
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL, Label
from controlplane.net.punt import PuntReason
from controlplane.p4rt.counters import NOTHING_COUNTED, Counters
from controlplane.p4rt.memory import Sent
from controlplane.sim.arrived import Arrived, nothing
from controlplane.sim.derived import Derived
from controlplane.sim.direct_multicast import DirectMulticast
from controlplane.sim.headers import CPU_PORT, ETHERNET_HEADER, Headers, flow
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import DecodeError, Reader

_PIPE_TTL: Final = 255


class DirectTarget:
    """One router's switch; a `Target` of `SimSwitch`."""

    def __init__(self) -> None:
        self._fib = Fib()
        self._interfaces = Derived(by_place)
        self._prefixes = Derived(by_prefix)
        self._groups = Derived(by_way)
        self._vpn_paths = Derived(by_name)
        self._labels = Derived(by_label)
        self._multicast = DirectMulticast()

    def set_fib(self, fib: Fib) -> None:
        """Forward by this from now on."""
        self._fib = fib

    def read_routes(self) -> Counters:
        """Nothing is counted."""
        return NOTHING_COUNTED

    def close(self) -> None:
        """Nothing to free."""

    def process(self, port: int, frame: bytes, now_us: int) -> Sent:
        """A frame arrives on a port."""
        if len(frame) < ETHERNET_HEADER:
            return nothing()
        headers = Headers.of(port, frame)
        found = self._interfaces.of(self._fib.interfaces).get((port, headers.vlan))
        if found is None or not (headers.to_group or frame[:6] == found.mac.packed):
            return nothing()
        if headers.ethertype == EtherType.MPLS and (not found.mpls or headers.to_group):
            return nothing()
        return self._forward(Arrived(headers, found.index, found.vrf))

    def send(self, packet: PacketOut | Submit, now_us: int) -> Sent:
        """The router sends a packet."""
        if isinstance(packet, PacketOut):
            return [(packet.port, packet.frame)], []
        headers = Headers.of(CPU_PORT, packet.frame)
        return self._forward(Arrived(headers, packet.interface, packet.vrf, submitted=True))

    def _forward(self, arrived: Arrived) -> Sent:
        headers = arrived.headers
        if headers.ethertype == EtherType.ARP:
            return arrived.punt(PuntReason.ARP)
        try:
            if headers.ethertype == EtherType.MPLS:
                return self._forward_by_label(arrived)
            if headers.ethertype != EtherType.IPV4 or not headers.is_whole:
                return nothing()
            if headers.is_multicast:
                return self._multicast.forward(self._fib, arrived)
            if headers.to_group and not arrived.submitted:
                return nothing()
            return self._forward_by_address(arrived)
        except DecodeError:
            return nothing()

    # -- unicast

    def _forward_by_address(self, arrived: Arrived) -> Sent:
        headers = arrived.headers
        own = host(packed_address(headers.destination))
        if UnicastRoute(arrived.vrf, own, Receive()) in self._fib.unicast:
            return self._receive(arrived, arrived.vrf)
        packet = Ipv4Packet.decode(Reader(headers.frame[headers.at :]))
        return self._route(arrived, packet, arrived.vrf, packet.ttl)

    def _route(self, arrived: Arrived, packet: Ipv4Packet, vrf: int, ttl: int) -> Sent:
        """By the longest prefix; `ttl` is what the packet came with, on a label perhaps."""
        table = self._prefixes.of(self._fib.unicast)
        route = longest_match(table, vrf, int(packet.destination))
        match route.action if route else None:
            case Receive():
                return self._receive(arrived, vrf)
            case Forward() | ForwardVpn() | Glean() if packet.options:
                return arrived.punt(PuntReason.IP_OPTIONS)
            case Forward() | ForwardVpn() | Glean() if ttl <= arrived.cost:
                return arrived.punt(PuntReason.TTL_EXPIRED)
            case Glean():
                return arrived.punt(PuntReason.GLEAN)
            case Forward(way):
                member = self._member(way, flow(packet))
                if member is None:
                    return arrived.punt(PuntReason.GLEAN)
                return self._send_routed(packet, member, None, ttl - arrived.cost)
            case ForwardVpn(name):
                return self._route_by_path(arrived, packet, name, ttl)
            case _:
                return nothing()

    def _receive(self, arrived: Arrived, vrf: int) -> Sent:
        """For this router; `arrived` is behind the labels that it came with."""
        headers = arrived.headers
        reason = headers.punted_to_me
        if reason is not PuntReason.REGISTER:
            return arrived.punt(reason)
        packet = Ipv4Packet.decode(Reader(headers.frame[headers.at :]))
        return self._multicast.receive_register(self._fib, arrived, vrf, packet)

    def _route_by_path(self, arrived: Arrived, packet: Ipv4Packet, name: str, ttl: int) -> Sent:
        """Through a PE, under the label that it gave."""
        path = self._vpn_paths.of(self._fib.vpn_paths).get(name)
        if path is None or path.way is None:
            return nothing()
        member = self._member(path.way, flow(packet))
        if member is None:
            return arrived.punt(PuntReason.GLEAN)
        if member.label is None:
            return nothing()
        return self._send_routed(packet, member, path.label, ttl - arrived.cost)

    def _member(self, way: str, number: int) -> Nhlfe | None:
        members = self._groups.of(self._fib.groups).get(way, ())
        return members[number % len(members)] if members else None

    def _send_routed(
        self, packet: Ipv4Packet, member: Nhlfe, vpn_label: Label | None, ttl: int
    ) -> Sent:
        onward = replace(packet, ttl=ttl)
        outer = None if member.label == IMPLICIT_NULL else member.label
        entries = tuple(
            LabelStackEntry(
                label=label,
                ttl=ttl if self._is_uniform else _PIPE_TTL,
                traffic_class=packet.tos >> 5,
            )
            for label in (outer, vpn_label)
            if label is not None
        )
        if not entries:
            return _frame(member, EtherType.IPV4, onward.encode())
        return _frame(member, EtherType.MPLS, LabelStack(entries).encode() + onward.encode())

    # -- labels (RFC 3031 3.10), and the TTLs below them (RFC 3443)

    @property
    def _is_uniform(self) -> bool:
        return self._fib.ttl_mode is TtlMode.UNIFORM

    def _forward_by_label(self, arrived: Arrived) -> Sent:
        reader = Reader(arrived.headers.frame[arrived.headers.at :])
        stack = LabelStack.decode(reader)
        if stack.top.label == EXPLICIT_NULL and len(stack.entries) > 1:
            # RFC 4182 4.1: popped wherever it stands, and the label below decides.
            top, below, *rest = stack.entries
            exposed = replace(below, ttl=self._exposed_ttl(below.ttl, top.ttl))
            arrived, stack = arrived.popped(), LabelStack((exposed, *rest))
        packet = Ipv4Packet.decode(reader)
        route = self._labels.of(self._fib.labels).get(stack.top.label)
        match route.action if route else None:
            case PopAndLookUp(vrf) if len(stack.entries) == 1:
                ttl = min(packet.ttl, stack.top.ttl) if self._is_uniform else packet.ttl
                return self._route(arrived.popped(), packet, vrf, ttl)
            case Forward() if stack.top.ttl <= arrived.cost:
                return arrived.punt(PuntReason.TTL_EXPIRED)
            case Forward(way):
                member = self._member(way, flow(packet))
                if member is None:
                    return arrived.punt(PuntReason.GLEAN)
                return self._switch(stack, packet, member, stack.top.ttl - arrived.cost)
            case _:
                return nothing()

    def _switch(self, stack: LabelStack, packet: Ipv4Packet, member: Nhlfe, ttl: int) -> Sent:
        if member.label is None:
            return nothing()
        if member.label != IMPLICIT_NULL:
            top = replace(stack.top, label=member.label, ttl=ttl)
            swapped = LabelStack((top, *stack.entries[1:]))
            return _frame(member, EtherType.MPLS, swapped.encode() + packet.encode())
        if len(stack.entries) == 1:
            exposed = replace(packet, ttl=self._exposed_ttl(packet.ttl, ttl))
            return _frame(member, EtherType.IPV4, exposed.encode())
        below = stack.entries[1]
        popped = LabelStack(
            (replace(below, ttl=self._exposed_ttl(below.ttl, ttl)), *stack.entries[2:])
        )
        return _frame(member, EtherType.MPLS, popped.encode() + packet.encode())

    def _exposed_ttl(self, own: int, of_label: int) -> int:
        return min(own, of_label) if self._is_uniform else own


def _frame(member: Nhlfe, ethertype: EtherType, payload: bytes) -> Sent:
    adjacency = member.adjacency
    frame = EthernetFrame(
        destination=adjacency.destination_mac,
        source=adjacency.source_mac,
        ethertype=ethertype,
        payload=payload,
        vlan=adjacency.at.vlan,
    )
    return [(adjacency.at.port, frame.encode())], []
