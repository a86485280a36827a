"""The Adj-RIB-In of a peer and family (RFC 4271 3.2), as it is behind the import policy.

It holds what is denied or has a loop too, with the reason; only what no VRF here wants is not kept
at all (RFC 4364 4.3.2). Its announcements are shared by all routes that came with equal attributes.

Stale routes are those of a lost session whose peer may come back (RFC 4724 4.2), and those that a
route refresh has not brought again yet (RFC 7313 4): both take part as ever, until they are swept.
"""

from __future__ import annotations

from collections.abc import Iterable

from controlplane.net.label import Label
from controlplane.protocols.bgp.loc_rib import LocRib
from controlplane.protocols.bgp.next_hops import NextHops
from controlplane.protocols.bgp.path import Announcement, Destination, Heard, Path
from controlplane.wire.bgp.nlri import NlriKey


class AdjRibIn:
    """`announcements` are those that routes have, by what they were made of."""

    def __init__(self, rib: LocRib, next_hops: NextHops) -> None:
        self.rib = rib
        self.routes: dict[Destination, Path] = {}
        self.stale: set[Destination] = set()
        self.announcements: dict[Heard, Announcement] = {}
        self._next_hops = next_hops

    def learn(self, key: NlriKey, label: Label | None, announcement: Announcement) -> None:
        """A route came; the same one once more changes nothing."""
        destination = self.rib.destination(key)
        if self.stale:
            self.stale.discard(destination)
        old = self.routes.get(destination)
        if old is not None and old.announcement is announcement and old.label == label:
            return
        new = Path(announcement, label)
        self._use(announcement)
        self.routes[destination] = new
        self.rib.replace(destination, old, new)
        if old is not None:
            self._release(old.announcement)

    def withdraw(self, keys: Iterable[NlriKey]) -> None:
        """Routes are no more; of those that never were nobody is told."""
        known = self.rib.destinations
        for key in keys:
            destination = known.get(key)
            if destination is not None and destination in self.routes:
                self.drop(destination)

    def drop(self, destination: Destination) -> None:
        path = self.routes.pop(destination)
        self.stale.discard(destination)
        self.rib.replace(destination, path, None)
        self._release(path.announcement)

    def clear(self) -> None:
        for destination in list(self.routes):
            self.drop(destination)

    def mark_stale(self) -> None:
        """All that there is has to come again."""
        self.stale = set(self.routes)

    def sweep(self) -> None:
        """Drop what did not come again."""
        stale, self.stale = self.stale, set()
        for destination in stale:
            self.drop(destination)

    def _use(self, announcement: Announcement) -> None:
        """Remember what a set of attributes has become, as long as a route has it."""
        announcement.users += 1
        if announcement.users > 1:
            return
        if announcement.heard is not None:
            self.announcements[announcement.heard] = announcement
        if announcement.hop is not None:
            self._next_hops.use(announcement.hop)

    def _release(self, announcement: Announcement) -> None:
        announcement.users -= 1
        if announcement.users:
            return
        if announcement.heard is not None:
            del self.announcements[announcement.heard]
        if announcement.hop is not None:
            self._next_hops.release(announcement.hop)
