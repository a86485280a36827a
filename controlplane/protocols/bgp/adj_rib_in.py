"""The Adj-RIB-In of a peer and family (RFC 4271 3.2), as it is behind the import policy.

It holds what is denied or has a loop too, with the reason; only what no VRF here wants is not kept
at all (RFC 4364 4.3.2). Its announcements are shared by all routes that came with equal attributes.

The paths themselves stand in the Loc-RIB, with whose they are. Here is only in which of its
destinations they may be found: a list costs a fifth of what a dictionary of a hundred thousand
routes does.

Stale routes are those of a lost session whose peer may come back (RFC 4724 4.2), and those that a
route refresh has not brought again yet (RFC 7313 4): both take part as ever, until they are swept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from controlplane.net.label import Label
from controlplane.protocols.bgp.events import PathSource
from controlplane.protocols.bgp.loc_rib import LocRib
from controlplane.protocols.bgp.next_hops import NextHops
from controlplane.protocols.bgp.path import Announcement, Destination, Heard, Path
from controlplane.protocols.bgp.peer import Peer
from controlplane.wire.bgp.nlri import NlriKey

_SPARE: Final = 64


class AdjRibIn:
    """Of a `peer`, or of this router itself (None).

    `count` is the number of routes, and `announcements` are those that they have, by what they were
    made of. `_told` has the destinations of all routes, and of some that are withdrawn.
    """

    def __init__(self, rib: LocRib, next_hops: NextHops, peer: Peer | None = None) -> None:
        self.rib = rib
        self.count = 0
        self.stale: set[Destination] = set()
        self.announcements: dict[Heard, Announcement] = {}
        self._next_hops = next_hops
        self._peer = peer
        self._told: list[Destination] = []

    def path(self, destination: Destination) -> Path | None:
        """The route of this peer to a destination."""
        for path in destination.paths:
            said = path.announcement
            if said.peer is self._peer and said.source is not PathSource.IMPORTED:
                return path
        return None

    def routes(self) -> dict[Destination, Path]:
        """All routes, in the order in which they came first."""
        found = {one: path for one in self._told if (path := self.path(one)) is not None}
        self._told = list(found)
        return found

    def learn(self, key: NlriKey, label: Label | None, announcement: Announcement) -> None:
        """A route came; the same one once more changes nothing."""
        destination = self.rib.destination(key)
        if self.stale:
            self.stale.discard(destination)
        old = self.path(destination)
        if old is not None and old.announcement is announcement and old.label == label:
            return
        new = Path(announcement, label)
        self._use(announcement)
        if old is None:
            self.count += 1
            self._told.append(destination)
        self.rib.replace(destination, old, new)
        if old is not None:
            self._release(old.announcement)

    def withdraw(self, keys: Iterable[NlriKey]) -> None:
        """Routes are no more; of those that never were nobody is told."""
        known = self.rib.destinations
        for key in keys:
            destination = known.get(key)
            if destination is not None and (path := self.path(destination)) is not None:
                self._drop(destination, path)

    def drop(self, destinations: Iterable[Destination]) -> None:
        """The routes to these are no more."""
        for destination in destinations:
            if (path := self.path(destination)) is not None:
                self._drop(destination, path)

    def _drop(self, destination: Destination, path: Path) -> None:
        self.stale.discard(destination)
        self.rib.replace(destination, path, None)
        self._release(path.announcement)
        self.count -= 1
        self._tidy()

    def _tidy(self) -> None:
        """When more than half of what is noted is withdrawn, forget that."""
        if not self.count:
            self._told.clear()
        elif len(self._told) > 2 * self.count + _SPARE:
            self.routes()

    def clear(self) -> None:
        for destination, path in self.routes().items():
            self._drop(destination, path)

    def mark_stale(self) -> None:
        """All that there is has to come again."""
        self.stale = set(self.routes())

    def sweep(self) -> None:
        """Drop what did not come again."""
        stale, self.stale = self.stale, set()
        self.drop(stale)

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
