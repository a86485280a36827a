"""The Loc-RIB of a family (RFC 4271 3.2): all paths to each key, and the best of them.

Whoever puts paths in or takes them out marks their destination; when the input is through, each of
those is decided once, and what changed is told in one output.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from controlplane.protocols.bgp.decision import Decision
from controlplane.protocols.bgp.events import BestPath, BestPathsChanged, Imported
from controlplane.protocols.bgp.path import Destination, ImportedPath, NextHop, Path
from controlplane.wire.bgp.nlri import Family, NlriKey


@dataclass(slots=True)
class Settled:
    """What came of a decision. `to_tell` are destinations that peers may have to hear of: those
    with another best path, and any that changed where others than the best are told (RFC 4684 3.2).
    """

    family: Family
    changed: list[BestPath] = field(default_factory=list)
    withdrawn: list[NlriKey] = field(default_factory=list)
    former: list[BestPath] = field(default_factory=list)
    to_tell: list[Destination] = field(default_factory=list)

    @property
    def event(self) -> BestPathsChanged | None:
        """What to tell the rest of the router, None where it is nothing."""
        if not (self.changed or self.withdrawn):
            return None
        return BestPathsChanged(
            family=self.family,
            changed=tuple(self.changed),
            withdrawn=tuple(self.withdrawn),
            former=tuple(self.former),
        )


class LocRib:
    """`_marked` are destinations to decide again; True: to tell even if the same path wins.

    `_waiting` are those with paths whose next hop nobody has said the distance of yet.
    """

    def __init__(self, family: Family, decision: Decision) -> None:
        self.family = family
        self.destinations: dict[NlriKey, Destination] = {}
        self.decision = decision
        self._marked: dict[Destination, bool] = {}
        self._waiting: dict[NextHop, list[Destination]] = {}

    @property
    def is_marked(self) -> bool:
        """Whether there is something to decide."""
        return bool(self._marked)

    def destination(self, key: NlriKey) -> Destination:
        """The one that there is for a key, or a new one."""
        found = self.destinations.get(key)
        if found is None:
            found = self.destinations[key] = Destination(key)
            self._marked[found] = False
        return found

    def replace(self, destination: Destination, old: Path | None, new: Path | None) -> None:
        """One path takes the place of another, either of which may be none."""
        destination.replace(old, new)
        hop = new.announcement.hop if new is not None else None
        if hop is not None and not hop.is_answered:
            self._waiting.setdefault(hop, []).append(destination)
        if destination not in self._marked:
            self._marked[destination] = False

    def next_hops_answered(self, hops: Iterable[NextHop]) -> None:
        """How far some next hops are is known for the first time."""
        for hop in hops:
            for destination in self._waiting.pop(hop, ()):
                self._marked.setdefault(destination, False)
        self._waiting = {hop: waiting for hop, waiting in self._waiting.items() if hop.users}

    def next_hops_moved(self, hops: Collection[NextHop]) -> None:
        """Some next hops are nearer or farther than before, or out of reach.

        That is looked for among all paths: it happens once for all that moved together.
        """
        for destination in self.destinations.values():
            if any(path.announcement.hop in hops for path in destination.paths):
                self._marked[destination] = True

    def settle(self) -> Settled:
        """Decide all that is marked."""
        settled = Settled(self.family)
        marked, self._marked = self._marked, {}
        for destination, moved in marked.items():
            self._settle(destination, moved, settled)
        self.forget(marked)
        return settled

    def forget(self, destinations: Iterable[Destination]) -> None:
        """Drop those that nobody knows any more."""
        for destination in destinations:
            if destination.is_forgotten:
                self.destinations.pop(destination.key, None)

    def _settle(self, destination: Destination, moved: bool, settled: Settled) -> None:
        key, former, former_backup = destination.key, destination.best, destination.backup
        best = self.decision.best(destination.paths)
        backup = self.decision.backup(destination.paths, best)
        destination.choose(best, backup)
        if best is not former or self.family is Family.ROUTE_TARGET:
            settled.to_tell.append(destination)
        if not moved and best is former and backup is former_backup:
            return
        if former is not None and self.family is Family.VPNV4:
            settled.former.append(told(key, former, former_backup))
        if best is not None:
            settled.changed.append(told(key, best, backup))
        elif former is not None:
            settled.withdrawn.append(key)


def told(key: NlriKey, path: Path, backup: Path | None = None) -> BestPath:
    """A path as those outside see it."""
    said = path.announcement
    return BestPath(
        key=key,
        source=said.source,
        attributes=said.attributes,
        label=path.label,
        peer=said.peer.address if said.peer is not None else None,
        metric=path.metric or 0,
        imported=_imported(key, path) if isinstance(path, ImportedPath) else None,
        backup=told(key, backup) if backup is not None else None,
    )


def _imported(prefix: NlriKey, path: ImportedPath) -> Imported:
    """The VPN route as it came."""
    said = path.announcement
    assert isinstance(prefix, IPv4Network)
    assert path.label is not None
    return Imported(
        prefix=prefix,
        key=path.origin,
        attributes=said.attributes,
        pe=said.address,
        label=path.label,
        metric=path.metric or 0,
        vrf=said.vrf,
    )
