"""The flooding procedure (RFC 2328 13): how an LSA gets to every router that is to have it.

Each LSA of a Link State Update takes the steps of section 13; `flood` is 13.3, which own LSAs take
too. An LSA is sent on as it came, in octets: on the way it changes in nothing but its age.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.acknowledgement import Acknowledgments
from controlplane.protocols.ospf.ageing import Ageing
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import InterfaceState, OspfInterface
from controlplane.protocols.ospf.lsdb import OPAQUE_TYPES, Lsdb, Stored
from controlplane.protocols.ospf.neighbor import Neighbor, NeighborState
from controlplane.protocols.ospf.neighbor_state import NeighborEvent, NeighborMachine
from controlplane.protocols.ospf.newer import compare
from controlplane.protocols.ospf.notices import LsaRefused
from controlplane.protocols.ospf.requests import Requests
from controlplane.protocols.ospf.timers import RetransmissionTimer
from controlplane.protocols.ospf.updates import Updates
from controlplane.wire.ospf.exchange import LinkStateUpdate
from controlplane.wire.ospf.lsa import MAX_AGE, MAX_SEQUENCE_NUMBER, Lsa, LsType
from controlplane.wire.ospf.options import Options

OwnReceived: TypeAlias = Callable[[Lsdb, Stored, OspfInterface, Neighbor, Instant], None]


class Flooding:
    """`own_received` is told of an own LSA that came back newer than ours (RFC 2328 13.4)."""

    own_received: OwnReceived

    def __init__(
        self,
        instance: OspfInstance,
        ageing: Ageing,
        machine: NeighborMachine,
        requests: Requests,
        updates: Updates,
        acknowledgments: Acknowledgments,
    ) -> None:
        self._instance = instance
        self._ageing = ageing
        self._machine = machine
        self._requests = requests
        self._updates = updates
        self._acknowledgments = acknowledgments
        self._answered: dict[Neighbor, None] = {}

    def receive(
        self, interface: OspfInterface, neighbor: Neighbor, update: LinkStateUpdate, now: Instant
    ) -> None:
        if not neighbor.floods:
            self._instance.counters[Count.DROP_NEIGHBOR_STATE] += 1
            return
        for reason in update.unreadable:
            self._refuse(interface, neighbor, Count.DROP_LSA_UNREADABLE, reason, now)
        duplicates: list[Lsa] = []
        for lsa in update.lsas:
            if not self._receive_lsa(interface, neighbor, lsa, duplicates, now):
                break
        if duplicates:
            self._acknowledgments.direct(interface, neighbor, duplicates, now)
        if self._instance.troubles and _is_sound(update):
            self._instance.settled(interface.name, neighbor.address, LsaRefused)

    def settle(self, now: Instant) -> None:
        """Go on with Link state request lists that are shorter now, or empty."""
        answered, self._answered = self._answered, {}
        for neighbor in answered:
            interface = self._instance.interfaces.get(neighbor.interface)
            if interface is not None and neighbor.is_exchanging:
                self._loaded(interface, neighbor, now)

    def flood(
        self,
        lsdb: Lsdb,
        stored: Stored,
        now: Instant,
        received_on: OspfInterface | None = None,
        source: Neighbor | None = None,
    ) -> bool:
        """RFC 2328 13.3; whether the LSA goes out of the interface where it came in."""
        back = False
        for interface in self._eligible(lsdb, stored):
            if not self._must_hear(interface, stored, source, now):
                continue
            if interface is received_on:
                if source is not None and source.address in interface.elected:
                    continue  # (3): "chances are that all the neighbors have received the LSA"
                if interface.state is InterfaceState.BACKUP:
                    continue  # (4): "The Designated Router will do the flooding"
                back = True
            self._updates.queue(interface, stored)
        return back

    def originate(self, lsdb: Lsdb, lsa: Lsa, now: Instant) -> Stored:
        """Store and flood an LSA of our own, or one that is flushed (RFC 2328 14.1)."""
        stored = self._ageing.install(lsdb, lsa, now, flooded=False)
        self.flood(lsdb, stored, now)
        return stored

    def age_out(self, now: Instant) -> None:
        """RFC 2328 14: reflood "the MaxAge LSA just as if it was a newly originated LSA"."""
        for lsdb, stored in tuple(self._ageing.aged_out(now)):
            self._instance.counters[Count.LSA_AGED_OUT] += 1
            self.originate(lsdb, stored.lsa.with_age(MAX_AGE), now)

    def _loaded(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        self._requests.proceed(interface, neighbor, now)
        if neighbor.state is NeighborState.LOADING and not neighbor.requests:
            self._machine.handle(interface, neighbor, NeighborEvent.LOADING_DONE, now)

    def _receive_lsa(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        lsa: Lsa,
        duplicates: list[Lsa],
        now: Instant,
    ) -> bool:
        """Steps (1) to (8) of RFC 2328 13; False when the rest of the packet is to be dropped."""
        if not lsa.checksum_ok():
            reason = f"wrong checksum in {words_of(lsa)}"
            self._refuse(interface, neighbor, Count.DROP_LSA_CHECKSUM, reason, now)
            return True
        lsdb = self._instance.database_for(interface, lsa.header.ls_type)
        if lsdb is None:
            self._instance.counters[Count.DROP_LSA_NOT_IN_AREA] += 1
            return True
        stored = lsdb.get(lsa.key)
        if stored is None and lsa.header.age >= MAX_AGE and not self._is_anyone_exchanging():
            duplicates.append(lsa)  # (4)
            return True
        order = 1
        if stored is not None:
            order = compare(lsa.header, lsa.header.age, stored.lsa.header, stored.age(now))
        if order > 0:
            self._newer(interface, neighbor, lsdb, lsa, now)
            return True
        assert stored is not None
        if stored.key in neighbor.requests:
            reason = "it sends another LSA than the one it described"
            self._machine.restart(interface, neighbor, reason, now)  # (6)
            return False
        if order == 0:
            self._duplicate(interface, neighbor, lsa, stored, duplicates, now)
        else:
            self._older(interface, neighbor, stored, now)
        return True

    def _newer(
        self, interface: OspfInterface, neighbor: Neighbor, lsdb: Lsdb, lsa: Lsa, now: Instant
    ) -> None:
        """Step (5)."""
        counters, old = self._instance.counters, lsdb.get(lsa.key)
        if old is not None and old.flooded and now - old.at < self._instance.config.min_ls_arrival:
            counters[Count.DROP_LSA_TOO_SOON] += 1
            return
        counters[Count.RX_LSA_NEWER] += 1
        stored = self._ageing.install(lsdb, lsa, now, flooded=True)
        back = self.flood(lsdb, stored, now, interface, neighbor)
        if not back and self._is_acknowledged(interface, neighbor):
            self._acknowledgments.delay(interface, lsa, now)
        if self._is_own(lsa):
            self.own_received(lsdb, stored, interface, neighbor, now)

    def _duplicate(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        lsa: Lsa,
        stored: Stored,
        duplicates: list[Lsa],
        now: Instant,
    ) -> None:
        """Step (7): an "implied acknowledgment", or the neighbour has missed ours.

        Our own flooding of the LSA is the acknowledgment of an implied one: where that has not left
        yet and nobody else waits for it, an acknowledgment goes instead.
        """
        self._instance.counters[Count.RX_LSA_DUPLICATE] += 1
        if not neighbor.acknowledged(stored.key):
            duplicates.append(lsa)
        elif self._is_flooded_in_vain(interface, stored):
            self._acknowledgments.delay(interface, lsa, now)
        elif interface.state is InterfaceState.BACKUP and self._is_acknowledged(
            interface, neighbor
        ):
            self._acknowledgments.delay(interface, lsa, now)

    def _is_flooded_in_vain(self, interface: OspfInterface, stored: Stored) -> bool:
        """Whether an LSA waits in the flood queue that all on the link have; it is taken out."""
        if any(stored.key in n.retransmissions for n in interface.neighbors.values()):
            return False
        return self._updates.unqueue(interface, stored)

    def _older(
        self, interface: OspfInterface, neighbor: Neighbor, stored: Stored, now: Instant
    ) -> None:
        """Step (8): tell the neighbour better, unless the sequence number is wrapping."""
        self._instance.counters[Count.RX_LSA_OLDER] += 1
        if stored.is_max_age and stored.lsa.header.sequence_number == MAX_SEQUENCE_NUMBER:
            return
        if stored.sent is None or now - stored.sent >= self._instance.config.min_ls_arrival:
            self._updates.send(interface, (stored,), interface.address_of(neighbor), now)

    def _eligible(self, lsdb: Lsdb, stored: Stored) -> Iterable[OspfInterface]:
        """The interfaces that an LSA may leave by."""
        areas = self._instance.areas
        match lsdb.scope:
            case (_, str(name)):
                return (self._instance.interfaces[name],)
            case (None, _):
                return (
                    interface
                    for interface in self._instance.interfaces.values()
                    if areas[interface.area].takes(stored.key.ls_type)
                )
            case (area, _):
                return areas[area].interfaces.values()

    def _must_hear(
        self, interface: OspfInterface, stored: Stored, source: Neighbor | None, now: Instant
    ) -> bool:
        """Step (1) of 13.3: whether any neighbour there has to acknowledge the LSA from now on."""
        key, added = stored.key, False
        due = now + interface.settings.retransmit_interval
        for neighbor in interface.neighbors.values():
            if not neighbor.floods:
                continue
            if neighbor.requests and self._has_it(neighbor, stored, now):
                neighbor.acknowledged(key)
                continue
            if neighbor is source:
                neighbor.acknowledged(key)
                continue
            if key.ls_type in OPAQUE_TYPES and not neighbor.options & Options.O:
                continue
            self._await(interface, neighbor, stored, due)
            added = True
        return added

    def _has_it(self, neighbor: Neighbor, stored: Stored, now: Instant) -> bool:
        """(1) (b): the neighbour has described this instance, or a more recent one."""
        described = neighbor.requests.get(stored.key)
        if described is None:
            return False
        order = compare(stored.lsa.header, stored.age(now), described, described.age)
        if order >= 0:
            del neighbor.requests[stored.key]
            self._answered[neighbor] = None
        return order <= 0

    def _await(
        self, interface: OspfInterface, neighbor: Neighbor, stored: Stored, due: Instant
    ) -> None:
        if not neighbor.retransmissions:
            timer = RetransmissionTimer(interface.name, neighbor.key)
            self._instance.timers.set(timer, due)
        neighbor.await_acknowledgment(stored, due)

    def _is_acknowledged(self, interface: OspfInterface, neighbor: Neighbor) -> bool:
        """Table 19: the Backup lets the Designated Router's flooding acknowledge what others
        sent."""
        is_backup = interface.state is InterfaceState.BACKUP
        return not is_backup or neighbor.address == interface.elected.dr

    def _is_anyone_exchanging(self) -> bool:
        return any(neighbor.is_exchanging for neighbor in self._instance.neighbors())

    def _is_own(self, lsa: Lsa) -> bool:
        """RFC 2328 13.4."""
        if lsa.header.advertising_router == self._instance.router_id:
            return True
        is_network = lsa.header.ls_type == LsType.NETWORK
        return is_network and self._instance.is_own_address(lsa.header.link_state_id)

    def _refuse(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        count: Count,
        reason: str,
        now: Instant,
    ) -> None:
        self._instance.counters[count] += 1
        self._instance.complain(LsaRefused(interface.name, neighbor.address, reason), now)


def _is_sound(update: LinkStateUpdate) -> bool:
    return not update.unreadable and all(lsa.checksum_ok() for lsa in update.lsas)


def words_of(lsa: Lsa) -> str:
    """An LSA's name for people."""
    header = lsa.header
    try:
        kind = LsType(header.ls_type).name.lower().replace("_", "-")
    except ValueError:
        kind = f"type {header.ls_type}"
    return f"{kind} LSA {header.link_state_id} of {header.advertising_router}"
