"""From a received packet to a message: the checks before anything is believed (RFC 7761 4.9, 6).

    to ALL-PIM-ROUTERS    Hello, Join/Prune, Assert, Bootstrap: with TTL 1, from an address of the
                          link, where PIM is enabled
    to an address of ours Register, Register-Stop, Candidate-RP-Advertisement: from anywhere; and a
                          Bootstrap message for a router that has just started (RFC 5059 3.5.1)

On a PMSI every PE is on the link, whatever its address. A TTL of 0 is a TTL of 1 that a tunnel's
tail took one from.
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.engine import PacketReceived
from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import InterfaceKind
from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.protocols.pim.asserts import Asserts
from controlplane.protocols.pim.bootstrap import Bootstraps
from controlplane.protocols.pim.counters import Count, malformed
from controlplane.protocols.pim.df_elections import DfElections
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.join_prune import JoinPrunes
from controlplane.protocols.pim.neighbors import Neighbors
from controlplane.protocols.pim.notices import MalformedPacket
from controlplane.protocols.pim.register_dr import RegisterDr
from controlplane.protocols.pim.register_rp import RegisterRp
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.bootstrap import Bootstrap, CandidateRpAdvertisement
from controlplane.wire.pim.df_election import Backoff, Offer, Pass, Winner
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import JoinPrune
from controlplane.wire.pim.message import PimMessage, decode_message
from controlplane.wire.pim.register import Register, RegisterStop
from controlplane.wire.reader import DecodeError

_QUIET: Final[Duration] = 60.0
"""RFC 7761 4.9: errors are logged "in a rate-limited manner"; one an interface in this time."""


class Receiver:
    def __init__(
        self,
        instance: PimInstance,
        neighbors: Neighbors,
        join_prunes: JoinPrunes,
        asserts: Asserts,
        bootstraps: Bootstraps,
        df_elections: DfElections,
        register_dr: RegisterDr,
        register_rp: RegisterRp,
    ) -> None:
        self._instance = instance
        self._neighbors = neighbors
        self._join_prunes = join_prunes
        self._asserts = asserts
        self._bootstraps = bootstraps
        self._df_elections = df_elections
        self._register_dr = register_dr
        self._register_rp = register_rp
        self._quiet_until: dict[str, Instant] = {}

    def receive(self, packet: PacketReceived, now: Instant) -> None:
        if packet.destination.is_multicast:
            self._receive_on_link(packet, now)
        elif not _can_be_answered(packet):
            self._instance.counters[Count.DROP_SOURCE] += 1
        elif (message := self._decode(packet, now)) is not None:
            self._dispatch_unicast(packet, message, now)

    def _receive_on_link(self, packet: PacketReceived, now: Instant) -> None:
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
            case Assert():
                counters[Count.RX_ASSERT] += 1
                self._asserts.receive(interface, packet.source, message, now)
            case Bootstrap():
                self._bootstrap(interface, packet, message, now)
            case Offer() | Winner() | Backoff() | Pass():
                counters[Count.RX_DF_ELECTION] += 1
                self._df_elections.receive(interface, packet.source, message, now)
            case Register() | RegisterStop() | CandidateRpAdvertisement():
                counters[Count.DROP_DESTINATION] += 1
            case _:
                counters[Count.RX_OTHER] += 1

    def _dispatch_unicast(self, packet: PacketReceived, message: PimMessage, now: Instant) -> None:
        counters = self._instance.counters
        interface = self._instance.interfaces.get(packet.interface)
        match message:
            case Register():
                counters[Count.RX_REGISTER] += 1
                self._register_rp.receive(packet, message, now)
            case RegisterStop():
                counters[Count.RX_REGISTER_STOP] += 1
                self._register_dr.receive(packet, message, now)
            case CandidateRpAdvertisement():
                counters[Count.RX_CANDIDATE_RP] += 1
                self._bootstraps.receive_advertisement(message, now)
            case Bootstrap() if interface is not None:
                self._bootstrap(interface, packet, message, now)
            case _:
                counters[Count.DROP_DESTINATION] += 1

    def _bootstrap(
        self, interface: PimInterface, packet: PacketReceived, message: Bootstrap, now: Instant
    ) -> None:
        self._instance.counters[Count.RX_BOOTSTRAP] += 1
        self._bootstraps.receive(interface, packet.source, packet.destination, message, now)


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
        return _can_be_answered(packet)
    return packet.source in interface.interface.address.network


def _can_be_answered(packet: PacketReceived) -> bool:
    """RFC 1122 3.2.1.3: what no packet may have as its source."""
    return not (packet.source.is_multicast or packet.source.is_unspecified)
