"""From what an engine sends, or the CPU forwards, to a frame on a port or a packet in a tunnel.

    to a group, on a link    a frame to the group's MAC address, straight out of the port
    to a group, on a PMSI    encapsulated, and submitted to the pipeline as if from the loopback:
                             the PE's own P-tunnel replicates it like any customer's packet
    to one station           to its MAC address; until ARP knows that, the packet is held
    behind another PE        submitted to the pipeline, which pushes the labels

RFC 1122 2.3.2.2: "The link layer SHOULD save (rather than discard) at least one (the latest) packet
of each set of packets destined to the same unresolved IP address". HELD_LIMIT are saved, since a
traceroute sends 16 at once and should see all its answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from controlplane.engine.engine import SendDatagram, SendPacket
from controlplane.fib.model import GLOBAL_VRF, REGISTERS, PacketOut, Submit
from controlplane.fib.unicast import Neighbor, Neighbors
from controlplane.mvpn.gre import encapsulate
from controlplane.net.interface import DEFAULT_VRF, Interface
from controlplane.net.mac import MacAddress, multicast_mac
from controlplane.protocols.arp.events import NeighborChanged, Resolve, SendArp
from controlplane.protocols.icmp.events import SendLabelled
from controlplane.rib.route import Attached, Gateway, VpnNextHop
from controlplane.router.counters import Layer, RouterCounters
from controlplane.router.deliveries import Arrived
from controlplane.router.links import Links
from controlplane.router.pieces import pieces
from controlplane.router.vrf import Vrf
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError
from controlplane.wire.udp import UdpDatagram

_ANY_MAC: Final = MacAddress(0)
"""The source of a submitted frame: each copy gets that of the port where it leaves."""


@dataclass(frozen=True, slots=True)
class Held:
    """Waits for its neighbour; `about` is what it was when it arrived, None for our own."""

    packet: Ipv4Packet
    about: Arrived | None


HELD_LIMIT: Final = 32
"""Packets that wait for one neighbour."""

Sent: TypeAlias = list[PacketOut | Submit | Resolve]
"""Nothing when the packet ended here, counted."""


class Outbound:
    def __init__(
        self,
        links: Links,
        vrfs: Mapping[str, Vrf],
        neighbors: Neighbors,
        counters: RouterCounters,
    ) -> None:
        self._links = links
        self._mvpns = {vrf.mvpn.interface.name: vrf.mvpn for vrf in vrfs.values() if vrf.mvpn}
        self._vrfs = vrfs
        self._neighbors = neighbors
        self._counters = counters
        self._held: dict[Neighbor, deque[Held]] = {}

    def send(self, send: SendPacket) -> Sent:
        """A packet of an engine; unicast without a next hop goes where the VRF's table says."""
        packet = _packet(send)
        if (mvpn := self._mvpns.get(send.interface)) is not None:
            tunnels = mvpn.tunnels
            outer = encapsulate(packet, tunnels.own, dont_fragment=tunnels.dont_fragment)
            return [self._into_tunnel(outer)]
        link = self._links.named(send.interface)
        if send.destination.is_multicast:
            return self._frame(link, multicast_mac(send.destination), packet)
        if send.next_hop is not None:
            return self.to_neighbor((link.name, send.next_hop), packet)
        if self._is_through_vpn(link.vrf, packet):
            return [self.submit(link.vrf, packet.encode())]
        neighbor = self.next_hop(link.vrf, packet)
        if neighbor is None:
            return self._drop("no route to the destination")
        return self.to_neighbor(neighbor, packet)

    def send_datagram(self, send: SendDatagram) -> Sent:
        """A datagram of an engine, on its way as `send` has it."""
        datagram = UdpDatagram(
            source_port=send.source_port,
            destination_port=send.destination_port,
            payload=send.payload,
        )
        packet = SendPacket(
            interface=send.interface,
            source=send.source,
            destination=send.destination,
            protocol=IpProtocol.UDP,
            payload=datagram.encode(send.source, send.destination),
            ttl=send.ttl,
            next_hop=send.next_hop,
            tos=send.tos,
        )
        return self.send(packet)

    def submit(self, vrf: str, datagram: bytes) -> Submit:
        """A packet of the host stack: the pipeline forwards it, labels and all.

        It comes in on an interface of the VRF, so that it is known for one of the VRF when the
        pipeline has to ask for its next hop.
        """
        interface = self._links.loopback if vrf == DEFAULT_VRF else self._links.first_of(vrf)
        frame = EthernetFrame(
            destination=_ANY_MAC, source=_ANY_MAC, ethertype=EtherType.IPV4, payload=datagram
        )
        index = (interface or self._links.loopback).index
        return Submit(self._vrfs[vrf].id, index, frame.encode())

    def submit_again(self, arrived: Arrived) -> Submit:
        """A packet to a group that the pipeline had no route for when it came."""
        packet = replace(arrived.packet, ttl=arrived.packet.ttl - 1)
        vrf, index = self._vrfs[arrived.interface.vrf].id, arrived.interface.index
        return Submit(vrf, index, _multicast_frame(packet))

    def submit_registered(self, vrf: str, packet: Ipv4Packet) -> Submit:
        """A packet that a Register has brought to the RP in this VRF."""
        onward = replace(packet, ttl=packet.ttl - 1)
        return Submit(self._vrfs[vrf].id, REGISTERS, _multicast_frame(onward))

    def submit_labelled(self, send: SendLabelled) -> Submit:
        """A packet with labels: the pipeline switches it by them."""
        frame = EthernetFrame(
            destination=_ANY_MAC,
            source=_ANY_MAC,
            ethertype=EtherType.MPLS,
            payload=send.labels.encode() + send.datagram,
        )
        return Submit(GLOBAL_VRF, self._links.named(send.interface).index, frame.encode())

    def send_in_pieces(self, frame: EthernetFrame, link: Interface) -> Sent:
        """A frame of the pipeline's, which found it too long for this link."""
        if link.port is None or not self._links.is_up(link.name):
            return self._drop("the interface is down or has no port")
        own = frozenset(interface.address.ip for interface in self._links.interfaces)
        try:
            return [PacketOut(link.port, one.encode()) for one in pieces(frame, link.mtu, own)]
        except DecodeError as error:
            self._counters.malformed(Layer.SEND, error)
            return []

    def send_arp(self, send: SendArp) -> Sent:
        link = self._links.named(send.interface)
        return self._emit(link, send.destination, EtherType.ARP, send.packet.encode())

    def next_hop(self, vrf: str, packet: Ipv4Packet) -> Neighbor | None:
        """The neighbour that the VRF's table sends a packet to."""
        route = self._vrfs[vrf].rib.lookup(packet.destination)
        match route.next_hops[0] if route else None:
            case Attached(interface):
                return interface, packet.destination
            case Gateway(interface, address):
                return interface, address
            case _:
                return None

    def _is_through_vpn(self, vrf: str, packet: Ipv4Packet) -> bool:
        """Whether it goes to another PE, which the pipeline knows the labels for."""
        route = self._vrfs[vrf].rib.lookup(packet.destination)
        return route is not None and isinstance(route.next_hops[0], VpnNextHop)

    def to_neighbor(
        self, neighbor: Neighbor, packet: Ipv4Packet, about: Arrived | None = None
    ) -> Sent:
        """Send to a neighbour of known MAC address; else hold the packet and ask."""
        mac = self._neighbors.get(neighbor)
        if mac is not None:
            return self._frame(self._links.named(neighbor[0]), mac, packet)
        held = self._held.setdefault(neighbor, deque(maxlen=HELD_LIMIT))
        if len(held) == HELD_LIMIT:
            self._drop("pushed out by a later one while ARP asked for the neighbour")
        held.append(Held(packet, about))
        return [Resolve(interface=neighbor[0], address=neighbor[1])]

    def release(self, change: NeighborChanged) -> tuple[Sent, list[Arrived]]:
        """ARP's answer: frames of the held packets, or those that arrived for nobody."""
        held = self._held.pop((change.interface, change.address), deque())
        if change.mac is None:
            for _ in held:
                self._drop("no answer from the neighbour to ARP")
            return [], [packet.about for packet in held if packet.about is not None]
        link, mac = self._links.named(change.interface), change.mac
        return [sent for one in held for sent in self._frame(link, mac, one.packet)], []

    def _into_tunnel(self, outer: Ipv4Packet) -> Submit:
        return Submit(GLOBAL_VRF, self._links.loopback.index, _multicast_frame(outer))

    def _frame(self, link: Interface, destination: MacAddress, packet: Ipv4Packet) -> Sent:
        return self._emit(link, destination, EtherType.IPV4, packet.encode())

    def _emit(
        self, link: Interface, destination: MacAddress, ethertype: EtherType, payload: bytes
    ) -> Sent:
        if link.port is None or link.mac is None or not self._links.is_up(link.name):
            return self._drop("the interface is down or has no port")
        frame = EthernetFrame(
            destination=destination,
            source=link.mac,
            ethertype=ethertype,
            payload=payload,
            vlan=link.vlan,
        )
        return [PacketOut(link.port, frame.encode())]

    def _drop(self, reason: str) -> Sent:
        self._counters.drop(Layer.SEND, reason)
        return []


def _multicast_frame(packet: Ipv4Packet) -> bytes:
    """As it is submitted."""
    frame = EthernetFrame(
        destination=multicast_mac(packet.destination),
        source=_ANY_MAC,
        ethertype=EtherType.IPV4,
        payload=packet.encode(),
    )
    return frame.encode()


def _packet(send: SendPacket) -> Ipv4Packet:
    return Ipv4Packet(
        source=send.source,
        destination=send.destination,
        protocol=send.protocol,
        payload=send.payload,
        ttl=send.ttl,
        tos=send.tos,
        options=ROUTER_ALERT if send.router_alert else b"",
    )
