"""Next hop groups: what routes and labels lead to, shared by all that lead to the same.

A user (a prefix of a VRF) has a goal: the name of a way, and the neighbours with their labels that
lead there now. Users of a way agree about these. When the goal of a way changes, or a neighbour's
MAC address, its group is made again, and no user is touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Final, TypeAlias

from controlplane.fib.model import Adjacency, NextHopGroup, Nhlfe, Port
from controlplane.fib.table import Table
from controlplane.fib.unicast import Goal, Neighbor, Neighbors
from controlplane.net.interface import Interface

User: TypeAlias = Hashable

_NOWHERE: Final = Goal("", {})


class NextHopGroups:
    """`neighbors` is the router's own table of resolved neighbours: it changes under this one."""

    def __init__(self, interfaces: Mapping[str, Interface], neighbors: Neighbors) -> None:
        self._interfaces = interfaces
        self._neighbors = neighbors
        self._goals: dict[str, Goal] = {}
        self._users: defaultdict[str, set[User]] = defaultdict(set)
        self._way_of: dict[User, str] = {}
        self._through: defaultdict[Neighbor, set[str]] = defaultdict(set)
        self._unresolved: set[Neighbor] = set()
        self._stale: set[str] = set()
        self._groups: Table[str, NextHopGroup] = Table()
        self._adjacencies: dict[Neighbor, Adjacency] = {}

    def use(self, user: User, goal: Goal | None) -> bool:
        """A user leads to this goal now, or nowhere; returns whether that is another way."""
        before, way = self._way_of.get(user), goal.way if goal else None
        if goal is not None:
            self._aim(goal)
        if way == before:
            return False
        if way is not None:
            self._way_of[user] = way
            self._users[way].add(user)
        else:
            del self._way_of[user]
        if before is not None:
            self._leave(before, user)
        return True

    def neighbor_changed(self, neighbor: Neighbor) -> None:
        """A neighbour's MAC address is another now, or unknown."""
        self._adjacencies.pop(neighbor, None)
        self._stale |= self._through.get(neighbor, set())
        self._note(neighbor)

    @property
    def stale(self) -> bool:
        """Whether a group is other than in the last snapshot."""
        return bool(self._stale)

    def unresolved(self) -> set[Neighbor]:
        """Neighbours that some way leads through and whose MAC address is unknown."""
        return set(self._unresolved)

    def snapshot(self) -> frozenset[NextHopGroup]:
        """All groups as they are now; the same object while nothing changes."""
        for way in self._stale:
            goal = self._goals.get(way)
            self._groups.put(way, NextHopGroup(way, self.members(goal)) if goal else None)
        self._stale.clear()
        return self._groups.snapshot()

    def _aim(self, goal: Goal) -> None:
        former = self._goals.get(goal.way, _NOWHERE).hops
        if former == goal.hops:
            return
        self._goals[goal.way] = goal
        self._stale.add(goal.way)
        if former.keys() != goal.hops.keys():
            self._forget(goal.way, former.keys() - goal.hops.keys())
            for neighbor in goal.hops.keys() - former.keys():
                self._through[neighbor].add(goal.way)
                self._note(neighbor)

    def _leave(self, way: str, user: User) -> None:
        self._users[way].discard(user)
        if not self._users[way]:
            del self._users[way]
            self._forget(way, self._goals.pop(way).hops)
            self._stale.add(way)

    def _forget(self, way: str, neighbors: Iterable[Neighbor]) -> None:
        """A way leads through these no more."""
        for neighbor in neighbors:
            self._through[neighbor].discard(way)
            if not self._through[neighbor]:
                del self._through[neighbor]
                self._note(neighbor)

    def _note(self, neighbor: Neighbor) -> None:
        """Whether it is unresolved is not what it was, maybe."""
        if neighbor in self._through and neighbor not in self._neighbors:
            self._unresolved.add(neighbor)
        else:
            self._unresolved.discard(neighbor)

    def members(self, goal: Goal) -> frozenset[Nhlfe]:
        """Those who lead there and whose MAC address is known."""
        found = [(self._adjacency(neighbor), label) for neighbor, label in goal.hops.items()]
        return frozenset([Nhlfe(adjacency, label) for adjacency, label in found if adjacency])

    def _adjacency(self, neighbor: Neighbor) -> Adjacency | None:
        """What leads to a neighbour, made once: its groups may be thousands."""
        known = self._adjacencies.get(neighbor)
        if known is None and (known := self._find(neighbor)) is not None:
            self._adjacencies[neighbor] = known
        return known

    def _find(self, neighbor: Neighbor) -> Adjacency | None:
        link, mac = self._interfaces[neighbor[0]], self._neighbors.get(neighbor)
        if mac is None or link.port is None or link.mac is None:
            return None
        return Adjacency(Port(link.port, link.vlan), link.mac, mac, link.mtu)
