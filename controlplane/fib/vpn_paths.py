"""VPN paths: what the routes through a PE share (RFC 4364 5).

A path is named by the PEs that it may lead to, each with its label, in the order of preference. It
leads to the first of them that an LSP goes to; or else to the first in reach, which the provider's
table has a route to through neighbours who have not given their labels yet. A hundred thousand
routes name some hundred paths; when a PE dies, the paths that led there are aimed anew, and none of
the routes ("prefix-independent convergence").
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.fib.model import ForwardVpn, VpnPath
from controlplane.fib.next_hops import NextHopGroups
from controlplane.fib.table import Table
from controlplane.fib.unicast import Goal
from controlplane.net.compact_prefix import place
from controlplane.net.label import Label
from controlplane.rib.route import Route, VpnNextHop

PathList: TypeAlias = tuple[tuple[IPv4Address, Label], ...]
"""PEs and the labels that they gave, the preferred one first."""

GoalOf: TypeAlias = Callable[[IPv4Address], Goal | None]
"""Where packets to a PE go in the provider's table; None where no neighbour leads there."""


def path_list(route: Route) -> PathList | None:
    """The PEs of a VPN route, None for any other route. One that gave no label cannot be used."""
    first = route.next_hops[0]
    if not isinstance(first, VpnNextHop):
        return None
    return tuple((hop.pe, hop.label) for hop in (first, *route.backups) if hop.label is not None)


def path_name(paths: PathList) -> str:
    return ", or ".join(f"{pe} label {label}" for pe, label in paths)


class VpnPaths:
    """The paths that have users. Each is itself a user of the way that it goes."""

    def __init__(self, goal_of: GoalOf, groups: NextHopGroups) -> None:
        self._goal_of = goal_of
        self._groups = groups
        self._actions: dict[PathList, ForwardVpn] = {}
        self._lists: dict[str, PathList] = {}
        self._users: Counter[str] = Counter()
        self._through: defaultdict[IPv4Address, set[str]] = defaultdict(set)
        self._stale: set[str] = set()
        self._paths: Table[str, VpnPath] = Table()

    def use(self, before: ForwardVpn | None, paths: PathList | None) -> ForwardVpn | None:
        """A user is led by these PEs now, or by none; returns what it does with its packets.

        `before` is what it did so far.
        """
        action = None
        if paths:
            action = self._actions.get(paths) or self._admit(paths)
            self._users[action.path] += 1
        if before is not None:
            self._leave(before.path)
        return action

    def provider_changed(self, prefixes: Collection[IPv4Network]) -> None:
        """The provider's routes or labels of these prefixes changed: aim those through them."""
        if not self._through:
            return
        changed = set(map(place, prefixes))
        masks = {mask for _, mask in changed}
        for pe, names in self._through.items():
            address = int(pe)
            if any((address & mask, mask) in changed for mask in masks):
                self._stale |= names

    def refresh(self) -> None:
        """Aim what is stale; behind it, the groups know what they are used for."""
        for name in self._stale:
            self._aim(name)
        self._stale.clear()

    def snapshot(self) -> frozenset[VpnPath]:
        """All paths as of the last refresh; the same object while nothing changes."""
        return self._paths.snapshot()

    def _admit(self, paths: PathList) -> ForwardVpn:
        """One action for all users, who are many."""
        name = path_name(paths)
        self._lists[name] = paths
        self._stale.add(name)
        for pe, _ in paths:
            self._through[pe].add(name)
        action = self._actions[paths] = ForwardVpn(name)
        return action

    def _leave(self, name: str) -> None:
        self._users[name] -= 1
        if not self._users[name]:
            del self._users[name]
            paths = self._lists.pop(name)
            del self._actions[paths]
            self._stale.add(name)
            for pe in {pe for pe, _ in paths}:
                self._through[pe].discard(name)
                if not self._through[pe]:
                    del self._through[pe]

    def _aim(self, name: str) -> None:
        paths = self._lists.get(name)
        if paths is None:
            self._groups.use(name, None)
            self._paths.put(name, None)
            return
        label, goal = self.best(paths)
        self._groups.use(name, goal)
        self._paths.put(name, VpnPath(name, label, goal.way if goal else None))

    def best(self, paths: PathList) -> tuple[Label, Goal | None]:
        """The label of the PE that packets go to, and the goal that leads there.

        Of PEs that are alike in having an LSP `max` takes the first.
        """
        reached = self._reached(paths)
        return max(reached, key=lambda one: has_lsp(one[1]), default=(paths[0][1], None))

    def _reached(self, paths: PathList) -> Iterator[tuple[Label, Goal | None]]:
        for pe, label in paths:
            goal = self._goal_of(pe)
            if goal is not None:
                yield label, goal


def has_lsp(goal: Goal | None) -> bool:
    """Whether some neighbour on the way gave a label."""
    return goal is not None and any(label is not None for label in goal.hops.values())
