"""The interface state machine (RFC 2328 9.3).

    state                event            new state, action
    Down                 InterfaceUp      Loopback; Point-to-point; Waiting; DR Other if ineligible
    Waiting              BackupSeen       DR, Backup or DR Other, as elected (9.4)
    Waiting              WaitTimer        the same
    DR Other, Backup, DR NeighborChange   the same
    any                  InterfaceDown    Down: all neighbours are lost

A passive interface speaks to nobody: on a broadcast network it is the Designated Router from the
start, of a network without other routers.
"""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.net.interface import InterfaceKind
from controlplane.protocols.ospf.dr import Candidate, Elected, elect
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import InterfaceState, OspfInterface
from controlplane.protocols.ospf.neighbor_state import NeighborEvent, NeighborMachine
from controlplane.protocols.ospf.notices import DrElected
from controlplane.protocols.ospf.timers import WaitTimer

State = InterfaceState


class InterfaceMachine:
    def __init__(self, instance: OspfInstance, neighbors: NeighborMachine) -> None:
        self._instance = instance
        self._neighbors = neighbors

    def up(self, interface: OspfInterface, now: Instant) -> None:
        """InterfaceUp; RFC 2328 9: the Wait Timer has the length of RouterDeadInterval."""
        interface.state = _first_state(interface)
        if interface.state is State.DR:
            interface.elected = Elected(dr=interface.address)
        if interface.state is State.WAITING:
            at = now + interface.settings.dead_interval
            self._instance.timers.set(WaitTimer(interface.name), at)

    def backup_seen(self, interface: OspfInterface) -> None:
        """Waiting is over, and so it is when the Wait Timer expires."""
        self._instance.timers.cancel(WaitTimer(interface.name))
        interface.state = State.DR_OTHER
        self._instance.elections[interface.name] = None

    def settle(self, now: Instant) -> None:
        """NeighborChange, once for all changes of this input."""
        elections, self._instance.elections = self._instance.elections, {}
        for name in elections:
            interface = self._instance.interfaces.get(name)
            if interface is not None and interface.state >= State.DR_OTHER:
                self._elect(interface, now)

    def _elect(self, interface: OspfInterface, now: Instant) -> None:
        before = (interface.state, interface.elected)
        interface.elected = elect(self._me(interface), _bidirectional(interface))
        interface.state = _role(interface)
        if before == (interface.state, interface.elected):
            return
        self._instance.touch(interface)
        self._instance.outputs.append(DrElected(interface.name, *interface.elected))
        for neighbor in tuple(interface.neighbors.values()):
            self._neighbors.handle(interface, neighbor, NeighborEvent.ADJ_OK, now)

    def _me(self, interface: OspfInterface) -> Candidate:
        return Candidate(
            address=interface.address,
            router_id=self._instance.router_id,
            priority=interface.settings.priority,
            dr=interface.elected.dr,
            bdr=interface.elected.bdr,
        )


def _first_state(interface: OspfInterface) -> InterfaceState:
    if interface.interface.kind is InterfaceKind.LOOPBACK:
        return State.LOOPBACK
    if interface.is_point_to_point:
        return State.POINT_TO_POINT
    if interface.is_passive:
        return State.DR
    return State.WAITING if interface.settings.priority > 0 else State.DR_OTHER


def _bidirectional(interface: OspfInterface) -> list[Candidate]:
    return [
        Candidate(
            address=neighbor.address,
            router_id=neighbor.router_id,
            priority=neighbor.priority,
            dr=neighbor.dr,
            bdr=neighbor.bdr,
        )
        for neighbor in interface.neighbors.values()
        if neighbor.is_bidirectional
    ]


def _role(interface: OspfInterface) -> InterfaceState:
    """Step 5 of RFC 2328 9.4."""
    if interface.elected.dr == interface.address:
        return State.DR
    return State.BACKUP if interface.elected.bdr == interface.address else State.DR_OTHER
