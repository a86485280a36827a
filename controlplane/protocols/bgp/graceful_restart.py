"""Graceful restart (RFC 4724), the part of the sessions; the tables mark and sweep stale routes.

As receiving speaker: when the connection of a session is lost, not ended by a NOTIFICATION, the
routes of those families that the peer restarts gracefully are kept as stale, for the Restart Time
that it told; when the session is back, until they are told again, the End-of-RIB comes, or
`_STALE_TIME` is over. Families whose F bit is not set then are swept at once. Where both ends have
said so (the N bit of RFC 8538), the same holds for a NOTIFICATION of either end and for an expired
hold timer. What is to end all the same says so by a hard reset: too many prefixes, and a way to the
peer that is broken, where there is "no realistic hope that forwarding can continue" (5.1).

As restarting speaker: an engine that starts sets the R bit, tells nothing of routes until the
End-of-RIB of every peer has come and next hops had time to be resolved, or the deferral timer runs
out, and then all of them at once. It does not defer their selection: our switch starts empty, and
there is nothing to protect from routes that come too early. For the same reason the F bit, which
goes by family, is clear in the first session with a peer: RFC 4724 4.1 allows it only for what "has
indeed been preserved". That leaves the families for which no packet comes to us: memberships of
route targets, and what a reflector passes on. A reflector that is a PE too, or has own routes of
the family, has lost what it told of them, labels and trees; and one with `next_hop_self`, or with
an external peer, is on the way of others' packets. In later sessions with the same peer the F bit
is set: we forward all along.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bgp.connection import Connection
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.negotiated import Negotiated
from controlplane.protocols.bgp.notices import GracefulRestart as Told
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.tables import Tables
from controlplane.protocols.bgp.timers import RestartTimer, SelectionDeferralTimer, StaleTimer
from controlplane.wire.bgp.capability import GracefulRestart
from controlplane.wire.bgp.nlri import Family

_STALE_TIME: Final[Duration] = 360.0
"""RFC 8538 4.1: the stale timer "imposes [an] upper bound" on how long routes stay stale."""

_LONGEST_RESTART_TIME: Final = 4095
"""RFC 4724 3: it has 12 bits."""


class Restarts:
    def __init__(self, instance: BgpInstance, tables: Tables) -> None:
        self._instance = instance
        self._tables = tables
        self._has_started = False

    def start(self, now: Instant) -> None:
        """The first session is sought: wait for the routes of all peers that restart gracefully."""
        times = [peer.config.restart_time for peer in self._instance.peers.values()]
        if not self._has_started and any(times):
            self._instance.timers.set(SelectionDeferralTimer(), now + max(times))
        self._has_started = True

    def own_terms(self, peer: Peer) -> GracefulRestart:
        """The capability for a peer; where graceful restart is not configured, without families.

        RFC 4724 3 recommends it even so: without it a peer may send no End-of-RIB, and FRR then
        answers no ROUTE-REFRESH either, as it would have to come behind that.
        """
        if not peer.config.restart_time:
            return GracefulRestart()
        by_number = sorted(peer.config.families, key=lambda family: family.value)
        return GracefulRestart(
            restarted=self._instance.is_deferring,
            time=min(round(peer.config.restart_time), _LONGEST_RESTART_TIME),
            families=tuple((family, self._has_kept(peer, family)) for family in by_number),
            notification=True,
        )

    def lost(self, connection: Connection, now: Instant) -> None:
        """The connection of a session broke: keep what the peer may come back for.

        RFC 4724 4.2: of two losses in a row, what was stale at the second one is no more. RFC 8538
        4.1: that is not so with the N bit, where the stale timer runs on instead.
        """
        peer, negotiated = connection.peer, connection.negotiated
        if negotiated is None or not negotiated.outlives_notifications:
            self.give_up(peer, now)
        if (time := self._keep(connection, now)) is not None:
            self._tell(peer, f"its routes of {_words(peer.stale)} are kept for {time:g} s")

    def moved(self, connection: Connection, now: Instant) -> None:
        """The session goes on over another connection: nobody has restarted, so what is stale of a
        restart before stays so, until the peer tells it there."""
        self._keep(connection, now)

    def _keep(self, connection: Connection, now: Instant) -> Duration | None:
        """Keep what the peer restarts gracefully; returns for how long, None if it does not."""
        peer, negotiated = connection.peer, connection.negotiated
        assert negotiated is not None, "the session was established"
        terms = negotiated.restart
        if terms is None or not negotiated.restarts_gracefully:
            self.ended(peer, now)
            return None
        self._instance.timers.set(RestartTimer(peer.address), now + terms.time)
        peer.stale = terms.families & negotiated.families
        self._tables.lost(peer, peer.stale, now)
        return terms.time

    def ended(self, peer: Peer, now: Instant) -> None:
        """A session ended by a NOTIFICATION, or because the way to the peer is broken."""
        self.forget(peer)
        self._tables.lost(peer, frozenset(), now)

    def established(self, peer: Peer, negotiated: Negotiated, now: Instant) -> None:
        """The session is up, or back; `peer.stale` are the families to wait for from here on."""
        timers = self._instance.timers
        timers.cancel(RestartTimer(peer.address))
        kept = negotiated.restart.kept if negotiated.restart else frozenset()
        former, peer.stale = peer.stale, peer.stale & kept & negotiated.families
        if former:
            waits = f"back, its routes of {_words(peer.stale)} are to come again"
            gone = "back without its forwarding state; stale routes deleted"
            self._tell(peer, waits if peer.stale else gone)
        if not peer.stale:
            timers.cancel(StaleTimer(peer.address))
        elif timers.deadline(StaleTimer(peer.address)) is None:
            timers.set(StaleTimer(peer.address), now + _STALE_TIME)
        self._tables.established(peer, now)
        self._consider_deferral(now)

    def end_of_rib(self, peer: Peer, family: Family, now: Instant) -> None:
        """The peer has told all of a family."""
        peer.ended.add(family)
        self._tables.end_of_rib(peer, family, now)
        if family in peer.stale:
            peer.stale -= {family}
            if not peer.stale:
                self._instance.timers.cancel(StaleTimer(peer.address))
                self._tell(peer, "all its routes came again")
        self._consider_deferral(now)

    def timer_expires(self, peer: Peer, now: Instant) -> None:
        """The peer, or some of its routes, did not come back in time."""
        self._tell(peer, f"time is up; stale routes of {_words(peer.stale)} deleted")
        self.give_up(peer, now)

    def give_up(self, peer: Peer, now: Instant) -> None:
        """Stale routes of the peer, if there are any, lead nowhere."""
        if peer.stale:
            self._tables.stale_expired(peer, now)
            self.forget(peer)

    def deferral_expires(self) -> None:
        """RFC 4724 4.1: tell what there is to tell by now."""
        peers = self._instance.peers.values()
        self._instance.to_tell |= dict.fromkeys(peer for peer in peers if peer.established)

    def forget(self, peer: Peer) -> None:
        """Nothing of the peer is stale any more, and no timer runs for it."""
        peer.stale = frozenset()
        for timer in (RestartTimer, StaleTimer):
            self._instance.timers.cancel(timer(peer.address))

    def _consider_deferral(self, now: Instant) -> None:
        """All peers have told all: what is left is to resolve the next hops of what they told."""
        timers, peers = self._instance.timers, self._instance.peers.values()
        runs_until = timers.deadline(SelectionDeferralTimer())
        if runs_until is not None and all(map(_has_told_all, peers)):
            soon = now + self._instance.config.next_hop_delay
            timers.set(SelectionDeferralTimer(), min(runs_until, soon))

    def _has_kept(self, peer: Peer, family: Family) -> bool:
        """The F bit: whether packets go on where what we told of a family before led them."""
        if peer.sessions > 0 or family is Family.ROUTE_TARGET:
            return True
        return self._is_reflector_only() and not self._tables.is_origin(family)

    def _is_reflector_only(self) -> bool:
        peers = self._instance.peers.values()
        reflects = any(peer.config.reflector_client for peer in peers)
        return reflects and all(one.internal and not one.config.next_hop_self for one in peers)

    def _tell(self, peer: Peer, what: str) -> None:
        self._instance.outputs.append(Told(peer.address, what))


def _has_told_all(peer: Peer) -> bool:
    """RFC 4724 4.1: "excluding the ones with the 'Restart State' bit set in the received capability
    and excluding the ones that do not advertise the graceful restart capability"."""
    if not peer.config.restart_time:
        return True
    if (negotiated := peer.negotiated) is None:
        return False
    restart = negotiated.restart
    return restart is None or restart.restarted or peer.ended >= negotiated.families


def _words(families: Iterable[Family]) -> str:
    return ", ".join(sorted(family.words for family in families))
