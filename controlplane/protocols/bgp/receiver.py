"""From the octets of a stream to messages, and those about routes on to the tables.

What is wrong with a message ends its session with a NOTIFICATION (RFC 4271 6), unless RFC 7606 lets
the session survive: then the routes are withdrawn, or the attribute left out, the error counted,
and told once a session for each kind of it.
"""

from __future__ import annotations

from dataclasses import replace

from controlplane.engine.stream import DataReceived
from controlplane.engine.time import Instant
from controlplane.protocols.bgp.connection import Connection
from controlplane.protocols.bgp.counters import (
    faulty,
    malformed,
    received,
    spoken,
    without_numbers,
)
from controlplane.protocols.bgp.graceful_restart import Restarts
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.negotiated import Negotiated
from controlplane.protocols.bgp.notices import FaultyUpdate
from controlplane.protocols.bgp.route_refresh import Refreshes
from controlplane.protocols.bgp.sessions import Sessions
from controlplane.protocols.bgp.tables import Tables
from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.framing import RawMessage
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.refresh import RouteRefreshMessage
from controlplane.wire.bgp.update import Remedy, UpdateFault
from controlplane.wire.bgp.update_decoding import decode_update


class Receiver:
    def __init__(
        self,
        instance: BgpInstance,
        sessions: Sessions,
        restarts: Restarts,
        refreshes: Refreshes,
        tables: Tables,
    ) -> None:
        self._instance = instance
        self._sessions = sessions
        self._restarts = restarts
        self._refreshes = refreshes
        self._tables = tables

    def receive(self, event: DataReceived, now: Instant) -> None:
        connection = self._instance.connections.get(event.stream)
        if connection is None:
            return
        try:
            for raw in connection.buffer.feed(event.data):
                self._message(connection, raw, now)
                if connection.closed:
                    return
        except BgpError as error:
            self._instance.counters[malformed(error)] += 1
            self._sessions.refuse(connection, error, now)

    def _message(self, connection: Connection, raw: RawMessage, now: Instant) -> None:
        self._instance.counters[received(raw.type)] += 1
        connection.peer.received[spoken(raw.type)] += 1
        if not self._sessions.receive(connection, raw, now):
            negotiated = connection.negotiated
            assert negotiated is not None, "the session is established"
            if raw.type is MessageType.UPDATE:
                self._update(connection, negotiated, raw.body, now)
            else:
                message = RouteRefreshMessage.decode(raw.body)
                self._refreshes.receive(connection, message, now)
        self._sessions.heard(connection, now)

    def _update(
        self, connection: Connection, negotiated: Negotiated, body: bytes, now: Instant
    ) -> None:
        peer = connection.peer
        update = decode_update(body, negotiated.terms)
        self._tables.update(peer, update, now)
        for fault in update.faults:
            self._fault(connection, fault, now)
        if update.end_of_rib is not None:
            self._restarts.end_of_rib(peer, update.end_of_rib, now)

    def _fault(self, connection: Connection, fault: UpdateFault, now: Instant) -> None:
        self._instance.counters[faulty(fault.remedy)] += 1
        if (kind := without_numbers(fault.what)) not in connection.complaints:
            connection.complaints.add(kind)
            notice = FaultyUpdate(connection.peer.address, fault.what, fault.remedy.value)
            self._instance.outputs.append(notice)
        if fault.remedy is Remedy.AFI_SAFI_DISABLE and fault.family is not None:
            self._disable(connection, fault.family, now)

    def _disable(self, connection: Connection, family: Family, now: Instant) -> None:
        """RFC 4760 7: routes of the family are deleted, and those to come are not heard."""
        negotiated, peer = connection.negotiated, connection.peer
        assert negotiated is not None, "the session is established"
        self._refreshes.over(peer, family)
        self._tables.disabled(peer, family)
        families = negotiated.families - {family}
        terms = replace(negotiated.terms, families=families)
        connection.negotiated = replace(negotiated, families=families, terms=terms)
