"""Traceroute: UDP to a port that nobody listens on, with one TTL after the other.

Routers on the way answer that the TTL ended there, and the destination that the port is
unreachable. Other than those of traceroute(8) all packets are of one flow, so that of equal ways
they take the same, and the hops are a path that packets really take; they are told apart by the
identification of IPv4. One packet at a time is on its way, so that a router that limits its errors
has something to say to each.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.lab.probes.probe import Probe, Quoted
from controlplane.lab.probes.result import Answer, Hop, Outcome, TracerouteResult
from controlplane.wire.icmp import IcmpMessage, UnreachableCode
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.udp import UdpDatagram

PORT: Final = 33434
"""Where traceroute(8) begins."""
_PAYLOAD: Final = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traceroute:
    """`queries` packets for each TTL up to `most_hops`; each is waited for `timeout`."""

    destination: IPv4Address
    queries: int = 3
    most_hops: int = 30
    timeout: Duration = 1.0


class TracerouteProbe(Probe):
    """`source_port` tells the traceroutes of one host apart; each is a flow of its own."""

    def __init__(self, traceroute: Traceroute, source: IPv4Address, source_port: int) -> None:
        super().__init__(traceroute.destination)
        self._traceroute = traceroute
        self._source = source
        self._source_port = source_port
        self._next: Instant | None = 0.0

    @property
    def running(self) -> bool:
        return self._next is not None

    @property
    def result(self) -> TracerouteResult:
        hops = tuple(
            Hop(ttl, self._hop(ttl)) for ttl in range(1, self._ttl(len(self._left) - 1) + 1)
        )
        last = hops[-1].answers if hops else ()
        return TracerouteResult(hops, reached=any(map(_is_from_the_goal, last)))

    def next_deadline(self) -> Instant | None:
        return self._next

    def advance(self, now: Instant) -> Ipv4Packet | None:
        if self._next is None or now < self._next:
            return None
        if self._is_over():
            self._next = None
            return None
        self._next = now + self._traceroute.timeout
        return self._packet(self._leaves(now))

    def hear(self, packet: Ipv4Packet, at: Instant) -> None:
        """An answer to the packet that is waited for makes the next one due."""
        before = len(self._answers)
        super().hear(packet, at)
        if len(self._answers) > before and len(self._left) - 1 in self._answers:
            self._next = at

    def _is_over(self) -> bool:
        """At the end of a hop: whether to try another."""
        sent, queries = len(self._left), self._traceroute.queries
        if not sent or sent % queries:
            return False
        hop = self._hop(self._ttl(sent - 1))
        ended = any(answer and answer.outcome is Outcome.UNREACHABLE for answer in hop)
        return ended or sent == queries * self._traceroute.most_hops

    def _ttl(self, number: int) -> int:
        """Of a packet; that of none before the first is 0."""
        return number // self._traceroute.queries + 1

    def _hop(self, ttl: int) -> tuple[Answer | None, ...]:
        numbers = (number for number in self._left if self._ttl(number) == ttl)
        return tuple(self._answers.get(number) for number in numbers)

    def _number_of(self, message: IcmpMessage, quoted: Quoted | None) -> int | None:
        if quoted is None or quoted.protocol != IpProtocol.UDP:
            return None
        ours = quoted.start[:2] == self._source_port.to_bytes(2, "big")
        is_ours = ours and quoted.destination == self._destination
        return quoted.identification - 1 if is_ours else None

    def _packet(self, number: int) -> Ipv4Packet:
        """Counted from 1: Linux replaces an identification of 0 (raw(7))."""
        datagram = UdpDatagram(
            source_port=self._source_port,
            destination_port=PORT,
            payload=_PAYLOAD,
        )
        return Ipv4Packet(
            source=self._source,
            destination=self._destination,
            protocol=IpProtocol.UDP,
            payload=datagram.encode(self._source, self._destination),
            ttl=self._ttl(number),
            identification=number + 1,
        )


def _is_from_the_goal(answer: Answer | None) -> bool:
    """Nobody else knows about ports; a router may speak from another address than was asked."""
    port = UnreachableCode.PORT
    return answer is not None and (answer.outcome, answer.code) == (Outcome.UNREACHABLE, port)
