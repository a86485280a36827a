"""The Adj-RIB-Out of a peer and family (RFC 4271 3.2): what it was told, and what it may not know.

Nothing is worked out before it is sent. Destinations whose best path changed are `pending`; when
the session has room, a part of them is compared with what the peer was told, and what differs goes
into messages. So a peer that reads slowly costs a reference for each destination that changed
since, however often it did, and when it reads on it is told how things are now.

`waiting` are announcements that the MinRouteAdvertisementInterval holds back (RFC 4271 9.2.1.1).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice

from controlplane.protocols.bgp.advertisement import Audience, exported, is_from_client
from controlplane.protocols.bgp.events import BgpConfig
from controlplane.protocols.bgp.loc_rib import LocRib
from controlplane.protocols.bgp.path import Destination, Path
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.policy import rule_for
from controlplane.protocols.bgp.targets import VPN_FAMILIES, Membership
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.nlri import Announced, Family, NlriKey


class Owed(Enum):
    """What is to be said when nothing is pending any more."""

    END_OF_RIB = "End-of-RIB"
    REFRESH = "all routes once more"
    END_OF_REFRESH = "end of the refresh"


@dataclass(slots=True)
class Part:
    """What goes into messages next: keys by the attributes that they have in common."""

    withdrawn: list[NlriKey] = field(default_factory=list)
    announced: dict[PathAttributes, list[Announced]] = field(default_factory=dict)


class AdjRibOut:
    """`again` are destinations to be told even if nothing changed. `wanted`: RFC 4684, or None."""

    def __init__(
        self, peer: Peer, rib: LocRib, to: Audience, number: int, config: BgpConfig
    ) -> None:
        self.peer = peer
        self.rib = rib
        self.pending: dict[Destination, None] = {}
        self.waiting: dict[Destination, None] = {}
        self.sent: dict[Destination, Path] = {}
        self.owed: deque[Owed] = deque()
        self.wanted: Membership | None = None
        self._again: set[Destination] = set()
        self._to = to
        self._number = number
        self._config = config

    @property
    def family(self) -> Family:
        return self.rib.family

    @property
    def has_work(self) -> bool:
        """Whether there is something to look at now."""
        return bool(self.pending or (self.owed and not self.waiting))

    def begin(self) -> None:
        """The session is established: all there is has to be told."""
        self.pending.update(dict.fromkeys(self.rib.destinations.values()))
        self.owed.append(Owed.END_OF_RIB)

    def touch(self, destinations: dict[Destination, None]) -> bool:
        """Their best paths are others now; True when some of that may concern the peer.

        A reflector hears of all VPNs, and each of its clients wants few of them.
        """
        if self.wanted is None:
            self.pending.update(destinations)
        else:
            self.pending.update(dict.fromkeys(filter(self._may_concern, destinations)))
        return bool(self.pending)

    def _may_concern(self, destination: Destination) -> bool:
        """A membership that is to come has its own look at what there is then (`wants`)."""
        if destination in self.sent:
            return True
        best, wanted = destination.best, self.wanted
        if best is None or wanted is None:
            return False
        return wanted.wants(self.family, best.announcement.targets)

    def refresh(self) -> None:
        """RFC 2918 4: the whole Adj-RIB-Out again."""
        self._again = set(self.sent)
        self.pending.update(dict.fromkeys(self.sent))

    def wants(self, membership: Membership) -> None:
        """The peer says which routes of VPNs it wants; look again at those that it did not, or did,
        before."""
        before, self.wanted = self.wanted, membership
        if before == membership:
            return
        for destination in self.rib.destinations.values():
            if (best := destination.best) is not None:
                targets = best.announcement.targets
                is_wanted = membership.wants(self.family, targets)
                if before is None or is_wanted != before.wants(self.family, targets):
                    self.pending[destination] = None

    def release_waiting(self) -> None:
        """The interval is over."""
        self.pending.update(self.waiting)
        self.waiting.clear()

    def end(self) -> None:
        """The session is gone."""
        for destination in self.sent:
            destination.holders -= 1
        self.rib.forget(self.sent)

    def take(self, limit: int, may_announce: bool) -> Part:
        """Compare some of what is pending with what the peer was told."""
        part = Part()
        groups: dict[int, tuple[PathAttributes, list[Announced]]] = {}
        taken = list(islice(self.pending, limit))
        for destination in taken:
            del self.pending[destination]
            told = self.told(destination)
            if told is None:
                self._withdraw(destination, part)
            elif not may_announce:
                self.waiting[destination] = None
            elif self._announce(destination, *told):
                path, attributes = told
                group = groups.setdefault(id(attributes), (attributes, []))
                group[1].append((destination.key, path.label))
        if not self.pending:
            self.pending = {}  # An emptied dictionary keeps the room that it had.
        for attributes, announced in groups.values():
            part.announced.setdefault(attributes, []).extend(announced)
        return part

    def told(self, destination: Destination) -> tuple[Path, PathAttributes] | None:
        """What the peer should know of a destination: a path, with the attributes to tell."""
        path = self._path(destination)
        if path is None:
            return None
        attributes = self.exported(destination, path)
        return None if attributes is None else (path, attributes)

    def exported(self, destination: Destination, path: Path) -> PathAttributes | None:
        """The attributes that a path has for this peer, None when it is not told."""
        said, policy = path.announcement, self._to.policy
        rule = rule_for(policy, destination.key, said.attributes) if policy.rules else None
        if (known := said.exports) is None:
            known = said.exports = {}
        name = (self._number, rule)
        try:
            return known[name]
        except KeyError:
            attributes = known[name] = exported(said, rule, self._to, self._config)
            return attributes

    def _withdraw(self, destination: Destination, part: Part) -> None:
        if self.sent.pop(destination, None) is None:
            return
        self._again.discard(destination)
        part.withdrawn.append(destination.key)
        destination.holders -= 1
        if destination.is_forgotten:
            self.rib.forget((destination,))

    def _announce(self, destination: Destination, path: Path, attributes: PathAttributes) -> bool:
        """Note that the peer is told; False when it knows that already."""
        before = self.sent.get(destination)
        self.sent[destination] = path
        if before is None:
            destination.holders += 1
            return True
        if destination in self._again:
            self._again.discard(destination)
            return True
        return before.label != path.label or self.exported(destination, before) != attributes

    def _path(self, destination: Destination) -> Path | None:
        """The best path, if it is for this peer at all."""
        path, to = destination.best, self._to
        if path is None:
            return None
        said = path.announcement
        if self.family is Family.ROUTE_TARGET and to.internal:
            return path if to.client else self._of_a_client(destination, path)
        if said.peer is self.peer:
            return None
        if self.wanted is not None and self.family in VPN_FAMILIES:
            return path if self.wanted.wants(self.family, said.targets) else None
        return path

    def _of_a_client(self, destination: Destination, best: Path) -> Path | None:
        """RFC 4684 3.2 ii: to others than clients, what a client wants comes first."""
        if best.announcement.peer is not None and not is_from_client(best.announcement):
            others = (one for one in destination.paths if is_from_client(one.announcement))
            best = next((one for one in others if one.is_usable), best)
        return None if best.announcement.peer is self.peer else best
