"""ICMP of a router (RFC 792, RFC 1812 4.3): echo, and errors about what it cannot forward.

Echo requests to an address of the VRF that they came in on are answered from that address (RFC 1812
4.3.3.6), those to many are not. Errors come from the address of the interface that the datagram
came in on, which is what traceroute shows; there is one bucket for all of them (4.3.2.8). Frames to
a link-layer broadcast are for the caller to leave out: datagrams do not show it.

A router that switches labels may not know the way to the sender, whose address may belong to a
customer. Its error about a labelled datagram says with which labels that came (RFC 4950), and goes
on under the same ones, to a router that knows (RFC 3032 2.3.2).

A pinged address does not reassemble: fragments fail the checksum and are dropped.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived, SendPacket
from controlplane.engine.time import Instant
from controlplane.net.interface import Interface
from controlplane.protocols.icmp.bucket import TokenBucket
from controlplane.protocols.icmp.counters import IcmpCount, IcmpCounters
from controlplane.protocols.icmp.errors import is_host, objection, quote
from controlplane.protocols.icmp.events import (
    IcmpInput,
    IcmpOutput,
    ReportTimeExceeded,
    ReportUnreachable,
    SendLabelled,
)
from controlplane.wire.icmp import IcmpEcho, IcmpTimeExceeded, IcmpUnreachable, decode
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack
from controlplane.wire.reader import DecodeError, Reader

ERROR_RATE: Final = 100.0
ERROR_BURST: Final = 50
_TTL: Final = 64
_DSCP: Final = 0xFC
"""The TOS octet without its two bits of ECN (RFC 3168 5)."""


class IcmpEngine:
    """An Engine[IcmpInput, IcmpOutput] for all interfaces of a router, and without timers."""

    def __init__(self) -> None:
        self.counters: IcmpCounters = Counter()
        self._interfaces: dict[str, Interface] = {}
        self._errors = TokenBucket(rate=ERROR_RATE, burst=ERROR_BURST)

    def handle(self, event: IcmpInput, now: Instant) -> list[IcmpOutput]:
        match event:
            case InterfaceUp(interface=interface):
                self._interfaces[interface.name] = interface
                return []
            case InterfaceDown(name=name):
                self._interfaces.pop(name, None)
                return []
            case PacketReceived():
                return self._receive(event)
            case ReportTimeExceeded() | ReportUnreachable():
                return self._report(event, now)

    def advance(self, now: Instant) -> list[IcmpOutput]:
        return []

    def next_deadline(self) -> Instant | None:
        return None

    def _receive(self, packet: PacketReceived) -> list[IcmpOutput]:
        try:
            message = decode(Reader(packet.payload))
        except DecodeError:
            return self._drop(IcmpCount.DROPPED_MALFORMED)
        if not isinstance(message, IcmpEcho) or message.is_reply:
            return self._drop(IcmpCount.RECEIVED_OTHER)
        self.counters[IcmpCount.RECEIVED_ECHO_REQUEST] += 1
        if (reason := self._objection(packet)) is not None:
            return self._drop(reason)
        self.counters[IcmpCount.SENT_ECHO_REPLY] += 1
        return [_echo_reply(packet, message)]

    def _objection(self, packet: PacketReceived) -> IcmpCount | None:
        """Why a request is not answered, None when it is."""
        vrf = self._vrf_of(packet.interface)
        if packet.destination not in [interface.address.ip for interface in vrf]:
            return IcmpCount.DROPPED_NOT_MINE
        if not is_host(packet.source, [interface.address.network for interface in vrf]):
            return IcmpCount.DROPPED_NO_SENDER
        return None

    def _vrf_of(self, name: str) -> list[Interface]:
        """The interfaces that are in one VRF with this one; none when it is not up."""
        arrival = self._interfaces.get(name)
        return [i for i in self._interfaces.values() if arrival and i.vrf == arrival.vrf]

    def _report(
        self, event: ReportTimeExceeded | ReportUnreachable, now: Instant
    ) -> list[IcmpOutput]:
        interface = self._interfaces.get(event.interface)
        if interface is None:
            return self._drop(IcmpCount.UNSENT_NO_INTERFACE)
        try:
            about = Ipv4Packet.decode(Reader(event.datagram))
        except DecodeError:
            return self._drop(IcmpCount.UNSENT_MALFORMED)
        onward = _labels_onward(event)
        if (reason := objection(about, self._attached(event.interface, onward))) is not None:
            return self._drop(reason)
        if not self._errors.take(now):
            return self._drop(IcmpCount.UNSENT_RATE)
        send = _send(interface, about.source, self._error(event, about))
        return [send if onward is None else _send_on(send, onward)]

    def _attached(self, interface: str, labels: LabelStack | None) -> list[IPv4Network]:
        """The networks that the addresses of a datagram may be of; under labels, nobody knows."""
        return [i.address.network for i in self._vrf_of(interface) if labels is None]

    def _error(self, event: ReportTimeExceeded | ReportUnreachable, about: Ipv4Packet) -> bytes:
        match event:
            case ReportTimeExceeded(datagram=datagram, labels=labels):
                self.counters[IcmpCount.SENT_TIME_EXCEEDED] += 1
                quoted = quote(datagram, about, before_labels=labels is not None)
                return IcmpTimeExceeded(quoted=quoted, labels=labels).encode()
            case ReportUnreachable(datagram=datagram, code=code, next_hop_mtu=mtu):
                self.counters[IcmpCount.SENT_UNREACHABLE] += 1
                quoted = quote(datagram, about, before_labels=False)
                return IcmpUnreachable(code=code, next_hop_mtu=mtu, quoted=quoted).encode()

    def _drop(self, reason: IcmpCount) -> list[IcmpOutput]:
        self.counters[reason] += 1
        return []


def _labels_onward(event: ReportTimeExceeded | ReportUnreachable) -> LabelStack | None:
    """The labels under which an error goes on, None for one that this router sends back itself."""
    return None if event.at_end else event.labels


def _echo_reply(packet: PacketReceived, request: IcmpEcho) -> SendPacket:
    reply = IcmpEcho(
        is_reply=True,
        identifier=request.identifier,
        sequence=request.sequence,
        data=request.data,
    )
    return SendPacket(
        interface=packet.interface,
        source=packet.destination,
        destination=packet.source,
        protocol=IpProtocol.ICMP,
        payload=reply.encode(),
        ttl=_TTL,
        tos=packet.tos & _DSCP,  # RFC 1812 4.3.2.5: "the same value as the IP Precedence"
    )


def _send(interface: Interface, destination: IPv4Address, payload: bytes) -> SendPacket:
    """RFC 1812 4.3.2.5: errors have precedence 6, as every SendPacket that does not say else."""
    return SendPacket(
        interface=interface.name,
        source=interface.address.ip,
        destination=destination,
        protocol=IpProtocol.ICMP,
        payload=payload,
        ttl=_TTL,
    )


def _send_on(send: SendPacket, labels: LabelStack) -> SendLabelled:
    """RFC 3032 2.3.2: labels "copied exactly", their TTLs that of the ICMP message."""
    packet = Ipv4Packet(
        source=send.source,
        destination=send.destination,
        protocol=send.protocol,
        payload=send.payload,
        ttl=send.ttl,
        tos=send.tos,
    )
    return SendLabelled(
        interface=send.interface, labels=labels.with_ttl(send.ttl), datagram=packet.encode()
    )
