"""Ping: echo requests at a steady rate, as ping(8) sends them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.lab.probes.probe import ECHO_DATA, Probe, Quoted
from controlplane.lab.probes.result import PingResult
from controlplane.wire.icmp import IcmpEcho, IcmpMessage
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """`count` echo requests, one each `interval`; each is waited for `timeout`."""

    destination: IPv4Address
    count: int = 5
    interval: Duration = 0.2
    timeout: Duration = 1.0
    ttl: int = 64
    size: int = ECHO_DATA


class PingProbe(Probe):
    """`identifier` tells the pings of one host apart."""

    def __init__(self, ping: Ping, source: IPv4Address, identifier: int) -> None:
        super().__init__(ping.destination)
        self._ping = ping
        self._source = source
        self._identifier = identifier
        self._next: Instant | None = 0.0

    @property
    def running(self) -> bool:
        return self._next is not None

    @property
    def result(self) -> PingResult:
        return PingResult(tuple(self._answers.get(number) for number in self._left))

    def next_deadline(self) -> Instant | None:
        return self._next

    def advance(self, now: Instant) -> Ipv4Packet | None:
        """The last packet is followed by its timeout alone."""
        if self._next is None or now < self._next:
            return None
        if len(self._left) == self._ping.count:
            self._next = None
            return None
        packet = self._packet(self._leaves(now))
        is_last = len(self._left) == self._ping.count
        self._next = now + (self._ping.timeout if is_last else self._ping.interval)
        return packet

    def hear(self, packet: Ipv4Packet, at: Instant) -> None:
        super().hear(packet, at)
        if len(self._answers) == self._ping.count:
            self._next = None

    def _number_of(self, message: IcmpMessage, quoted: Quoted | None) -> int | None:
        if isinstance(message, IcmpEcho) and message.is_reply:
            return message.sequence if message.identifier == self._identifier else None
        if quoted is None or quoted.protocol != IpProtocol.ICMP:
            return None
        ours = quoted.start[4:6] == self._identifier.to_bytes(2, "big")
        return int.from_bytes(quoted.start[6:8], "big") if ours else None

    def _packet(self, number: int) -> Ipv4Packet:
        request = IcmpEcho(
            is_reply=False,
            identifier=self._identifier,
            sequence=number,
            data=bytes(self._ping.size),
        )
        return Ipv4Packet(
            source=self._source,
            destination=self._destination,
            protocol=IpProtocol.ICMP,
            payload=request.encode(),
            ttl=self._ping.ttl,
        )
