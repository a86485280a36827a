"""The BGP engine of a VRF: every input and timer goes to the machine of its chapter.

    RFC 4271 8      sessions, connections, damping: the session machine
    RFC 4271 6.8    collision; 6.2: negotiation
    RFC 4271 4, 6   receiver, sender: octets and messages
    RFC 4724        graceful_restart
    RFC 7313        route_refresh
    RFC 4271 3.2, 9 tables: the RIBs, the decision, and what is advertised

Sessions end and routes change while an input is taken; when it is through, `_finish` ends the
sessions that went over their limit, lets the tables tell what came of it, all in one, and sends the
peers as much of it as they take.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address
from random import Random

from controlplane.engine.engine import InterfaceDown, InterfaceUp
from controlplane.engine.liveness import NeighborFailed
from controlplane.engine.stream import (
    DataReceived,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
    StreamInput,
    StreamOpened,
)
from controlplane.engine.time import Instant
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.bgp import show, show_routes
from controlplane.protocols.bgp.connections import Connections
from controlplane.protocols.bgp.events import (
    BgpConfig,
    BgpInput,
    BgpOutput,
    NextHopsResolved,
    RoutesImported,
    RoutesOriginated,
    TargetsWanted,
)
from controlplane.protocols.bgp.graceful_restart import Restarts
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.interfaces import Interfaces
from controlplane.protocols.bgp.listener import Listener
from controlplane.protocols.bgp.receiver import Receiver
from controlplane.protocols.bgp.route_refresh import Refreshes
from controlplane.protocols.bgp.sender import Sender
from controlplane.protocols.bgp.sessions import Sessions
from controlplane.protocols.bgp.tables import Tables
from controlplane.protocols.bgp.timers import (
    AdvertisementTimer,
    BgpTimer,
    ConnectRetryTimer,
    HoldTimer,
    IdleHoldTimer,
    KeepaliveTimer,
    MembershipTimer,
    NextHopTimer,
    RefreshTimer,
    RestartTimer,
    SelectionDeferralTimer,
    StaleTimer,
)
from controlplane.wire.bgp.nlri import Family, NlriKey


class BgpEngine:
    """An Engine[BgpInput, BgpOutput]."""

    def __init__(self, config: BgpConfig, *, rng: Random, vrf: str = DEFAULT_VRF) -> None:
        self._instance = instance = BgpInstance(config, vrf, rng)
        self._tables = tables = Tables(instance)
        self._sender = sender = Sender(instance, tables)
        self._restarts = restarts = Restarts(instance, tables)
        self._refreshes = refreshes = Refreshes(instance, tables)
        connections = Connections(instance, sender)
        self._sessions = Sessions(instance, sender, connections, restarts, refreshes)
        self._receiver = Receiver(instance, self._sessions, restarts, refreshes, tables)
        self._interfaces = Interfaces(instance, self._sessions)
        self._listener = Listener(instance)

    @property
    def counters(self) -> Counter[str]:
        """How often what happened; keys are those of `counters.py`."""
        return self._instance.counters

    def peers(self, now: Instant) -> tuple[show.PeerView, ...]:
        return show.peers(self._instance, self._tables, now)

    def routes(self, family: Family) -> tuple[show_routes.RouteView, ...]:
        """All routes of a family, with all their paths."""
        return show_routes.routes(self._tables, family)

    def route(self, family: Family, key: NlriKey) -> show_routes.RouteView | None:
        return show_routes.route(self._tables, family, key)

    def advertised(self, peer: IPv4Address, family: Family) -> tuple[show_routes.ToldView, ...]:
        """The routes that a peer was told."""
        return show_routes.advertised(self._tables, peer, family)

    def next_deadline(self) -> Instant | None:
        return self._instance.timers.next_deadline()

    def handle(self, event: BgpInput, now: Instant) -> list[BgpOutput]:
        match event:
            case RoutesOriginated():
                self._tables.originate(event)
            case RoutesImported():
                self._tables.imported(event)
            case NextHopsResolved():
                self._tables.next_hops(event, now)
            case TargetsWanted():
                self._tables.targets_wanted(event, now)
            case NeighborFailed():
                self._interfaces.neighbor_failed(event, now)
            case InterfaceUp():
                self._interfaces.up(event.interface, now)
                self._listener.settle()
            case InterfaceDown():
                self._interfaces.down(event.name, now)
                self._listener.settle()
            case _:
                self._stream(event, now)
        return self._finish(now)

    def advance(self, now: Instant) -> list[BgpOutput]:
        for name in self._instance.timers.expired(now):
            self._expire(name, now)
        return self._finish(now)

    def _stream(self, event: StreamInput, now: Instant) -> None:
        connection = self._instance.connections.get(event.stream)
        match event:
            case DataReceived():
                self._receiver.receive(event, now)
            case StreamAccepted():
                self._sessions.accepted(event, now)
            case StreamOpened():
                self._sessions.opened(event, now)
            case StreamDrained() if connection is not None:
                self._sender.drained(connection)
            case StreamClosed() if connection is not None:
                self._sessions.closed(connection, event.why, now)

    def _expire(self, name: BgpTimer, now: Instant) -> None:
        peers, connections = self._instance.peers, self._instance.connections
        match name:
            case KeepaliveTimer(stream):
                self._sender.keepalive(connections[stream], now)
            case HoldTimer(stream):
                self._sessions.hold_timer_expires(connections[stream], now)
            case ConnectRetryTimer(peer):
                self._sessions.connect_retry_timer_expires(peers[peer], now)
            case IdleHoldTimer(peer):
                self._sessions.start(peers[peer], now)
            case RestartTimer(peer) | StaleTimer(peer):
                self._restarts.timer_expires(peers[peer], now)
            case RefreshTimer(peer, family):
                self._refreshes.timer_expires(peers[peer], family, now)
            case SelectionDeferralTimer():
                self._restarts.deferral_expires()
            case AdvertisementTimer() | NextHopTimer() | MembershipTimer():
                self._tables.expires(name, now)

    def _finish(self, now: Instant) -> list[BgpOutput]:
        over_limit, self._instance.over_limit = self._instance.over_limit, {}
        for peer, family in over_limit.items():
            self._sessions.over_limit(peer, family, now)
        self._tables.settle(now)
        self._sender.tell(now)
        outputs, self._instance.outputs = self._instance.outputs, []
        return outputs
