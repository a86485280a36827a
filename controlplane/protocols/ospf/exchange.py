"""Receiving Database Descriptions and Link State Requests (RFC 2328 10.6, 10.7).

The router with the higher router id is master. Each of its packets is answered by one of the slave
with the same sequence number, and only then comes the next: the exchange is over when both have
said that they have nothing more.
"""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.descriptions import Descriptions, following
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.lsdb import Stored
from controlplane.protocols.ospf.neighbor import Neighbor, NeighborState, ReceivedDescription
from controlplane.protocols.ospf.neighbor_state import NeighborEvent, NeighborMachine
from controlplane.protocols.ospf.newer import compare
from controlplane.protocols.ospf.notices import MtuMismatch
from controlplane.protocols.ospf.requests import Requests
from controlplane.protocols.ospf.updates import Updates
from controlplane.wire.ospf.exchange import DatabaseDescription, LinkStateRequest
from controlplane.wire.ospf.lsa import LsaHeader


class Exchanges:
    def __init__(
        self,
        instance: OspfInstance,
        machine: NeighborMachine,
        descriptions: Descriptions,
        requests: Requests,
        updates: Updates,
    ) -> None:
        self._instance = instance
        self._machine = machine
        self._descriptions = descriptions
        self._requests = requests
        self._updates = updates

    def receive(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        packet: DatabaseDescription,
        now: Instant,
    ) -> None:
        neighbor.mtu = packet.mtu
        if packet.mtu > interface.interface.mtu:
            self._refuse_mtu(interface, neighbor, packet.mtu, now)
            return
        self._instance.settled(interface.name, neighbor.address, MtuMismatch)
        if neighbor.state is NeighborState.INIT:
            self._machine.handle(interface, neighbor, NeighborEvent.TWO_WAY_RECEIVED, now)
        if neighbor.state is NeighborState.EX_START:
            self._negotiate(interface, neighbor, packet, now)
        elif neighbor.state >= NeighborState.EXCHANGE:
            self._continue(interface, neighbor, packet, now)
        else:
            self._instance.counters[Count.DROP_NEIGHBOR_STATE] += 1

    def receive_request(
        self, interface: OspfInterface, neighbor: Neighbor, request: LinkStateRequest, now: Instant
    ) -> None:
        """RFC 2328 10.7: send what is asked for, without waiting for acknowledgments."""
        if not neighbor.floods:
            self._instance.counters[Count.DROP_NEIGHBOR_STATE] += 1
            return
        found: list[Stored] = []
        for key in request.keys:
            lsdb = self._instance.database_for(interface, key.ls_type)
            if lsdb is None or (stored := lsdb.get(key)) is None:
                reason = "it requests an LSA that is not in our database"
                self._machine.restart(interface, neighbor, reason, now)
                return
            found.append(stored)
        self._updates.send(interface, found, interface.address_of(neighbor), now)

    def _refuse_mtu(
        self, interface: OspfInterface, neighbor: Neighbor, mtu: int, now: Instant
    ) -> None:
        self._instance.counters[Count.DROP_MTU] += 1
        reason = f"MTU mismatch: the neighbor's is {mtu}, ours is {interface.interface.mtu}"
        self._instance.complain(MtuMismatch(interface.name, neighbor.address, reason), now)

    def _negotiate(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        packet: DatabaseDescription,
        now: Instant,
    ) -> None:
        """In ExStart: who is master."""
        neighbor_is_higher = neighbor.router_id > self._instance.router_id
        opens = packet.init and packet.more and packet.master and not packet.headers
        echoes = (
            not packet.init
            and not packet.master
            and packet.sequence_number == neighbor.dd_sequence_number
        )
        if opens and neighbor_is_higher:
            neighbor.exchange.is_master = False
            neighbor.dd_sequence_number = packet.sequence_number
        elif not (echoes and not neighbor_is_higher):
            return
        neighbor.options = packet.options
        self._machine.handle(interface, neighbor, NeighborEvent.NEGOTIATION_DONE, now)
        self._accept(interface, neighbor, packet, now)

    def _continue(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        packet: DatabaseDescription,
        now: Instant,
    ) -> None:
        exchange = neighbor.exchange
        if _received(packet) == exchange.last_received:
            self._duplicate(interface, neighbor, now)
        elif reason := _mismatch(neighbor, packet):
            self._machine.restart(interface, neighbor, reason, now)
        else:
            self._accept(interface, neighbor, packet, now)

    def _duplicate(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """ "Duplicates should be discarded by the master", and answered again by the slave; when
        that has freed its packet already, the two are out of step."""
        if neighbor.exchange.is_master:
            return
        if neighbor.exchange.last_sent is None:
            reason = "it repeats a Database Description of long ago"
            self._machine.restart(interface, neighbor, reason, now)
        else:
            self._descriptions.repeat(interface, neighbor, now)

    def _accept(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        packet: DatabaseDescription,
        now: Instant,
    ) -> None:
        """The packet is the next in sequence."""
        neighbor.exchange.last_received = _received(packet)
        for header in packet.headers:
            if not self._instance.area_of(interface).takes(header.ls_type):
                reason = f"it describes an LSA of type {header.ls_type}, not of this area"
                self._machine.restart(interface, neighbor, reason, now)
                return
            self._note(interface, neighbor, header, now)
        if neighbor.exchange.is_master:
            self._accept_as_master(interface, neighbor, packet, now)
        else:
            self._accept_as_slave(interface, neighbor, packet, now)
        self._requests.proceed(interface, neighbor, now)

    def _note(
        self, interface: OspfInterface, neighbor: Neighbor, header: LsaHeader, now: Instant
    ) -> None:
        """Put what is newer than ours on the Link state request list."""
        lsdb = self._instance.database_for(interface, header.ls_type)
        assert lsdb is not None
        key = header.key
        stored = lsdb.get(key)
        if stored is None or compare(header, header.age, stored.lsa.header, stored.age(now)) > 0:
            neighbor.requests[key] = header

    def _accept_as_master(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        packet: DatabaseDescription,
        now: Instant,
    ) -> None:
        assert neighbor.dd_sequence_number is not None
        neighbor.dd_sequence_number = following(neighbor.dd_sequence_number)
        if not neighbor.exchange.more_sent and not packet.more:
            self._machine.handle(interface, neighbor, NeighborEvent.EXCHANGE_DONE, now)
        else:
            self._descriptions.next(interface, neighbor, now)

    def _accept_as_slave(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        packet: DatabaseDescription,
        now: Instant,
    ) -> None:
        neighbor.dd_sequence_number = packet.sequence_number
        self._descriptions.next(interface, neighbor, now)
        if not neighbor.exchange.more_sent and not packet.more:
            self._machine.handle(interface, neighbor, NeighborEvent.EXCHANGE_DONE, now)


def _received(packet: DatabaseDescription) -> ReceivedDescription:
    return ReceivedDescription(
        packet.init, packet.more, packet.master, packet.options, packet.sequence_number
    )


def _mismatch(neighbor: Neighbor, packet: DatabaseDescription) -> str | None:
    """Why a packet that is no duplicate is not the next in sequence (RFC 2328 10.6)."""
    assert neighbor.dd_sequence_number is not None
    exchange = neighbor.exchange
    if packet.init:
        return "it begins the database exchange anew"
    if neighbor.state > NeighborState.EXCHANGE:
        return "it sends a Database Description after the exchange"
    if packet.master is exchange.is_master:
        return "both claim the same part in the database exchange"
    if packet.options != neighbor.options:
        return "its options changed during the database exchange"
    number = neighbor.dd_sequence_number
    expected = number if exchange.is_master else following(number)
    if packet.sequence_number != expected:
        return f"Database Description {packet.sequence_number} instead of {expected}"
    return None
