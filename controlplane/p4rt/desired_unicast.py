"""Unicast routes, VPN paths and labels -> the entries that name next hop groups, these, next hops.

Only what differs from the Fib before is looked at: of a hundred thousand routes and labels those
that changed, and when the core changes none of them, but the groups that lead through it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from controlplane.fib.model import Fib, NextHopGroup, Nhlfe, VpnPath
from controlplane.net.label import IMPLICIT_NULL
from controlplane.p4rt import names
from controlplane.p4rt.entities import (
    ActionSet,
    Changes,
    Member,
    TableEntry,
    next_hop_group_key,
    vpn_path_key,
)
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.next_hops import Groups, NextHops
from controlplane.p4rt.users import label_entry, label_key, prefix_entry, prefix_key, vpn_path_entry
from controlplane.p4rt.vpn_paths import VpnPathNumbers
from controlplane.p4rt.ways import Ways

T = TypeVar("T", bound=Hashable)

_UNRESOLVED = frozenset({(names.UNRESOLVED, ())})
"""The members of a group that has none, so that the group is there to be named."""


class UnicastEntities:
    """The entries of one Fib after another."""

    def __init__(self, installed: Inventory) -> None:
        self._installed = installed
        self._next_hops = NextHops(installed)
        self._ways = Ways(installed)
        self._paths = VpnPathNumbers(installed)
        self._is_first = True

    def exchange(self, before: Fib, after: Fib) -> Changes:
        """What becomes other entries; `before` is the Fib of the last call, or an empty one."""
        gone, new = _difference(before.groups, after.groups)
        changes = self._next_hops.exchange(gone, new)
        if self._is_first:
            self._recognize(after)
            self._is_first = False
        changes |= self._groups(gone, new)
        changes |= self._vpn_paths(before, after)
        changes |= self._routes(before, after)
        changes |= self._labels(before, after)
        return changes

    def _recognize(self, fib: Fib) -> None:
        """Paths first: they are users of ways."""
        self._paths.recognize(fib)
        members = {group.way: self._members(group) for group in fib.groups}
        self._ways.recognize(fib, members, self._paths)

    def _groups(self, gone: Groups, new: Groups) -> Changes:
        ways = {group.way for group in new}
        released = self._ways.release({group.way for group in gone} - ways)
        changes: Changes = {next_hop_group_key(number): None for number in released}
        self._ways.admit(ways)
        for group in new:
            entry = self._group(group)
            changes[entry.key] = entry
        return changes

    def _group(self, group: NextHopGroup) -> ActionSet:
        number = self._ways.number(group.way)
        return ActionSet(names.NEXT_HOP_GROUP, (number,), self._members(group))

    def _members(self, group: NextHopGroup) -> frozenset[Member]:
        return frozenset(map(self._member, group.members)) or _UNRESOLVED

    def _member(self, nhlfe: Nhlfe) -> Member:
        number = self._next_hops.number(nhlfe.adjacency)
        if nhlfe.label is None:
            return names.VIA, (number,)
        if nhlfe.label == IMPLICIT_NULL:
            return names.VIA_POP, (number,)
        return names.VIA_LABEL, (number, nhlfe.label)

    def _vpn_paths(self, before: Fib, after: Fib) -> Changes:
        gone, new = _difference(before.vpn_paths, after.vpn_paths)
        paths = {path.name for path in new}
        released = self._paths.release({path.name for path in gone} - paths)
        changes: Changes = {vpn_path_key(number): None for number in released}
        self._paths.admit(paths)
        entries = map(self._vpn_path, new)
        return changes | {entry.key: entry for entry in entries}

    def _vpn_path(self, path: VpnPath) -> TableEntry:
        return vpn_path_entry(path, self._paths.number(path.name), self._ways.number)

    def _routes(self, before: Fib, after: Fib) -> Changes:
        gone, new = _difference(before.unicast, after.unicast)
        changes: Changes = {prefix_key(route): None for route in gone}
        for route in new:
            entry = prefix_entry(route, self._ways.number, self._paths.number)
            changes[entry.key] = entry
        return changes

    def _labels(self, before: Fib, after: Fib) -> Changes:
        gone, new = _difference(before.labels, after.labels)
        changes: Changes = {label_key(route): None for route in gone}
        for route in new:
            entry = label_entry(route, self._ways.number)
            changes[entry.key] = entry
        return changes


def _difference(before: frozenset[T], after: frozenset[T]) -> tuple[frozenset[T], frozenset[T]]:
    """What is gone and what is new; sets keep their members' hashes, so this is quick."""
    if before is after:
        return frozenset(), frozenset()
    return before - after, after - before
