"""Numbered streams between hosts of the simulator, and the record of what arrived.

A payload is the two numbers of `net/stream.py`, and padding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Instant
from controlplane.net.stream import NUMBERS
from controlplane.sim.host import OnDatagram, SimHost
from controlplane.sim.scheduler import Scheduler
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet
from controlplane.wire.udp import UdpDatagram

_UDP_HEADER: Final = 8


@dataclass
class StreamSender:
    """Sends `count` packets of `size` octets, `interval` seconds apart."""

    host: SimHost
    scheduler: Scheduler
    number: int
    destination: IPv4Address
    port: int
    interval: float
    count: int
    size: int
    ttl: int
    times: list[Instant] = field(default_factory=list)
    _started: Instant = 0.0

    def start(self) -> None:
        """Send the first packet now."""
        self._started = self.scheduler.now
        self._send()

    @property
    def running(self) -> bool:
        """True until the last packet has left."""
        return len(self.times) < self.count

    def _send(self) -> None:
        number = len(self.times)
        self.times.append(self.scheduler.now)
        self.host.send(self._packet(number))
        if self.running:
            self.scheduler.at(self._started + (number + 1) * self.interval, self._send)

    def _packet(self, number: int) -> Ipv4Packet:
        payload = NUMBERS.pack(self.number, number).ljust(
            self.size - MINIMUM_HEADER - _UDP_HEADER, b"\0"
        )
        source = self.host.address.ip
        datagram = UdpDatagram(source_port=self.port, destination_port=self.port, payload=payload)
        return Ipv4Packet(
            source=source,
            destination=self.destination,
            protocol=IpProtocol.UDP,
            payload=datagram.encode(source, self.destination),
            ttl=self.ttl,
            identification=number & 0xFFFF,
        )


@dataclass
class Reception:
    """Packet numbers of one stream at one host in the order of arrival, and their times."""

    numbers: list[int] = field(default_factory=list)
    times: list[Instant] = field(default_factory=list)


class Recorder:
    """What each host received of each stream."""

    def __init__(self) -> None:
        self._receptions: dict[tuple[str, int], Reception] = {}

    def at(self, host: str) -> OnDatagram:
        """The function that notes what a host receives."""

        def note(packet: Ipv4Packet, datagram: UdpDatagram, at: Instant) -> None:
            if len(datagram.payload) >= NUMBERS.size:
                stream, number = NUMBERS.unpack_from(datagram.payload)
                reception = self.reception(host, stream)
                reception.numbers.append(number)
                reception.times.append(at)

        return note

    def reception(self, host: str, stream: int) -> Reception:
        """What a host has received of a stream so far."""
        return self._receptions.setdefault((host, stream), Reception())
