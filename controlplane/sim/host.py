"""A host in the simulator: ARP, IGMP, UDP and ICMP, as much as streams and probes take."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from typing import Final

from controlplane.engine.time import Instant
from controlplane.net.mac import BROADCAST, MacAddress, multicast_mac
from controlplane.sim.host_icmp import HostIcmp
from controlplane.sim.membership import Membership
from controlplane.sim.reassembly import Reassembly
from controlplane.sim.scheduler import Scheduler
from controlplane.wire import igmp
from controlplane.wire.arp import ArpOperation, ArpPacket
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.udp import UdpDatagram

_NETWORK_CONTROL: Final = 0xC0

OnDatagram = Callable[[Ipv4Packet, UdpDatagram, Instant], None]


@dataclass
class SimHost:
    """`on_datagram` is called for each UDP datagram that a socket of this host would get.

    Sockets are on the ports that the host was told to listen on; others are unreachable.
    """

    mac: MacAddress
    address: IPv4Interface
    gateway: IPv4Address
    igmp_version: int
    scheduler: Scheduler
    rng: random.Random
    on_datagram: OnDatagram
    malformed: int = 0
    membership: Membership = field(init=False)
    icmp: HostIcmp = field(init=False)
    _transmit: Callable[[bytes], None] = field(init=False)
    _neighbors: dict[IPv4Address, MacAddress] = field(default_factory=dict)
    _waiting: dict[IPv4Address, list[Ipv4Packet]] = field(default_factory=dict)
    _ports: set[int] = field(default_factory=set)
    _reassembly: Reassembly = field(default_factory=Reassembly)

    def __post_init__(self) -> None:
        self.membership = Membership(self.igmp_version, self.scheduler, self.rng, self._send_igmp)
        self.icmp = HostIcmp(self.send)

    def connect(self, transmit: Callable[[bytes], None]) -> None:
        """What the host sends goes here."""
        self._transmit = transmit

    def listen(self, port: int) -> None:
        """Open a socket for UDP datagrams to a port."""
        self._ports.add(port)

    def send(self, packet: Ipv4Packet) -> None:
        """Send an IPv4 packet, after ARP for its next hop where that is needed."""
        if packet.destination.is_multicast:
            self._send_frame(multicast_mac(packet.destination), packet)
            return
        on_link = packet.destination in self.address.network
        next_hop = packet.destination if on_link else self.gateway
        if next_hop in self._neighbors:
            self._send_frame(self._neighbors[next_hop], packet)
            return
        self._waiting.setdefault(next_hop, []).append(packet)
        self._send_arp(ArpOperation.REQUEST, BROADCAST, MacAddress(0), next_hop)

    def _send_frame(self, destination: MacAddress, packet: Ipv4Packet) -> None:
        frame = EthernetFrame(
            destination=destination,
            source=self.mac,
            ethertype=EtherType.IPV4,
            payload=packet.encode(),
        )
        self._transmit(frame.encode())

    def _send_arp(
        self, operation: ArpOperation, to: MacAddress, target_mac: MacAddress, target: IPv4Address
    ) -> None:
        packet = ArpPacket(
            operation=operation,
            sender_mac=self.mac,
            sender_address=self.address.ip,
            target_mac=target_mac,
            target_address=target,
        )
        frame = EthernetFrame(
            destination=to, source=self.mac, ethertype=EtherType.ARP, payload=packet.encode()
        )
        self._transmit(frame.encode())

    def _send_igmp(self, destination: IPv4Address, message: bytes) -> None:
        self.send(
            Ipv4Packet(
                source=self.address.ip,
                destination=destination,
                protocol=IpProtocol.IGMP,
                payload=message,
                ttl=1,
                tos=_NETWORK_CONTROL,
                options=ROUTER_ALERT,
            )
        )

    def receive(self, data: bytes) -> None:
        """A frame arrives."""
        try:
            frame = EthernetFrame.decode(Reader(data))
            if frame.destination == self.mac or frame.destination.is_group:
                self._decode(frame)
        except DecodeError:
            self.malformed += 1

    def _decode(self, frame: EthernetFrame) -> None:
        match frame.ethertype:
            case EtherType.ARP:
                self._receive_arp(ArpPacket.decode(Reader(frame.payload)))
            case EtherType.IPV4:
                whole = self._reassembly.take(Ipv4Packet.decode(Reader(frame.payload)))
                if whole is not None:
                    self._receive_ipv4(whole)

    def _receive_arp(self, packet: ArpPacket) -> None:
        if packet.target_address != self.address.ip:
            return
        self._neighbors[packet.sender_address] = packet.sender_mac
        for waiting in self._waiting.pop(packet.sender_address, ()):
            self._send_frame(packet.sender_mac, waiting)
        if packet.operation is ArpOperation.REQUEST:
            self._send_arp(
                ArpOperation.REPLY, packet.sender_mac, packet.sender_mac, packet.sender_address
            )

    def _receive_ipv4(self, packet: Ipv4Packet) -> None:
        reader = Reader(packet.payload)
        match packet.protocol:
            case IpProtocol.IGMP:
                self.membership.queried(igmp.decode(reader))
            case IpProtocol.UDP if self._is_wanted(packet):
                datagram = UdpDatagram.decode(reader, packet.source, packet.destination)
                self._receive_udp(packet, datagram)
            case IpProtocol.ICMP if packet.destination == self.address.ip:
                self.icmp.receive(packet)

    def _is_wanted(self, packet: Ipv4Packet) -> bool:
        if packet.destination.is_multicast:
            return self.membership.wants(packet.destination, packet.source)
        return packet.destination == self.address.ip

    def _receive_udp(self, packet: Ipv4Packet, datagram: UdpDatagram) -> None:
        if datagram.destination_port in self._ports:
            self.on_datagram(packet, datagram, self.scheduler.now)
        elif not packet.destination.is_multicast:
            self.icmp.refuse(packet)
