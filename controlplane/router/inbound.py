"""From a punted frame to the engine that it is for.

A frame is opened as far as the interface's kind asks for: Ethernet and IPv4; behind a P-tunnel also
the outer IPv4 and GRE headers, after which the packet has come in on the PMSI. What is malformed is
counted by layer and reason, and goes nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from controlplane.engine.engine import PacketReceived
from controlplane.fib.model import PacketIn
from controlplane.mvpn.mvpn import Mvpn
from controlplane.net.interface import Interface
from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.protocols.arp.events import ArpReceived
from controlplane.router.counters import Layer, RouterCounters, Unrouted
from controlplane.router.links import Links
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.icmp import UnreachableCode
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """An IPv4 packet and where it came in; `datagram` is the packet as it was received.

    A frame to a group of stations causes no ICMP error (RFC 1122 3.2.2), hence `to_many`.
    """

    interface: Interface
    packet: Ipv4Packet
    datagram: bytes
    to_many: bool


@dataclass(frozen=True, slots=True)
class ToArp:
    vrf: str
    event: ArpReceived


@dataclass(frozen=True, slots=True)
class ToProtocol:
    """For the engine of `protocol` in a VRF."""

    vrf: str
    protocol: IpProtocol
    event: PacketReceived


@dataclass(frozen=True, slots=True)
class ToForward:
    """To be forwarded by the CPU: its next hop is not known to the switch."""

    arrived: Arrived


@dataclass(frozen=True, slots=True)
class Expired:
    """Its TTL ended here."""

    arrived: Arrived


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody takes it here."""

    arrived: Arrived
    code: UnreachableCode


Delivery: TypeAlias = ToArp | ToProtocol | ToForward | Expired | Refused

_ENGINES: Final = frozenset({IpProtocol.PIM, IpProtocol.IGMP, IpProtocol.ICMP})


class Inbound:
    def __init__(self, links: Links, mvpns: Mapping[str, Mvpn], counters: RouterCounters) -> None:
        self._links = links
        self._counters = counters
        self._mvpns = {index: mvpn for mvpn in mvpns.values() for index in mvpn.roots}

    def receive(self, punted: PacketIn) -> list[Delivery]:
        """Nothing when the packet ends here, counted."""
        try:
            frame = EthernetFrame.decode(Reader(punted.frame))
        except DecodeError as error:
            return self._malformed(Layer.FRAME, error)
        if (mvpn := self._mvpns.get(punted.interface)) is not None:
            return self._receive_tunnelled(frame, mvpn, punted.reason)
        interface = self._links.indexed(punted.interface)
        if interface is None:
            return self._drop(Layer.FRAME, "of an interface that does not exist")
        if frame.ethertype == EtherType.ARP:
            arp = ArpReceived(interface=interface.name, payload=frame.payload)
            return [ToArp(interface.vrf, arp)]
        return self._receive_ipv4(interface, frame, frame.payload, punted.reason)

    def _receive_tunnelled(
        self, frame: EthernetFrame, mvpn: Mvpn, reason: PuntReason
    ) -> list[Delivery]:
        try:
            inner = mvpn.tunnel.decapsulate(Ipv4Packet.decode(Reader(frame.payload)))
        except DecodeError as error:
            return self._malformed(Layer.TUNNEL, error)
        return self._receive_ipv4(mvpn.interface, frame, inner, reason)

    def _receive_ipv4(
        self, interface: Interface, frame: EthernetFrame, datagram: bytes, reason: PuntReason
    ) -> list[Delivery]:
        if frame.ethertype != EtherType.IPV4:
            return self._drop(Layer.FRAME, "neither IPv4 nor ARP")
        try:
            packet = Ipv4Packet.decode(Reader(datagram))
        except DecodeError as error:
            return self._malformed(Layer.IPV4, error)
        to_many = frame.destination.is_group
        arrived = Arrived(interface=interface, packet=packet, datagram=datagram, to_many=to_many)
        return self._classify(arrived, reason)

    def _classify(self, arrived: Arrived, reason: PuntReason) -> list[Delivery]:
        packet, vrf = arrived.packet, arrived.interface.vrf
        match reason:
            case PuntReason.LINK_LOCAL | PuntReason.IGMP | PuntReason.TO_ME:
                return self._for_this_router(arrived)
            case PuntReason.NO_MULTICAST_ROUTE | PuntReason.RPF_FAILED:
                sg = SourceGroup(packet.source, packet.destination)
                self._counters.count_unrouted(Unrouted(reason, vrf, sg))
                return []
            case PuntReason.TTL_EXPIRED:
                return [Expired(arrived)]
            case PuntReason.GLEAN:
                return [ToForward(arrived)]
            case PuntReason.IP_OPTIONS:
                # RFC 1812 4.2.2.1 would have them interpreted on the way through; nothing here
                # needs one of them, and a router that ignores such packets is common.
                return self._drop(Layer.FORWARD, "IPv4 options in a packet for others")
            case PuntReason.ARP:
                return self._drop(Layer.FRAME, "punted as ARP and is not")

    def _for_this_router(self, arrived: Arrived) -> list[Delivery]:
        packet = arrived.packet
        if packet.protocol in _ENGINES:
            protocol = IpProtocol(packet.protocol)
            return [ToProtocol(arrived.interface.vrf, protocol, _received(arrived))]
        if packet.destination.is_multicast:
            return self._drop(Layer.IPV4, "link-local multicast of a protocol that does not run")
        # RFC 1812 5.2.7.1: which of the two codes depends on whether the transport exists at all.
        is_udp = packet.protocol == IpProtocol.UDP
        code = UnreachableCode.PORT if is_udp else UnreachableCode.PROTOCOL
        return [Refused(arrived, code)]

    def _drop(self, layer: Layer, reason: str) -> list[Delivery]:
        self._counters.drop(layer, reason)
        return []

    def _malformed(self, layer: Layer, error: DecodeError) -> list[Delivery]:
        self._counters.malformed(layer, error)
        return []


def _received(arrived: Arrived) -> PacketReceived:
    packet = arrived.packet
    return PacketReceived(
        interface=arrived.interface.name,
        source=packet.source,
        destination=packet.destination,
        payload=packet.payload,
        ttl=packet.ttl,
        tos=packet.tos,
    )
