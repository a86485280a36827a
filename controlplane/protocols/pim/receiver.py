"""From a received packet to a message: the checks before anything is believed (RFC 7761 4.9, 6).

All messages that a source-specific router reads are link-local: to ALL-PIM-ROUTERS with TTL 1, from
an address of the link. On a PMSI every PE is on the link, whatever its address. A TTL of 0 is
a TTL of 1 that a tunnel's tail took one from.
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.engine import PacketReceived
from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import InterfaceKind
from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.protocols.pim.counters import Count, malformed
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.join_prune import JoinPrunes
from controlplane.protocols.pim.neighbors import Neighbors
from controlplane.protocols.pim.notices import MalformedPacket
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import JoinPrune
from controlplane.wire.pim.message import PimMessage, decode_message
from controlplane.wire.reader import DecodeError

_QUIET: Final[Duration] = 60.0
"""RFC 7761 4.9: errors are logged "in a rate-limited manner"; one an interface in this time."""


class Receiver:
    def __init__(
        self, instance: PimInstance, neighbors: Neighbors, join_prunes: JoinPrunes
    ) -> None:
        self._instance = instance
        self._neighbors = neighbors
        self._join_prunes = join_prunes
        self._quiet_until: dict[str, Instant] = {}

    def receive(self, packet: PacketReceived, now: Instant) -> None:
        interface = self._instance.interfaces.get(packet.interface)
        if interface is None:
            self._instance.counters[Count.DROP_NOT_ENABLED] += 1
        elif (refusal := _why_refused(interface, packet)) is not None:
            self._instance.counters[refusal] += 1
        elif (message := self._decode(packet, now)) is not None:
            self._dispatch(interface, packet, message, now)

    def _decode(self, packet: PacketReceived, now: Instant) -> PimMessage | None:
        try:
            return decode_message(packet.payload)
        except DecodeError as error:
            self._instance.counters[malformed(error)] += 1
            self._complain(packet, error, now)
            return None

    def _complain(self, packet: PacketReceived, error: DecodeError, now: Instant) -> None:
        if now >= self._quiet_until.get(packet.interface, now):
            self._quiet_until[packet.interface] = now + _QUIET
            notice = MalformedPacket(packet.interface, packet.source, str(error))
            self._instance.outputs.append(notice)

    def _dispatch(
        self, interface: PimInterface, packet: PacketReceived, message: PimMessage, now: Instant
    ) -> None:
        counters = self._instance.counters
        match message:
            case Hello():
                counters[Count.RX_HELLO] += 1
                self._neighbors.receive(interface, packet.source, message, now)
            case JoinPrune():
                counters[Count.RX_JOIN_PRUNE] += 1
                self._join_prunes.receive(interface, packet.source, message, now)
            case _:
                counters[Count.RX_OTHER] += 1


def _why_refused(interface: PimInterface, packet: PacketReceived) -> Count | None:
    if packet.source == interface.address:
        return Count.DROP_OWN
    if packet.destination != ALL_PIM_ROUTERS:
        return Count.DROP_DESTINATION
    if packet.ttl > 1:
        return Count.DROP_TTL
    if not _is_on_link(interface, packet):
        return Count.DROP_SOURCE
    return None


def _is_on_link(interface: PimInterface, packet: PacketReceived) -> bool:
    if interface.interface.kind is InterfaceKind.PMSI:
        return not (packet.source.is_multicast or packet.source.is_unspecified)
    return packet.source in interface.interface.address.network
