"""What ping and traceroute have in common: packets that leave, and the ICMP that answers them.

A probe is an engine: it is told the time and what ICMP its host received, and gives the packets to
send. It numbers its packets; a number finds its way back in an echo reply, or in what an error
quotes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.lab.probes.result import Answer, Outcome
from controlplane.wire import icmp
from controlplane.wire.icmp import IcmpMessage, IcmpTimeExceeded, IcmpUnreachable
from controlplane.wire.ipv4 import Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import DecodeError, Reader

ECHO_DATA: Final = 56
"""Octets behind the header of an echo request, as ping(8) has them."""

_BEFORE_IDENTIFICATION: Final = 3
_FLAGS_AND_TTL: Final = 3
_TRANSPORT: Final = 8


@dataclass(frozen=True, slots=True)
class Quoted:
    """The datagram that an ICMP error is about: RFC 792 has it with 64 bits of its payload."""

    identification: int
    destination: IPv4Address
    protocol: int
    start: bytes


class Probe(ABC):
    """Sends one packet at a time: `advance` gives the next, when `next_deadline` has come."""

    def __init__(self, destination: IPv4Address) -> None:
        self._destination = destination
        self._left: dict[int, Instant] = {}
        self._answers: dict[int, Answer] = {}

    @property
    @abstractmethod
    def running(self) -> bool:
        """True until nothing more is sent or waited for."""

    @abstractmethod
    def next_deadline(self) -> Instant | None:
        """When `advance` is due; None when the probe is over."""

    @abstractmethod
    def advance(self, now: Instant) -> Ipv4Packet | None:
        """Take note of the time; the packet that is to leave now."""

    @abstractmethod
    def _number_of(self, message: IcmpMessage, quoted: Quoted | None) -> int | None:
        """Which of our packets a message answers, None when it is none of them."""

    def left(self, at: Instant) -> None:
        """When the newest packet really left, where that is known better than `advance` could."""
        self._left[len(self._left) - 1] = at

    def hear(self, packet: Ipv4Packet, at: Instant) -> None:
        """ICMP that the host received; what is malformed or of others is ignored."""
        try:
            message = icmp.decode(Reader(packet.payload))
            quoted = _quoted(message)
        except DecodeError:
            return
        number = self._number_of(message, quoted)
        if number is not None and number in self._left and number not in self._answers:
            rtt = max(0.0, at - self._left[number])
            self._answers[number] = _answer(message, packet.source, rtt)

    def _leaves(self, now: Instant) -> int:
        """The number of a packet that leaves now."""
        number = len(self._left)
        self._left[number] = now
        return number


def _answer(message: IcmpMessage, source: IPv4Address, rtt: Duration) -> Answer:
    match message:
        case IcmpTimeExceeded(labels=labels):
            outcome, code = Outcome.TIME_EXCEEDED, 0
        case IcmpUnreachable(code=code, labels=labels):
            outcome = Outcome.UNREACHABLE
        case _:
            outcome, code, labels = Outcome.REPLY, 0, None
    return Answer(address=source, outcome=outcome, rtt=rtt, code=code, labels=_entries(labels))


def _entries(labels: LabelStack | None) -> tuple[LabelStackEntry, ...]:
    return labels.entries if labels else ()


def _quoted(message: IcmpMessage) -> Quoted | None:
    """What an error quotes. Its TTL and checksum are not what they were: nothing is verified."""
    if not isinstance(message, IcmpTimeExceeded | IcmpUnreachable):
        return None
    reader = Reader(message.quoted)
    header = (reader.u8() & 0x0F) * 4
    reader.take(_BEFORE_IDENTIFICATION)
    identification = reader.u16()
    reader.take(_FLAGS_AND_TTL)
    protocol = reader.u8()
    reader.take(2)
    reader.ipv4()
    destination = reader.ipv4()
    reader.take(max(0, header - reader.offset))
    return Quoted(identification, destination, protocol, reader.take(_TRANSPORT))
