"""The OSPF engine: every input and timer goes to the machine of its chapter of RFC 2328.

    8.2        receiver: which packets are believed
    9, 9.3     interfaces, interface_state; 9.4 dr; 9.5, 10.5 hello
    10.3       neighbor_state; 10.6 to 10.9 exchange, descriptions, requests
    12.4       own_lsas, router_lsa, network_lsa, origination, originations, te
    13         flooding, updates, acknowledgement, retransmission; 13.1 newer
    14         ageing
    16         routing, which has routes calculated

Machines note what others have to look at (`OspfInstance`). When an input is through, `_settle` lets
each look, in the order in which one leads to the next: elections to own LSAs, those to flooding.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived
from controlplane.engine.liveness import NeighborFailed
from controlplane.engine.time import Instant
from controlplane.protocols.ospf import show
from controlplane.protocols.ospf.acknowledgement import Acknowledgments
from controlplane.protocols.ospf.ageing import Ageing
from controlplane.protocols.ospf.calculation import RouteCalculation
from controlplane.protocols.ospf.descriptions import Descriptions
from controlplane.protocols.ospf.events import (
    ExternalRoutesReplaced,
    LdpSynchronised,
    OspfConfig,
    OspfEnabled,
    OspfInput,
    OspfOutput,
)
from controlplane.protocols.ospf.exchange import Exchanges
from controlplane.protocols.ospf.flooding import Flooding
from controlplane.protocols.ospf.hello import Hellos
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface_state import InterfaceMachine
from controlplane.protocols.ospf.interfaces import Interfaces
from controlplane.protocols.ospf.neighbor_state import NeighborMachine
from controlplane.protocols.ospf.origination import Originations
from controlplane.protocols.ospf.own_lsas import OwnLsas
from controlplane.protocols.ospf.receiver import Receiver
from controlplane.protocols.ospf.requests import Requests
from controlplane.protocols.ospf.retransmission import Retransmissions
from controlplane.protocols.ospf.routing import Routing, SpfRun
from controlplane.protocols.ospf.sender import Sender
from controlplane.protocols.ospf.timers import (
    AgeTimer,
    DelayedAckTimer,
    ExchangeTimer,
    FloodTimer,
    HelloTimer,
    InactivityTimer,
    OriginationTimer,
    OspfTimer,
    RequestTimer,
    RetransmissionTimer,
    SpfTimer,
    WaitTimer,
)
from controlplane.protocols.ospf.updates import Updates


class OspfEngine:
    """An Engine[OspfInput, OspfOutput]."""

    def __init__(self, config: OspfConfig, rng: Random) -> None:
        instance = self._instance = OspfInstance(config, rng)
        sender = Sender(instance)
        self._updates = Updates(instance, sender)
        self._acknowledgments = Acknowledgments(instance, sender)
        self._descriptions = Descriptions(instance, sender)
        self._requests = Requests(instance, sender)
        self._neighbor_machine = NeighborMachine(instance, self._descriptions)
        self._interface_machine = InterfaceMachine(instance, self._neighbor_machine)
        self._hellos = Hellos(instance, sender, self._neighbor_machine, self._interface_machine)
        self._ageing = Ageing(instance)
        self._flooding = Flooding(
            instance,
            self._ageing,
            self._neighbor_machine,
            self._requests,
            self._updates,
            self._acknowledgments,
        )
        self._originations = Originations(instance, self._flooding)
        self._flooding.own_received = self._originations.received
        self._retransmissions = Retransmissions(instance, self._updates)
        self._own_lsas = OwnLsas(instance, self._originations)
        self._routing = Routing(instance, self._originations)
        self._interfaces = Interfaces(
            instance,
            self._interface_machine,
            self._neighbor_machine,
            self._hellos,
            self._ageing,
            self._originations,
        )
        exchanges = Exchanges(
            instance, self._neighbor_machine, self._descriptions, self._requests, self._updates
        )
        self._receiver = Receiver(
            instance,
            self._hellos,
            exchanges,
            self._flooding,
            self._acknowledgments,
            self._retransmissions,
        )

    @property
    def counters(self) -> Counter[str]:
        """How often what happened; keys are those of `Count`."""
        return self._instance.counters

    @property
    def calculation(self) -> RouteCalculation:
        """The routing table, and what it was calculated from."""
        return self._routing.calculation

    @property
    def spf_log(self) -> tuple[SpfRun, ...]:
        """The last calculations of routes, the newest last."""
        return tuple(self._routing.log)

    def interfaces(self, now: Instant) -> tuple[show.InterfaceView, ...]:
        return show.interfaces(self._instance, now)

    def neighbors(self, now: Instant) -> tuple[show.NeighborView, ...]:
        return show.neighbors(self._instance, now)

    def databases(self, now: Instant) -> tuple[show.DatabaseView, ...]:
        return show.databases(self._instance, now)

    def troubles(self, now: Instant) -> tuple[show.TroubleView, ...]:
        return show.troubles(self._instance, now)

    def next_deadline(self) -> Instant | None:
        return self._instance.timers.next_deadline()

    def handle(self, event: OspfInput, now: Instant) -> list[OspfOutput]:
        match event:
            case PacketReceived():
                self._receiver.receive(event, now)
            case InterfaceUp():
                self._interfaces.up(event.interface, now)
            case InterfaceDown():
                self._interfaces.down(event.name, now)
            case OspfEnabled():
                self._interfaces.enable(event.interface, event.settings, now)
            case ExternalRoutesReplaced():
                self._own_lsas.be_boundary(bool(event.routes))
                self._routing.replace_external_routes(event.routes, now)
            case LdpSynchronised():
                self._interfaces.synchronise(event.interface, event.synchronised)
            case NeighborFailed():
                self._neighbor_failed(event, now)
        return self._finish(now)

    def advance(self, now: Instant) -> list[OspfOutput]:
        for timer in self._instance.timers.expired(now):
            self._expire(timer, now)
        return self._finish(now)

    def _expire(self, timer: OspfTimer, now: Instant) -> None:
        match timer:
            case AgeTimer():
                self._flooding.age_out(now)
            case OriginationTimer(scope, key):
                self._originations.expire(scope, key, now)
            case SpfTimer():
                self._routing.run(now)
            case HelloTimer() | WaitTimer() | FloodTimer() | DelayedAckTimer():
                self._expire_on_interface(timer, now)
            case _:
                self._expire_of_neighbor(timer, now)

    def _expire_on_interface(
        self, timer: HelloTimer | WaitTimer | FloodTimer | DelayedAckTimer, now: Instant
    ) -> None:
        interface = self._instance.interfaces[timer.interface]
        match timer:
            case HelloTimer():
                self._hellos.expire(interface, now)
            case WaitTimer():
                self._interface_machine.backup_seen(interface)
            case FloodTimer():
                self._instance.to_flood[interface.name] = None
            case DelayedAckTimer():
                self._acknowledgments.flush(interface, now)

    def _expire_of_neighbor(
        self,
        timer: InactivityTimer | ExchangeTimer | RequestTimer | RetransmissionTimer,
        now: Instant,
    ) -> None:
        interface = self._instance.interfaces[timer.interface]
        neighbor = interface.neighbors[timer.neighbor]
        match timer:
            case InactivityTimer():
                self._neighbor_machine.kill(
                    interface, neighbor, "no Hello within its dead interval", now
                )
            case ExchangeTimer():
                self._descriptions.expire(interface, neighbor, now)
            case RequestTimer():
                self._requests.send(interface, neighbor, now)
            case RetransmissionTimer():
                self._retransmissions.expire(interface, neighbor, now)

    def _neighbor_failed(self, event: NeighborFailed, now: Instant) -> None:
        """LLDown (RFC 2328 10.2), as BFD tells it (RFC 5882 4.2)."""
        if (interface := self._instance.interfaces.get(event.interface)) is None:
            return
        for neighbor in tuple(interface.neighbors.values()):
            if neighbor.address == event.neighbor:
                self._neighbor_machine.kill(interface, neighbor, event.why, now)

    def _finish(self, now: Instant) -> list[OspfOutput]:
        self._settle(now)
        outputs, self._instance.outputs = self._instance.outputs, []
        return outputs

    def _settle(self, now: Instant) -> None:
        self._flooding.settle(now)
        self._interface_machine.settle(now)
        self._own_lsas.settle(now)
        self._originations.purged(self._ageing.purge(), now)
        self._routing.settle(now)
        self._updates.flush(now)
