"""From a punted frame to the engine that it is for.

A frame is opened as far as the interface's kind asks for: Ethernet and IPv4; behind a P-tunnel also
the outer IPv4 and GRE headers, after which the packet has come in on the PMSI. What is malformed is
counted by layer and reason, and goes nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.engine import DatagramReceived, PacketReceived
from controlplane.fib.model import PacketIn, TtlMode
from controlplane.mvpn.gre import decapsulate
from controlplane.mvpn.mvpn import Mvpn
from controlplane.net.interface import DEFAULT_VRF, Interface
from controlplane.net.label import EXPLICIT_NULL
from controlplane.net.multicast import LINK_LOCAL, SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.protocols.arp.events import ArpReceived
from controlplane.protocols.pim.events import DataArrived
from controlplane.rib.vpn_labels import VpnLabelTable
from controlplane.router.counters import Layer, RouterCounters, Unrouted
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
from controlplane.router.links import Links
from controlplane.router.vrf import Vrf
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.icmp import UnreachableCode
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.udp import UdpDatagram, WellKnownPort, destination_port


@dataclass(frozen=True, slots=True)
class _Punt:
    frame: EthernetFrame
    reason: PuntReason
    is_own: bool
    root: IPv4Address | None = None
    excess: int = 0


_DESTINATION: Final = slice(16, 20)
"""Of an IPv4 header."""

_REGISTER: Final = bytes.fromhex("2100deff00000000")
"""RFC 7761 4.9.3: neither B nor N, and the checksum of these eight octets."""

_ENGINES: Final = frozenset({IpProtocol.PIM, IpProtocol.IGMP, IpProtocol.ICMP})
"""IP protocols whose engines every VRF has."""


class Inbound:
    """`vrfs` tells which protocols run where."""

    def __init__(
        self,
        links: Links,
        vrfs: Mapping[str, Vrf],
        counters: RouterCounters,
        ttl_mode: TtlMode,
        vpn_labels: VpnLabelTable,
    ) -> None:
        self._links = links
        self._ttl_mode = ttl_mode
        self._vpn_labels = vpn_labels
        self._vrfs = vrfs
        self._counters = counters
        self._mvpns = [vrf.mvpn for vrf in vrfs.values() if vrf.mvpn]
        shared = (mvpn for mvpn in self._mvpns if mvpn.tunnels.shared)
        self._sharing = {mvpn.tunnels.own.group: mvpn for mvpn in shared}

    def receive(self, punted: PacketIn) -> list[Delivery]:
        """Nothing when the packet ends here, counted."""
        try:
            frame = EthernetFrame.decode(Reader(punted.frame))
        except DecodeError as error:
            return self._malformed(Layer.FRAME, error)
        is_own = not self._links.on(punted.port)
        punt = _Punt(frame, punted.reason, is_own=is_own, excess=punted.excess)
        if (mvpn := self._mvpn_of(punted.interface) or self._shared_by_stranger(punt)) is not None:
            return self._receive_tunnelled(punt, mvpn)
        interface = self._links.indexed(punted.interface)
        if interface is None:
            return self._drop(Layer.FRAME, "of an interface that does not exist")
        if punt.reason is PuntReason.TO_FRAGMENT:
            return [ToFragment(frame, interface)]
        if frame.ethertype == EtherType.ARP:
            arp = ArpReceived(interface=interface.name, payload=frame.payload)
            return [ToArp(interface.vrf, arp)]
        if frame.ethertype == EtherType.MPLS:
            return self._receive_labelled(interface, punt)
        return self._receive_ipv4(interface, punt, frame.payload)

    def _mvpn_of(self, index: int) -> Mvpn | None:
        """Whose (PMSI, root PE) pair it is."""
        return next((mvpn for mvpn in self._mvpns if index in mvpn.roots), None)

    def _shared_by_stranger(self, punt: _Punt) -> Mvpn | None:
        """Whose shared tunnel C-PIM came out of, from a PE that is not known yet."""
        if not self._sharing or punt.reason is not PuntReason.LINK_LOCAL:
            return None
        group = int.from_bytes(punt.frame.payload[_DESTINATION])
        return self._sharing.get(IPv4Address(group))

    def _receive_tunnelled(self, punt: _Punt, mvpn: Mvpn) -> list[Delivery]:
        try:
            outer = Ipv4Packet.decode(Reader(punt.frame.payload))
            inner = decapsulate(outer)
        except DecodeError as error:
            return self._malformed(Layer.TUNNEL, error)
        return self._receive_ipv4(mvpn.interface, replace(punt, root=outer.source), inner)

    def _receive_ipv4(self, interface: Interface, punt: _Punt, datagram: bytes) -> list[Delivery]:
        if punt.frame.ethertype != EtherType.IPV4:
            return self._drop(Layer.FRAME, "neither IPv4 nor ARP")
        return self._open(interface, punt, datagram, None)

    def _receive_labelled(self, interface: Interface, punt: _Punt) -> list[Delivery]:
        """Of use are those at the end of their LSP, expired and too large (RFC 3032 2.3, 3.4)."""
        reader = Reader(punt.frame.payload)
        try:
            labels = LabelStack.decode(reader)
        except DecodeError as error:
            return self._malformed(Layer.MPLS, error)
        end = self._end_of_lsp(interface, labels)
        if punt.reason in (PuntReason.TTL_EXPIRED, PuntReason.TOO_LARGE):
            return self._open(end or interface, punt, reader.rest(), labels, at_end=end is not None)
        if end is None:
            return self._drop(Layer.FORWARD, "labelled, and the next hop is not known")
        try:
            popped = self._popped(labels, reader.rest())
        except DecodeError as error:
            return self._malformed(Layer.IPV4, error)
        return self._open(end, punt, popped, None)

    def _end_of_lsp(self, interface: Interface, labels: LabelStack) -> Interface | None:
        """Where a packet has arrived whose labels all end here, None when they do not.

        RFC 3032 2.1: label 0 asks for a look-up in the provider's table. A label of a VPN route has
        brought a packet into a VRF, in which it has come in on no interface: the VRF's first one
        stands for it, so that answers come from an address that its customer knows.
        """
        wanted = [entry.label for entry in labels.entries]
        if wanted[:-1] and wanted[:-1] != [EXPLICIT_NULL]:
            return None
        if wanted == [EXPLICIT_NULL]:
            return interface
        meaning = self._vpn_labels.meanings.get(wanted[-1])
        return self._links.first_of(meaning.vrf) if meaning else None

    def _popped(self, labels: LabelStack, datagram: bytes) -> bytes:
        """RFC 3443: out of a uniform LSP the packet has the TTL that its labels had."""
        packet, ttl = Ipv4Packet.decode(Reader(datagram)), min(one.ttl for one in labels.entries)
        if self._ttl_mode is TtlMode.PIPE or packet.ttl <= ttl:
            return datagram
        return replace(packet, ttl=ttl).encode()

    def _open(
        self,
        interface: Interface,
        punt: _Punt,
        datagram: bytes,
        labels: LabelStack | None,
        *,
        at_end: bool = False,
    ) -> list[Delivery]:
        try:
            packet = Ipv4Packet.decode(Reader(datagram))
        except DecodeError as error:
            return self._malformed(Layer.IPV4, error)
        arrived = Arrived(
            interface=interface,
            packet=packet,
            datagram=datagram,
            to_many=punt.frame.destination.is_group,
            labels=labels,
            at_end=at_end,
            is_own=punt.is_own,
            root=punt.root,
        )
        return self._classify(arrived, punt)

    def _classify(self, arrived: Arrived, punt: _Punt) -> list[Delivery]:
        packet, reason = arrived.packet, punt.reason
        match reason:
            case (
                PuntReason.LINK_LOCAL
                | PuntReason.IGMP
                | PuntReason.TO_ME
                | PuntReason.ROUTING
                | PuntReason.BFD
                | PuntReason.REGISTER_TAKEN
            ):
                return self._for_this_router(arrived)
            case PuntReason.REGISTER:
                inner = _registered(packet)
                untaken = [Untaken(arrived.interface.vrf, inner)] if inner else []
                return [*self._for_this_router(arrived), *untaken]
            case PuntReason.NO_MULTICAST_ROUTE | PuntReason.RPF_FAILED | PuntReason.NEW_SOURCE:
                return self._multicast(arrived, reason)
            case PuntReason.TTL_EXPIRED:
                return [Expired(arrived)]
            case PuntReason.TOO_LARGE:
                return [TooLarge(arrived, packet.length - punt.excess)]
            case PuntReason.GLEAN:
                return [ToForward(arrived)]
            case PuntReason.IP_OPTIONS:
                # RFC 1812 4.2.2.1 would have them interpreted on the way through; nothing here
                # needs one of them, and a router that ignores such packets is common.
                return self._drop(Layer.FORWARD, "IPv4 options in a packet for others")
            case PuntReason.ARP:
                return self._drop(Layer.FRAME, "punted as ARP and is not")
            case PuntReason.TO_FRAGMENT:
                return self._drop(Layer.FRAME, "to be fragmented in no form to leave in")

    def _multicast(self, arrived: Arrived, reason: PuntReason) -> list[Delivery]:
        interface = arrived.interface
        sg = SourceGroup(arrived.packet.source, arrived.packet.destination)
        event = DataArrived(interface=interface.name, sg=sg, neighbor=arrived.root)
        to_pim = ToMulticastRouting(interface.vrf, event)
        if reason is PuntReason.NEW_SOURCE:
            return [to_pim]
        self._counters.count_unrouted(Unrouted(reason, interface.vrf, sg))
        return [to_pim, Unforwarded(arrived)] if self._is_unforwarded(arrived) else [to_pim]

    def _is_unforwarded(self, arrived: Arrived) -> bool:
        """Whether no copy of it was made, but should be as soon as there is a route.

        A tunnel's own copies go on, whatever becomes of what is inside; of a tunnel that PEs share
        the latter may have been punted in the name of the core's interface.
        """
        packet, vrf = arrived.packet, arrived.interface.vrf
        in_tunnel = vrf == DEFAULT_VRF and packet.destination in self._sharing
        return arrived.root is None and not (arrived.is_own or in_tunnel) and packet.ttl > 1

    def _for_this_router(self, arrived: Arrived) -> list[Delivery]:
        packet = arrived.packet
        if self._runs(arrived.interface.vrf, packet.protocol):
            protocol = IpProtocol(packet.protocol)
            return [ToProtocol(arrived.interface.vrf, protocol, _received(arrived))]
        if packet.protocol == IpProtocol.UDP and (taken := self._to_port(arrived)) is not None:
            return taken
        if packet.protocol == IpProtocol.TCP and not arrived.to_many:
            return [ToHostStack(arrived.interface.vrf, arrived.datagram)]
        if packet.destination.is_multicast:
            return self._drop(Layer.IPV4, "link-local multicast of a protocol that does not run")
        # RFC 1812 5.2.7.1: which of the two codes depends on whether the transport exists at all.
        is_udp = packet.protocol == IpProtocol.UDP
        code = UnreachableCode.PORT if is_udp else UnreachableCode.PROTOCOL
        return [Refused(arrived, code)]

    def _runs(self, vrf: str, protocol: int) -> bool:
        """Whether packets of an IP protocol have an engine."""
        if protocol == IpProtocol.OSPF:
            return self._vrfs[vrf].ospf is not None
        return protocol in _ENGINES

    def _listens(self, vrf: str, port: int) -> bool:
        """Whether a UDP port has an engine."""
        if port == WellKnownPort.LDP:
            return self._vrfs[vrf].ldp is not None
        if port == WellKnownPort.S_PMSI:
            return self._vrfs[vrf].s_pmsi is not None
        return port == WellKnownPort.BFD

    def _to_port(self, arrived: Arrived) -> list[Delivery] | None:
        """None when nobody listens on the port."""
        packet, interface = arrived.packet, arrived.interface
        if not self._listens(interface.vrf, destination_port(packet.payload)):
            return None
        try:
            datagram = UdpDatagram.decode(Reader(packet.payload), packet.source, packet.destination)
        except DecodeError as error:
            return self._malformed(Layer.UDP, error)
        event = DatagramReceived(
            interface=interface.name,
            source=packet.source,
            destination=packet.destination,
            source_port=datagram.source_port,
            destination_port=datagram.destination_port,
            payload=datagram.payload,
            ttl=packet.ttl,
        )
        return [ToPort(interface.vrf, WellKnownPort(datagram.destination_port), event)]

    def _drop(self, layer: Layer, reason: str) -> list[Delivery]:
        self._counters.drop(layer, reason)
        return []

    def _malformed(self, layer: Layer, error: DecodeError) -> list[Delivery]:
        self._counters.malformed(layer, error)
        return []


def _registered(register: Ipv4Packet) -> Ipv4Packet | None:
    """The packet for a group in a Register that a pipeline could take out; None of any other."""
    if not register.payload.startswith(_REGISTER):
        return None
    try:
        inner = Ipv4Packet.decode(Reader(register.payload[len(_REGISTER) :]))
    except DecodeError:
        return None
    is_data = inner.destination.is_multicast and inner.destination not in LINK_LOCAL
    return inner if is_data and not inner.options and inner.ttl > 1 else None


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
