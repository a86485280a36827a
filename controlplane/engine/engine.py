"""What every protocol engine is: inputs and the time go in, outputs come out.

An engine never touches a socket, a thread or a clock. Its driver calls `handle` with what happened
and `advance` when `next_deadline` has come, and carries out the outputs in their order. Protocols
add inputs and outputs of their own in their `events.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Protocol, TypeVar

from controlplane.engine.time import Instant
from controlplane.net.interface import Interface

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out")


class Engine(Protocol[In, Out]):
    def handle(self, event: In, now: Instant) -> list[Out]:
        """Take one input; timers that are due before it are for `advance`, which came first."""

    def advance(self, now: Instant) -> list[Out]:
        """Let every timer that is due by now expire, in order."""

    def next_deadline(self) -> Instant | None:
        """When `advance` is due, None when no timer runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceUp:
    """Input: an interface exists and works; again with other values when its address changed."""

    interface: Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceDown:
    """Input: an interface works no longer; state that hangs on it goes at once."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketReceived:
    """Input: the payload of an IPv4 packet of the engine's protocol."""

    interface: str
    source: IPv4Address
    destination: IPv4Address
    payload: bytes
    ttl: int = 1
    tos: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPacket:
    """Output: send an IPv4 packet out of an interface, from the given source address.

    `next_hop` names the neighbour on that link for unicast; a multicast destination needs none.
    """

    interface: str
    source: IPv4Address
    destination: IPv4Address
    protocol: int
    payload: bytes
    ttl: int = 1
    router_alert: bool = False
    next_hop: IPv4Address | None = None
    tos: int = 0xC0  # RFC 2474 4.2.2.1: class selector 6, network control


@dataclass(frozen=True, slots=True, kw_only=True)
class DatagramReceived:
    """Input: the payload of a UDP datagram to a port that the engine asked for."""

    interface: str
    source: IPv4Address
    destination: IPv4Address
    source_port: int
    destination_port: int
    payload: bytes
    ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDatagram:
    """Output: send a UDP datagram; `interface` and `next_hop` as in `SendPacket`.

    From a loopback interface it goes the way that the router's table knows.
    """

    interface: str
    source: IPv4Address
    destination: IPv4Address
    source_port: int
    destination_port: int
    payload: bytes
    ttl: int
    next_hop: IPv4Address | None = None
    tos: int = 0xC0
