"""The tables of BGP (RFC 4271 3.2) and what moves routes through them.

    UPDATE -> acceptance -> Adj-RIB-In --+
    own routes, imported ones -----------+-> Loc-RIB -> decision -> BestPathsChanged
                                                  |
                             Adj-RIB-Out of each peer -> advertisement -> UPDATE

Inputs change paths and mark destinations. `settle`, once at the end of each input, decides all that
are marked and tells what changed; what each peer has to hear of that is worked out when the sender
asks for it (`messages`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from controlplane.engine.time import Instant
from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.acceptance import Acceptance
from controlplane.protocols.bgp.adj_rib_in import AdjRibIn
from controlplane.protocols.bgp.adj_rib_out import AdjRibOut
from controlplane.protocols.bgp.advertisement import Audience, audience
from controlplane.protocols.bgp.decision import Decision
from controlplane.protocols.bgp.events import (
    NextHopsResolved,
    RoutesImported,
    RoutesOriginated,
    TargetsWanted,
)
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.loc_rib import LocRib
from controlplane.protocols.bgp.messages import Messages
from controlplane.protocols.bgp.next_hops import NextHops
from controlplane.protocols.bgp.outbound import Outbound
from controlplane.protocols.bgp.own_routes import ImportedRoutes, originate
from controlplane.protocols.bgp.path import Destination
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.targets import VPN_FAMILIES, Interest, membership, own_membership
from controlplane.protocols.bgp.timers import (
    AdvertisementTimer,
    MembershipTimer,
    NextHopTimer,
    TableTimer,
)
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.update import Update


@dataclass(frozen=True, slots=True)
class PrefixCount:
    """Routes of a family that a peer told, and that it was told."""

    received: int
    sent: int


class Tables:
    """`_members_changed` are peers that may have other memberships than before this input."""

    def __init__(self, instance: BgpInstance) -> None:
        config = instance.config
        self._instance = instance
        self.ribs = {
            family: LocRib(
                family, Decision(config.always_compare_med, family not in _OF_VRFS, config.asn)
            )
            for family in _in_order()
        }
        self.adj_ribs_in: dict[tuple[Peer, Family], AdjRibIn] = {}
        self.outbound: dict[Peer, Outbound] = {}
        self._next_hops = NextHops(instance)
        self._interest = Interest(config)
        self._acceptance = Acceptance(instance, self._next_hops, self._interest)
        self._own = {family: self._adj_rib_in(family) for family in self.ribs}
        self._imported = ImportedRoutes(self.ribs[Family.IPV4_UNICAST], config)
        self._audiences: dict[Audience, int] = {}
        self._messages = Messages()
        self._members_changed: dict[Peer, None] = {}

    # -- sessions

    def established(self, peer: Peer, now: Instant) -> None:
        """A session is up: stale routes may wait in `peer.stale`, all others of it are new."""
        negotiated = peer.negotiated
        assert negotiated is not None, "the session is established"
        assert peer not in self.outbound, "the session before it is lost"
        for family, adj_rib_in in self._of(peer):
            if family not in peer.stale:
                adj_rib_in.clear()
        ribs = {
            family: self._adj_rib_out(peer, family)
            for family in self.ribs
            if family in negotiated.families
        }
        self.outbound[peer] = Outbound(self._instance, peer, negotiated, ribs, self._messages, now)

    def lost(self, peer: Peer, keep: frozenset[Family], now: Instant) -> None:
        """A session is gone; routes of the families to keep become stale (RFC 4724 4.2)."""
        for family, adj_rib_in in self._of(peer):
            if family in keep:
                adj_rib_in.mark_stale()
            else:
                adj_rib_in.clear()
        if (outbound := self.outbound.pop(peer, None)) is not None:
            outbound.end()

    def end_of_rib(self, peer: Peer, family: Family, now: Instant) -> None:
        """The peer has told all that it has. What a route refresh made stale is not swept by it."""
        if family in peer.stale:
            self._into(peer, family).sweep()
        if family is Family.ROUTE_TARGET:
            self.outbound[peer].all_memberships_came()

    def stale_expired(self, peer: Peer, now: Instant) -> None:
        """What of a peer's routes is stale still did not come again in time."""
        for family in peer.stale:
            self._into(peer, family).sweep()

    # -- messages of peers

    def update(self, peer: Peer, update: Update, now: Instant) -> None:
        for unreach in update.unreach:
            self._into(peer, unreach.family).withdraw(unreach.keys)
        for reach in update.reach:
            adj_rib_in = self._into(peer, reach.family)
            self._acceptance.take(peer, adj_rib_in, reach)
            limit = peer.config.maximum_prefixes
            if limit is not None and adj_rib_in.count > limit:
                self._instance.over_limit[peer] = reach.family

    def refresh_requested(self, peer: Peer, family: Family, now: Instant) -> None:
        self.outbound[peer].refresh(family)

    def refresh_begins(self, peer: Peer, family: Family, now: Instant) -> None:
        """RFC 7313 4: all routes of the family will come again."""
        self._into(peer, family).mark_stale()

    def refresh_ends(self, peer: Peer, family: Family, now: Instant) -> None:
        """RFC 7313 4: those that did not are no more."""
        self._into(peer, family).sweep()

    def disabled(self, peer: Peer, family: Family) -> None:
        """RFC 4760 7: what the peer told of the family is deleted."""
        self._into(peer, family).clear()

    # -- this router

    def originate(self, event: RoutesOriginated) -> None:
        originate(self._own[event.family], self._instance.config, event)

    def imported(self, event: RoutesImported) -> None:
        self._imported.imported(event)

    def next_hops(self, event: NextHopsResolved, now: Instant) -> None:
        if answered := self._next_hops.answered(event, now):
            for rib in self.ribs.values():
                rib.next_hops_answered(answered)

    def targets_wanted(self, event: TargetsWanted, now: Instant) -> None:
        """RFC 4364 4.3.2: routes that nobody wants any more are dropped, others are asked for."""
        before = self._interest.wanted
        grows = self._interest.becomes(event.targets)
        for (_, family), adj_rib_in in self.adj_ribs_in.items():
            self._drop_unwanted(family, adj_rib_in)
        for outbound in self.outbound.values():
            if grows and Family.ROUTE_TARGET not in outbound.ribs:
                for family in VPN_FAMILIES & outbound.ribs.keys():
                    outbound.ask(family)
        if any(Family.ROUTE_TARGET in peer.families for peer in self._instance.config.peers):
            self._tell_membership(event.targets, before)

    def expires(self, timer: TableTimer, now: Instant) -> None:
        match timer:
            case NextHopTimer():
                moved = self._next_hops.timer_expires()
                for rib in self.ribs.values():
                    rib.next_hops_moved(moved)
            case AdvertisementTimer(address):
                self.outbound[self._instance.peers[address]].interval_is_over()
            case MembershipTimer(address):
                self.outbound[self._instance.peers[address]].all_memberships_came()

    # -- what comes of it

    def settle(self, now: Instant) -> None:
        """Decide what is marked, tell what changed, and note which peers have to hear of it."""
        for rib in self.ribs.values():
            if not rib.is_marked:
                continue
            settled = rib.settle()
            if (event := settled.event) is not None:
                self._instance.outputs.append(event)
            if settled.to_tell:
                self._touch(rib.family, settled.to_tell)
        self._messages.clear()
        self._settle_memberships()
        self._next_hops.settle()

    def messages(self, peer: Peer, now: Instant) -> Iterator[bytes]:
        """What a peer is to be told now; who takes some of it may ask again for the rest."""
        outbound = self.outbound.get(peer)
        return outbound.messages(now) if outbound is not None else iter(())

    def is_origin(self, family: Family) -> bool:
        """Whether this router tells routes of its own, or will: a PE those of its VRFs."""
        is_pe = family in VPN_FAMILIES and bool(self._interest.wanted)
        return is_pe or bool(self._own[family].count)

    def counts(self, peer: Peer) -> Mapping[Family, PrefixCount]:
        """How many routes of each family went both ways."""
        outbound = self.outbound.get(peer)
        told = {family: len(rib.sent) for family, rib in outbound.ribs.items()} if outbound else {}
        heard = {family: adj_rib_in.count for family, adj_rib_in in self._of(peer)}
        return {
            family: PrefixCount(heard.get(family, 0), told.get(family, 0))
            for family in self.ribs
            if family in told or family in heard
        }

    def _touch(self, family: Family, destinations: list[Destination]) -> None:
        changed = dict.fromkeys(destinations)
        for outbound in self.outbound.values():
            outbound.touch(family, changed)

    def _settle_memberships(self) -> None:
        changed, self._members_changed = self._members_changed, {}
        for peer in changed:
            outbound = self.outbound.get(peer)
            if outbound is not None and Family.ROUTE_TARGET in outbound.ribs:
                outbound.wants(membership(self.adj_ribs_in[peer, Family.ROUTE_TARGET]))

    def _drop_unwanted(self, family: Family, adj_rib_in: AdjRibIn) -> None:
        adj_rib_in.drop(
            destination
            for destination, path in adj_rib_in.routes().items()
            if not self._interest.keeps(family, path.announcement.targets)
        )

    def _tell_membership(
        self, targets: frozenset[RouteTarget], former: frozenset[RouteTarget]
    ) -> None:
        config = self._instance.config
        self.originate(
            RoutesOriginated(
                family=Family.ROUTE_TARGET,
                changed=own_membership(config, targets),
                withdrawn=tuple(route.key for route in own_membership(config, former - targets)),
            )
        )

    def _of(self, peer: Peer) -> Iterator[tuple[Family, AdjRibIn]]:
        for family in self.ribs:
            if (adj_rib_in := self.adj_ribs_in.get((peer, family))) is not None:
                yield family, adj_rib_in

    def _into(self, peer: Peer, family: Family) -> AdjRibIn:
        """The Adj-RIB-In that something of a peer goes into."""
        if family is Family.ROUTE_TARGET:
            self._members_changed[peer] = None
        found = self.adj_ribs_in.get((peer, family))
        if found is None:
            found = self.adj_ribs_in[peer, family] = self._adj_rib_in(family, peer)
        return found

    def _adj_rib_in(self, family: Family, peer: Peer | None = None) -> AdjRibIn:
        return AdjRibIn(self.ribs[family], self._next_hops, peer)

    def _adj_rib_out(self, peer: Peer, family: Family) -> AdjRibOut:
        to = audience(peer.config, family, peer.internal)
        number = self._audiences.setdefault(to, len(self._audiences))
        return AdjRibOut(peer, self.ribs[family], to, number, self._instance.config)


_OF_VRFS: Final = frozenset({Family.VPNV4, Family.VPNV4_MULTICAST})
"""Families in which own routes are those of VRFs."""


def _in_order() -> list[Family]:
    """Memberships of route targets before what they are about (RFC 4684 6)."""
    return sorted(Family, key=lambda family: family is not Family.ROUTE_TARGET)
