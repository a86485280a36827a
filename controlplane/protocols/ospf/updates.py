"""Link State Updates: LSAs on their way out (RFC 2328 13.3 (5), 13.6).

What is flooded waits in the queue of its interface until the input is through, so that LSAs that
came together leave together. The first update leaves at once; while more keep coming, one goes out
each `FLOOD_PACING` or so: a storm of LSAs fills packets instead of the link, and a single failure
is told without delay. The pace is uneven, so that of two routers that have the same LSAs for each
other one is first, and the other one need not send them (`flooding.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.lsdb import Stored
from controlplane.protocols.ospf.sender import Sender
from controlplane.protocols.ospf.timers import FloodTimer
from controlplane.wire.ospf.exchange import encode_update
from controlplane.wire.ospf.lsa import MAX_AGE
from controlplane.wire.ospf.message import OspfType

FLOOD_PACING: Final[Duration] = 0.02
_UNEVEN: Final = (0.5, 1.5)

_COUNT_OCTETS: Final = 4


class Updates:
    def __init__(self, instance: OspfInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender

    def queue(self, interface: OspfInterface, stored: Stored) -> None:
        """Flood an instance out of an interface when this input is through, or soon after."""
        interface.flood_queue[stored.key] = stored
        self._instance.to_flood[interface.name] = None

    def unqueue(self, interface: OspfInterface, stored: Stored) -> bool:
        """Do not flood an instance after all; whether it was still to be."""
        return interface.flood_queue.pop(stored.key, None) is not None

    def flush(self, now: Instant) -> None:
        """Send the queues whose time has come; the others have a timer."""
        to_flood, self._instance.to_flood = self._instance.to_flood, {}
        for name in to_flood:
            if (interface := self._instance.interfaces.get(name)) is not None:
                self._flush(interface, now)

    def send(
        self,
        interface: OspfInterface,
        instances: Iterable[Stored],
        destination: IPv4Address,
        now: Instant,
    ) -> None:
        """Send instances at once, in as few packets as can be."""
        for packet in packed(instances, interface.room):
            self._send(interface, packet, destination, now)

    def _flush(self, interface: OspfInterface, now: Instant) -> None:
        if now < interface.next_flood:
            self._instance.timers.set(FloodTimer(interface.name), interface.next_flood)
            return
        if not interface.flood_queue:
            return
        queue, interface.flood_queue = interface.flood_queue, {}
        interface.next_flood = now + FLOOD_PACING * self._instance.rng.uniform(*_UNEVEN)
        self.send(interface, queue.values(), interface.flood_address, now)

    def _send(
        self,
        interface: OspfInterface,
        instances: list[Stored],
        destination: IPv4Address,
        now: Instant,
    ) -> None:
        """RFC 2328 13.3: "LS age must be incremented by InfTransDelay"."""
        delay = interface.settings.transmit_delay
        lsas = []
        for stored in instances:
            lsas.append(stored.lsa.aged(min(MAX_AGE, stored.age(now) + delay)))
            stored.sent = now
        self._sender.send_octets(
            interface, OspfType.LINK_STATE_UPDATE, encode_update(lsas), destination, now
        )


def packed(instances: Iterable[Stored], room: int) -> Iterator[list[Stored]]:
    """Instances, packet by packet; one that is too large for any goes alone, in fragments."""
    packet: list[Stored] = []
    octets = _COUNT_OCTETS
    for stored in instances:
        length = len(stored.lsa.octets)
        if packet and octets + length > room:
            yield packet
            packet, octets = [], _COUNT_OCTETS
        packet.append(stored)
        octets += length
    if packet:
        yield packet
