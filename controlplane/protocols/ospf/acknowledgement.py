"""Link State Acknowledgments (RFC 2328 13.5, 13.7).

Delayed ones are gathered and multicast, so that a single packet tells all neighbours; direct ones
answer a duplicate, whose sender has missed the first acknowledgment.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from itertools import islice
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.neighbor import Neighbor
from controlplane.protocols.ospf.newer import compare
from controlplane.protocols.ospf.sender import Sender
from controlplane.protocols.ospf.timers import DelayedAckTimer
from controlplane.wire.ospf.exchange import LinkStateAck
from controlplane.wire.ospf.lsa import HEADER_OCTETS, Lsa, LsaHeader

_DELAY: Final[Duration] = 1.0
_SHARE: Final = 0.25
"""RFC 2328 13.5: the delay "must be short (less than RxmtInterval)"; at most this part of it."""


class Acknowledgments:
    def __init__(self, instance: OspfInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender

    def delay(self, interface: OspfInterface, lsa: Lsa, now: Instant) -> None:
        """Acknowledge soon, to all on the link; a full packet goes at once."""
        if not interface.acks:
            wait = min(_DELAY, _SHARE * interface.settings.retransmit_interval)
            self._instance.timers.set(DelayedAckTimer(interface.name), now + wait)
        interface.acks[lsa.key] = lsa.header
        if len(interface.acks) >= _headers_in(interface):
            self.flush(interface, now)

    def flush(self, interface: OspfInterface, now: Instant) -> None:
        """Send what has been delayed."""
        acks, interface.acks = interface.acks, {}
        self._instance.timers.cancel(DelayedAckTimer(interface.name))
        self._send(interface, acks.values(), interface.flood_address, now)

    def direct(
        self, interface: OspfInterface, neighbor: Neighbor, lsas: Iterable[Lsa], now: Instant
    ) -> None:
        """Acknowledge at once, to one neighbour."""
        headers = (lsa.header for lsa in lsas)
        self._send(interface, headers, interface.address_of(neighbor), now)

    def receive(self, neighbor: Neighbor, ack: LinkStateAck, now: Instant) -> None:
        """RFC 2328 13.7."""
        for header in ack.headers:
            self._acknowledged(neighbor, header, now)

    def _acknowledged(self, neighbor: Neighbor, header: LsaHeader, now: Instant) -> None:
        waiting = neighbor.retransmissions.get(header.key)
        if waiting is None:
            return
        stored = waiting.stored
        if compare(header, header.age, stored.lsa.header, stored.age(now)) == 0:
            neighbor.acknowledged(header.key)
        else:
            self._instance.counters[Count.IGNORED_ACK] += 1

    def _send(
        self,
        interface: OspfInterface,
        headers: Iterable[LsaHeader],
        destination: IPv4Address,
        now: Instant,
    ) -> None:
        rest, size = iter(headers), _headers_in(interface)
        while packet := tuple(islice(rest, size)):
            self._sender.send(interface, LinkStateAck(packet), destination, now)


def _headers_in(interface: OspfInterface) -> int:
    return interface.room // HEADER_OCTETS
