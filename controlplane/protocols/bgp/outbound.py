"""What a peer is told, as messages: a little at a time, whenever its session has room.

In the order of families, memberships of route targets first: withdrawals, then announcements packed
by attributes, and behind all that is pending the End-of-RIB, which every family ends with
(RFC 4724 2), or the end of a route refresh (RFC 7313 4). Routes of VPNs wait for the End-of-RIB of
the peer's memberships, for a minute at most (RFC 4684 6).

When all that was pending is sent and there were announcements in it, the next ones wait for the
MinRouteAdvertisementInterval (RFC 4271 9.2.1.1), which is one for all routes of the peer;
withdrawals do not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.bgp.adj_rib_out import AdjRibOut, Owed, Part
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.messages import Messages
from controlplane.protocols.bgp.negotiated import Negotiated
from controlplane.protocols.bgp.path import Destination
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.targets import VPN_FAMILIES, Membership
from controlplane.protocols.bgp.timers import AdvertisementTimer, MembershipTimer
from controlplane.wire.bgp.framing import encode
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.refresh import RefreshSubtype, RouteRefreshMessage
from controlplane.wire.bgp.update import Reach, Unreach
from controlplane.wire.bgp.update_encoding import encode_end_of_rib, encode_withdrawals

_PART: Final = 4096
"""Destinations that are looked at together: what may be packed together, and what memory it costs
while a slow peer reads it."""

_MEMBERSHIP_WAIT: Final[Duration] = 60.0
"""RFC 4684 6: "By default, a 60 second value should be used"."""

_EXTERNAL_INTERVAL: Final[Duration] = 30.0
_INTERNAL_INTERVAL: Final[Duration] = 5.0
"""RFC 4271 10."""


class Outbound:
    """`ribs` are those of the families of the session, in the order in which they are told.

    `_held_until`: no announcements before then. `_unspoken` are whole messages that come first.
    """

    def __init__(
        self,
        instance: BgpInstance,
        peer: Peer,
        negotiated: Negotiated,
        ribs: Mapping[Family, AdjRibOut],
        messages: Messages,
        now: Instant,
    ) -> None:
        self.ribs = ribs
        self._instance = instance
        self._peer = peer
        self._messages = messages
        self._negotiated = negotiated
        self._unspoken: deque[bytes] = deque()
        self._held_until = now
        self._has_announced = False
        self._waits_for_membership = Family.ROUTE_TARGET in ribs
        for rib in ribs.values():
            rib.begin()
        if self._waits_for_membership:
            self.wants(Membership())
            instance.timers.set(MembershipTimer(peer.address), now + _MEMBERSHIP_WAIT)
        self._has_something()

    def touch(self, family: Family, destinations: dict[Destination, None]) -> None:
        """Their best paths may be others than the peer was told."""
        rib = self.ribs.get(family)
        if rib is not None and rib.touch(destinations):
            self._has_something()

    def refresh(self, family: Family) -> None:
        """The peer asks for all routes of a family (RFC 2918 4)."""
        rib = self.ribs.get(family)
        if rib is not None and Owed.REFRESH not in rib.owed:
            rib.owed.append(Owed.REFRESH)
            self._has_something()

    def ask(self, family: Family) -> None:
        """Ask the peer for all its routes of a family, if it knows how to be asked."""
        if self._negotiated.refresh and family in self._negotiated.families:
            self._unspoken.append(_refresh(family, RefreshSubtype.REQUEST))
            self._has_something()

    def wants(self, membership: Membership) -> None:
        """The peer's membership is another one: RFC 4684 6, "re-evaluate the advertisement status
        of routes that match the Route Target in question"."""
        for rib in self._vpn_ribs():
            rib.wants(membership)
        self._has_something()

    def all_memberships_came(self) -> None:
        """The End-of-RIB of the peer's memberships is here, or did not come in time."""
        if self._waits_for_membership:
            self._waits_for_membership = False
            self._instance.timers.cancel(MembershipTimer(self._peer.address))
            self._has_something()

    def interval_is_over(self) -> None:
        for rib in self.ribs.values():
            rib.release_waiting()
        self._has_something()

    def end(self) -> None:
        """The session is gone."""
        for rib in self.ribs.values():
            rib.end()
        for timer in (AdvertisementTimer, MembershipTimer):
            self._instance.timers.cancel(timer(self._peer.address))

    def messages(self, now: Instant) -> Iterator[bytes]:
        """All that is to be said now. Who takes only some of it asks again for the rest."""
        while self._unspoken or self._prepare(now):
            yield self._unspoken.popleft()
        self._end_round(now)

    def _prepare(self, now: Instant) -> bool:
        """Work out the next messages; False when there are none."""
        for rib in self.ribs.values():
            if self._waits_for_membership and rib.family in VPN_FAMILIES:
                continue
            while rib.has_work and not self._unspoken:
                if rib.pending:
                    self._speak(rib.family, rib.take(_PART, now >= self._held_until))
                else:
                    self._pay(rib, rib.owed.popleft())
        return bool(self._unspoken)

    def _speak(self, family: Family, part: Part) -> None:
        terms = self._negotiated.terms
        if part.withdrawn:
            unreach = Unreach(family, tuple(part.withdrawn))
            self._unspoken.extend(encode_withdrawals(unreach))
        for attributes, announced in part.announced.items():
            self._has_announced = True
            reach = Reach(family, attributes, tuple(announced))
            self._unspoken.extend(self._messages.of(reach, terms))

    def _pay(self, rib: AdjRibOut, owed: Owed) -> None:
        enhanced = self._negotiated.enhanced_refresh
        match owed:
            case Owed.END_OF_RIB:
                self._unspoken.append(encode_end_of_rib(rib.family))
            case Owed.REFRESH:
                rib.refresh()
                if enhanced:
                    self._unspoken.append(_refresh(rib.family, RefreshSubtype.BEGINNING))
                    rib.owed.append(Owed.END_OF_REFRESH)
            case Owed.END_OF_REFRESH:
                self._unspoken.append(_refresh(rib.family, RefreshSubtype.ENDING))

    def _end_round(self, now: Instant) -> None:
        """All is said that may be said now."""
        interval = self._interval()
        if self._has_announced and interval:
            self._held_until = now + self._instance.jittered(interval)
        self._has_announced = False
        if any(rib.waiting for rib in self.ribs.values()):
            self._instance.timers.set(AdvertisementTimer(self._peer.address), self._held_until)

    def _interval(self) -> Duration:
        configured = self._peer.config.timers.min_advertisement
        if configured is not None:
            return configured
        return _INTERNAL_INTERVAL if self._peer.internal else _EXTERNAL_INTERVAL

    def _vpn_ribs(self) -> Iterator[AdjRibOut]:
        return (rib for family, rib in self.ribs.items() if family in VPN_FAMILIES)

    def _has_something(self) -> None:
        self._instance.to_tell[self._peer] = None


def _refresh(family: Family, subtype: RefreshSubtype) -> bytes:
    return encode(MessageType.ROUTE_REFRESH, RouteRefreshMessage(family, subtype).encode())
