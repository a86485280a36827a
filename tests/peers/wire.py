"""One engine of ours on the interfaces of a namespace, without a switch, by the real clock.

    with Wire(OspfEngine(config, rng), ours, protocols=(IpProtocol.OSPF,)) as wire:
        wire.up("eth0", "10.0.0.1/24")
        wire.tell(OspfEnabled(interface="eth0"))
        eventually(lambda: wire.engine.neighbors(wire.now), wire)

The kernel has the addresses as well: it resolves neighbours, it runs TCP (streams.py), and it is
kept from answering what is for the engine. The engine hears packets from packet sockets, as it
hears them punted by a switch: multicast and its own addresses, whatever the kernel has joined.
Outputs that only a router could carry out (routes, labels) are kept in `outputs`.
The engine lives in `eventually`, and while a command runs in any namespace: who asks FRR something
may wait longer for the answer than a neighbour waits for a Hello.
"""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address, IPv4Interface
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from controlplane.engine.engine import (
    DatagramReceived,
    Engine,
    InterfaceDown,
    InterfaceUp,
    PacketReceived,
    SendDatagram,
    SendPacket,
)
from controlplane.engine.notice import Notice
from controlplane.engine.stream import CloseStream, Listen, OpenStream, SendData
from controlplane.engine.time import Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.udp import UdpDatagram
from tests.peers.namespace import MEANWHILE, Namespace
from tests.peers.streams import Streams

E = TypeVar("E", bound=Engine[Any, Any])

LOOPBACK: Final = "lo"

_ETH_P_IP: Final = 0x0800
_MAX_FRAME: Final = 65536
_SOL_PACKET: Final = 263
_PACKET_ADD_MEMBERSHIP: Final = 1
_PACKET_MR_ALLMULTI: Final = 2
_PACKET_OTHERHOST: Final = 3
_PACKET_OUTGOING: Final = 4
_LIMIT: Final = 60.0
"""A peer that was refused twice, FRR's ldpd for one, tries again after half a minute."""

_LOOK: Final = 0.1
"""Seconds between two looks at a condition that others than our engines can bring about."""


class Wire(Generic[E]):
    """`protocols` (IP) and `ports` (UDP) are what the engine wants to hear."""

    def __init__(
        self,
        engine: E,
        namespace: Namespace,
        *,
        protocols: tuple[int, ...] = (),
        ports: tuple[int, ...] = (),
    ) -> None:
        self.engine = engine
        self.notices: list[Notice] = []
        self.outputs: list[Any] = []
        self._namespace = namespace
        self._protocols = protocols
        self._ports = ports
        self._interfaces: dict[str, Interface] = {}
        self._sockets: dict[str, tuple[socket.socket, socket.socket]] = {}
        self._selector = selectors.DefaultSelector()
        self._streams = Streams(namespace, self._selector, self.tell)
        self._quiet = namespace.inside(lambda: [*map(_raw, protocols), *map(_bound, ports)])
        MEANWHILE.append(self.turn)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def now(self) -> Instant:
        return time.monotonic()

    @property
    def waiting(self) -> int:
        """Octets of a stream that a peer has left no room for."""
        return self._streams.waiting

    def close(self) -> None:
        """Let go of every socket, once or again; the engine is not told, as in a crash."""
        if self.turn in MEANWHILE:
            MEANWHILE.remove(self.turn)
        self._streams.close()
        for pair in self._sockets.values():
            for end in pair:
                end.close()
        for listener in self._quiet:
            listener.close()
        self._selector.close()

    def up(self, name: str, address: str, mtu: int = 1500) -> None:
        """An interface of the namespace is now one of the engine's; the kernel gets the address."""
        kind = InterfaceKind.LOOPBACK if name == LOOPBACK else InterfaceKind.ETHERNET
        interface = Interface(
            name=name,
            index=len(self._interfaces) + 1,
            kind=kind,
            address=IPv4Interface(address),
            mtu=mtu,
        )
        self._namespace.address(name, address)
        self._interfaces[name] = interface
        self._open(name)
        self.tell(InterfaceUp(interface=interface))

    def fail(self, name: str) -> None:
        """The link breaks, and the engine is told as by its switch."""
        self._namespace.link(name, "down")
        self.tell(InterfaceDown(name=name))

    def repair(self, name: str) -> None:
        self._namespace.link(name, "up")
        self.tell(InterfaceUp(interface=self._interfaces[name]))

    def tell(self, event: object) -> None:
        """Give the engine an input, and carry out what it says."""
        self._carry_out(self.engine.handle(event, self.now))

    def turn(self) -> None:
        """Take what has come, without waiting, and let timers that are due then expire."""
        for key, events in self._selector.select(0):
            key.data(events)
        if (deadline := self.engine.next_deadline()) is not None and deadline <= self.now:
            self._carry_out(self.engine.advance(self.now))

    def patience(self) -> float:
        """How long nothing is due, if nothing comes."""
        deadline = self.engine.next_deadline()
        return _LOOK if deadline is None else min(_LOOK, max(0.0, deadline - self.now))

    def fileno(self) -> int:
        """Readable when something has come."""
        return self._selector.fileno()

    def _open(self, name: str) -> None:
        receiver, sender = self._namespace.inside(partial(_interface_sockets, name))
        self._sockets[name] = receiver, sender
        self._selector.register(
            receiver, selectors.EVENT_READ, lambda _: self._receive(name, receiver)
        )

    def _receive(self, name: str, receiver: socket.socket) -> None:
        try:
            octets, (_, _, kind, *_) = receiver.recvfrom(_MAX_FRAME)
        except OSError:  # the link went down
            return
        if kind in (_PACKET_OTHERHOST, _PACKET_OUTGOING):
            return
        try:
            packet = Ipv4Packet.decode(Reader(octets))
        except DecodeError:
            return
        if packet.destination.is_multicast or self._is_own(packet.destination):
            self._hear(name, packet)

    def _is_own(self, address: IPv4Address) -> bool:
        return any(address == interface.address.ip for interface in self._interfaces.values())

    def _hear(self, name: str, packet: Ipv4Packet) -> None:
        if packet.protocol in self._protocols:
            self.tell(
                PacketReceived(
                    interface=name,
                    source=packet.source,
                    destination=packet.destination,
                    payload=packet.payload,
                    ttl=packet.ttl,
                    tos=packet.tos,
                )
            )
        elif packet.protocol == IpProtocol.UDP:
            self._hear_datagram(name, packet)

    def _hear_datagram(self, name: str, packet: Ipv4Packet) -> None:
        try:
            datagram = UdpDatagram.decode(Reader(packet.payload), packet.source, packet.destination)
        except DecodeError:
            return
        if datagram.destination_port in self._ports:
            self.tell(
                DatagramReceived(
                    interface=name,
                    source=packet.source,
                    destination=packet.destination,
                    source_port=datagram.source_port,
                    destination_port=datagram.destination_port,
                    payload=datagram.payload,
                    ttl=packet.ttl,
                )
            )

    def _carry_out(self, outputs: list[Any]) -> None:
        for output in outputs:
            match output:
                case SendPacket():
                    self._send(output, output.protocol, output.payload)
                case SendDatagram():
                    datagram = UdpDatagram(
                        source_port=output.source_port,
                        destination_port=output.destination_port,
                        payload=output.payload,
                    )
                    payload = datagram.encode(output.source, output.destination)
                    self._send(output, IpProtocol.UDP, payload)
                case Listen() | OpenStream() | SendData() | CloseStream():
                    self._streams.carry_out(output)
                case Notice():
                    self.notices.append(output)
                case _:
                    self.outputs.append(output)

    def _send(self, output: SendPacket | SendDatagram, protocol: int, payload: bytes) -> None:
        packet = Ipv4Packet(
            source=output.source,
            destination=output.destination,
            protocol=protocol,
            payload=payload,
            ttl=output.ttl,
            tos=output.tos,
        )
        _, sender = self._sockets[output.interface]
        try:
            sender.sendto(packet.encode(), (str(output.destination), 0))
        except OSError:  # a link that is down, or a neighbour that is gone: the packet is lost
            return


def eventually(condition: Callable[[], object], *wires: Wire[Any]) -> None:
    """Run engines until a condition holds; a failure of the test when it does not in time."""
    end = time.monotonic() + _LIMIT
    look = 0.0
    with selectors.DefaultSelector() as selector:
        for wire in wires:
            selector.register(wire, selectors.EVENT_READ)
        while time.monotonic() < end:
            for wire in wires:
                wire.turn()
            if time.monotonic() >= look:
                if condition():
                    return
                look = time.monotonic() + _LOOK
            selector.select(min((wire.patience() for wire in wires), default=_LOOK))
    raise AssertionError(f"not within {_LIMIT:g} s; noticed: {_noticed(wires)}")


def _noticed(wires: tuple[Wire[Any], ...]) -> str:
    return "; ".join(notice.words() for wire in wires for notice in wire.notices) or "nothing"


def _interface_sockets(name: str) -> tuple[socket.socket, socket.socket]:
    """A packet socket that hears all IPv4 of an interface, and a raw one that sends there."""
    receiver = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
    receiver.setblocking(False)
    receiver.bind((name, _ETH_P_IP))
    membership = struct.pack("IHH8s", socket.if_nametoindex(name), _PACKET_MR_ALLMULTI, 0, b"")
    receiver.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, membership)
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    if name != LOOPBACK:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
    return receiver, sender


def _raw(protocol: int) -> socket.socket:
    """With this socket the kernel does not call the protocol unreachable (RFC 1122 3.2.2.1)."""
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)


def _bound(port: int) -> socket.socket:
    """With this socket the kernel does not call the port unreachable."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("", port))
    return bound
