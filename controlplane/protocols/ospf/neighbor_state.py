"""The neighbour state machine (RFC 2328 10.3).

    state              event              new state, action
    Down               HelloReceived      Init
    Init               2-WayReceived      ExStart, or 2-Way when no adjacency is wanted (10.4)
    2-Way and higher   1-WayReceived      Init
    2-Way              AdjOK?             ExStart if wanted
    ExStart and higher AdjOK?             2-Way unless wanted
    ExStart            NegotiationDone    Exchange: list the database
    Exchange           ExchangeDone       Loading, or Full when nothing is to be requested
    Loading            LoadingDone        Full
    Exchange and more  SeqNumberMismatch  ExStart: the exchange begins anew (BadLSReq likewise)
    any                KillNbr, LLDown, InactivityTimer   Down: the neighbour is forgotten

All other pairs change nothing. Lists are cleared whenever an adjacency ends.
"""

from __future__ import annotations

from enum import Enum, auto

from controlplane.engine.liveness import ForgetNeighbor, WatchNeighbor
from controlplane.engine.time import Instant
from controlplane.protocols.ospf.descriptions import Descriptions
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.neighbor import Neighbor, NeighborState
from controlplane.protocols.ospf.notices import (
    AdjacencyRestarted,
    LsaRefused,
    MtuMismatch,
    NeighborDown,
    NeighborFull,
    NoAnswer,
    OneWay,
)
from controlplane.protocols.ospf.timers import (
    ExchangeTimer,
    InactivityTimer,
    RequestTimer,
    RetransmissionTimer,
)

State = NeighborState


class NeighborEvent(Enum):
    """RFC 2328 10.2; the events that forget a neighbour are `NeighborMachine.kill`."""

    HELLO_RECEIVED = auto()
    TWO_WAY_RECEIVED = auto()
    ONE_WAY_RECEIVED = auto()
    ADJ_OK = auto()
    NEGOTIATION_DONE = auto()
    EXCHANGE_DONE = auto()
    LOADING_DONE = auto()


class NeighborMachine:
    def __init__(self, instance: OspfInstance, descriptions: Descriptions) -> None:
        self._instance = instance
        self._descriptions = descriptions

    def handle(
        self, interface: OspfInterface, neighbor: Neighbor, event: NeighborEvent, now: Instant
    ) -> None:
        match neighbor.state, event:
            case State.DOWN, NeighborEvent.HELLO_RECEIVED:
                self._enter(interface, neighbor, State.INIT, now)
            case State.INIT, NeighborEvent.TWO_WAY_RECEIVED:
                self._bidirectional(interface, neighbor, now)
            case State.TWO_WAY, NeighborEvent.ADJ_OK:
                if interface.is_adjacency_wanted(neighbor):
                    self._start(interface, neighbor, now)
            case _, NeighborEvent.ADJ_OK if neighbor.state >= State.EX_START:
                if not interface.is_adjacency_wanted(neighbor):
                    self._end_adjacency(interface, neighbor, State.TWO_WAY, now)
            case State.EX_START, NeighborEvent.NEGOTIATION_DONE:
                self._enter(interface, neighbor, State.EXCHANGE, now)
                self._descriptions.summarise(interface, neighbor, now)
            case State.EXCHANGE, NeighborEvent.EXCHANGE_DONE:
                self._descriptions.done(interface, neighbor, now)
                state = State.LOADING if neighbor.requests else State.FULL
                self._enter(interface, neighbor, state, now)
            case State.LOADING, NeighborEvent.LOADING_DONE:
                self._enter(interface, neighbor, State.FULL, now)
            case _, NeighborEvent.ONE_WAY_RECEIVED if neighbor.is_bidirectional:
                self._lost(interface, neighbor, "it no longer hears us", now)
                self._end_adjacency(interface, neighbor, State.INIT, now)

    def restart(
        self, interface: OspfInterface, neighbor: Neighbor, reason: str, now: Instant
    ) -> None:
        """SeqNumberMismatch and BadLSReq: tear the adjacency down and form it again."""
        if neighbor.state < State.EXCHANGE:
            return
        notice = AdjacencyRestarted(interface.name, neighbor.address, reason)
        self._instance.outputs.append(notice)
        neighbor.clear_lists()
        self._start(interface, neighbor, now)

    def kill(self, interface: OspfInterface, neighbor: Neighbor, reason: str, now: Instant) -> None:
        """KillNbr, LLDown and InactivityTimer."""
        if neighbor.is_bidirectional:
            self._lost(interface, neighbor, reason, now)
        self._end_adjacency(interface, neighbor, State.DOWN, now)
        self._instance.timers.cancel(InactivityTimer(interface.name, neighbor.key))
        del interface.neighbors[neighbor.key]

    def _bidirectional(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """RFC 2328 9.2: NeighborChange; RFC 5882 4.2: BFD begins when the two hear each other."""
        self._instance.settled(interface.name, neighbor.address, OneWay)
        if interface.is_adjacency_wanted(neighbor):
            self._start(interface, neighbor, now)
        else:
            self._enter(interface, neighbor, State.TWO_WAY, now)
        self._instance.elections[interface.name] = None
        if interface.settings.bfd:
            watch = WatchNeighbor(
                interface=interface.name, local=interface.address, neighbor=neighbor.address
            )
            self._instance.outputs.append(watch)

    def _lost(
        self, interface: OspfInterface, neighbor: Neighbor, reason: str, now: Instant
    ) -> None:
        """It was bidirectional, and is not any more."""
        notice = NeighborDown(interface.name, neighbor.address, reason)
        self._instance.outputs.append(notice)
        self._instance.elections[interface.name] = None
        if interface.settings.bfd:
            forget = ForgetNeighbor(interface=interface.name, neighbor=neighbor.address)
            self._instance.outputs.append(forget)

    def _start(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        self._enter(interface, neighbor, State.EX_START, now)
        self._descriptions.begin(interface, neighbor, now)

    def _end_adjacency(
        self, interface: OspfInterface, neighbor: Neighbor, state: NeighborState, now: Instant
    ) -> None:
        neighbor.clear_lists()
        for timer in (ExchangeTimer, RequestTimer, RetransmissionTimer):
            self._instance.timers.cancel(timer(interface.name, neighbor.key))
        kinds = (MtuMismatch, NoAnswer, LsaRefused)
        self._instance.settled(interface.name, neighbor.address, *kinds)
        self._enter(interface, neighbor, state, now)

    def _enter(
        self, interface: OspfInterface, neighbor: Neighbor, state: NeighborState, now: Instant
    ) -> None:
        """RFC 2328 12.4 (4): our LSAs may change when a neighbour "changes to/from the FULL
        state"."""
        if (state is State.FULL) != (neighbor.state is State.FULL):
            self._instance.touch(interface)
        if state is State.FULL:
            notice = NeighborFull(interface.name, neighbor.address)
            self._instance.outputs.append(notice)
            self._instance.settled(interface.name, neighbor.address, MtuMismatch, NoAnswer)
        neighbor.state, neighbor.since = state, now
