"""ICMP of a host in the simulator: echo replies, unreachable ports, and what probes hear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from controlplane.wire import icmp
from controlplane.wire.icmp import IcmpEcho, IcmpUnreachable, UnreachableCode
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader

_TTL: Final = 64
_MOST_QUOTED: Final = 548  # RFC 1812 4.3.2.3

Hear = Callable[[Ipv4Packet], None]


class HostIcmp:
    """`send` takes IPv4 packets; `listeners` hear all ICMP that is for this host."""

    def __init__(self, send: Hear) -> None:
        self.listeners: list[Hear] = []
        self._send = send

    def receive(self, packet: Ipv4Packet) -> None:
        """ICMP to the host's address."""
        message = icmp.decode(Reader(packet.payload))
        if isinstance(message, IcmpEcho) and not message.is_reply:
            self._answer(packet, replace(message, is_reply=True).encode())
        for listener in tuple(self.listeners):
            listener(packet)

    def refuse(self, packet: Ipv4Packet) -> None:
        """No socket takes this datagram (RFC 1122 3.2.2.1)."""
        quoted = packet.encode()[:_MOST_QUOTED]
        self._answer(packet, IcmpUnreachable(code=UnreachableCode.PORT, quoted=quoted).encode())

    def _answer(self, packet: Ipv4Packet, message: bytes) -> None:
        self._send(
            Ipv4Packet(
                source=packet.destination,
                destination=packet.source,
                protocol=IpProtocol.ICMP,
                payload=message,
                ttl=_TTL,
            )
        )
