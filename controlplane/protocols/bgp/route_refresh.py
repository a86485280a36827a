"""A peer tells all its routes of a family anew (RFC 7313 4), from BoRR to EoRR.

Its routes are stale behind the BoRR, and what has not come again at the EoRR is no more. That is
kept apart from graceful restart, whose stale routes wait for the End-of-RIB: a BoRR before that is
ignored, an EoRR without its BoRR too. The RFC allows an upper bound on a refresh, which is six
minutes here, as for a restart.

What we tell on request is in `outbound.py`.
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bgp.connection import Connection
from controlplane.protocols.bgp.counters import Count
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.notices import RouteRefresh as Told
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.tables import Tables
from controlplane.protocols.bgp.timers import RefreshTimer
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import CapabilityCode
from controlplane.wire.bgp.refresh import RefreshSubtype, RouteRefreshMessage

_LONGEST: Final[Duration] = 360.0


class Refreshes:
    def __init__(self, instance: BgpInstance, tables: Tables) -> None:
        self._instance = instance
        self._tables = tables

    def receive(self, connection: Connection, message: RouteRefreshMessage, now: Instant) -> None:
        peer, negotiated, family = connection.peer, connection.negotiated, message.family
        assert negotiated is not None, "the session is established"
        if family is None or family not in negotiated.families:
            self._instance.counters[Count.IGNORED_REFRESH_FAMILY] += 1
            return
        match message.subtype:
            case RefreshSubtype.REQUEST:
                self._tables.refresh_requested(peer, family, now)
            case RefreshSubtype.BEGINNING if negotiated.enhanced_refresh:
                self._begins(connection, family, now)
            case RefreshSubtype.ENDING if negotiated.enhanced_refresh:
                self._ends(peer, family, now)
            case _:
                self._instance.counters[Count.IGNORED_REFRESH_SUBTYPE] += 1

    def timer_expires(self, peer: Peer, family: Family, now: Instant) -> None:
        """RFC 7313 4: stale routes need not wait longer than an upper bound for the EoRR."""
        peer.refreshing.discard(family)
        self._tables.refresh_ends(peer, family, now)
        self._tell(peer, family, f"no end of it for {_LONGEST:g} s; stale routes deleted")

    def forget(self, peer: Peer) -> None:
        """The session is gone, and its refreshes with it."""
        for family in list(peer.refreshing):
            self.over(peer, family)

    def over(self, peer: Peer, family: Family) -> None:
        """Nothing more is expected of a refresh, if there is one."""
        peer.refreshing.discard(family)
        self._instance.timers.cancel(RefreshTimer(peer.address, family))

    def _begins(self, connection: Connection, family: Family, now: Instant) -> None:
        peer = connection.peer
        if _restarts(connection) and family not in peer.ended:
            # RFC 7313 4: "MUST ignore any BoRRs ... before the speaker receives the EoR".
            self._instance.counters[Count.IGNORED_EARLY_REFRESH] += 1
            self._tell(peer, family, "it begins before the End-of-RIB; ignored")
            return
        peer.refreshing.add(family)
        self._instance.timers.set(RefreshTimer(peer.address, family), now + _LONGEST)
        self._tables.refresh_begins(peer, family, now)

    def _ends(self, peer: Peer, family: Family, now: Instant) -> None:
        if family not in peer.refreshing:
            self._instance.counters[Count.IGNORED_REFRESH_END] += 1
            return
        self.over(peer, family)
        self._tables.refresh_ends(peer, family, now)

    def _tell(self, peer: Peer, family: Family, what: str) -> None:
        self._instance.outputs.append(Told(peer.address, family.words, what))


def _restarts(connection: Connection) -> bool:
    """Whether the peer has said the Graceful Restart capability, for which families ever."""
    said = connection.heard.capabilities if connection.heard is not None else ()
    return any(capability.code == CapabilityCode.GRACEFUL_RESTART for capability in said)
