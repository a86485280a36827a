"""Numbers of next hops: one for each adjacency that some group has a member of.

An adjacency keeps its number for as long as it is used. A neighbour whose MAC address changes is
another adjacency, which takes the number over: one modification, and none of the groups.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from itertools import chain
from typing import TypeAlias

from controlplane.fib.model import Adjacency, NextHopGroup, Nhlfe
from controlplane.p4rt import names
from controlplane.p4rt.entities import Changes, TableEntry, next_hop_key
from controlplane.p4rt.ids import free_ids
from controlplane.p4rt.inventory import Inventory

Rewrite: TypeAlias = tuple[int, ...]
"""The arguments of `set_next_hop`."""

Heirs: TypeAlias = dict[Rewrite, set[Rewrite | None]]

Groups: TypeAlias = Collection[NextHopGroup]


class NextHops:
    """Those that the groups need; numbered as in the switch, as far as they are there."""

    def __init__(self, installed: Inventory) -> None:
        self._installed = installed
        self._numbers: dict[Rewrite, int] = {}
        self._users: Counter[Rewrite] = Counter()

    def number(self, adjacency: Adjacency) -> int:
        return self._numbers[_rewrite(adjacency)]

    def exchange(self, gone: Groups, new: Groups) -> Changes:
        """Groups go, others come: what becomes of the next hops."""
        before, after = Counter(_rewrites(gone)), Counter(_rewrites(new))
        self._users.subtract(before)
        self._users.update(after)
        missing = {rewrite for rewrite in after if rewrite not in self._numbers}
        unused = [rewrite for rewrite in before if not self._users[rewrite]]
        freed = {rewrite: self._numbers.pop(rewrite) for rewrite in unused}
        for rewrite in unused:
            del self._users[rewrite]
        changes: Changes = {next_hop_key(number): None for number in freed.values()}
        if missing:
            changes |= self._admit(missing, freed, _heirs(gone, new) if freed else {})
        return changes

    def _admit(self, missing: set[Rewrite], freed: dict[Rewrite, int], heirs: Heirs) -> Changes:
        numbers = self._there(missing)
        for rewrite, number in sorted(freed.items()):
            match tuple(heirs[rewrite]):
                case (tuple(heir),) if heir in missing - numbers.keys():
                    if number not in numbers.values():
                        numbers[heir] = number
        held = {identity[0] for identity in self._installed.table(names.NEXT_HOP)}
        taken = held.union(self._numbers.values(), numbers.values())
        free = free_ids("next hops", taken, names.LAST_NEXT_HOP)
        numbers |= {rewrite: next(free) for rewrite in sorted(missing - numbers.keys())}
        self._numbers |= numbers
        return {next_hop_key(number): _entry(number, r) for r, number in numbers.items()}

    def _there(self, missing: set[Rewrite]) -> dict[Rewrite, int]:
        """Those of the missing that the switch holds under a number that nobody has now."""
        taken = set(self._numbers.values())
        entries = self._installed.table(names.NEXT_HOP)
        return {
            entry.args: number
            for (number,), entry in sorted(entries.items(), reverse=True)
            if entry.args in missing and number not in taken
        }


def _heirs(gone: Groups, new: Groups) -> Heirs:
    """What stands in the places of an adjacency now: on its port, for its label; None: nothing.

    Only a sole heir of all places may take a number over. Whatever else still leads to the number,
    until it is rewritten, would reach another neighbour than it is meant for.
    """
    places = {group.way: _places(group) for group in new}
    heirs: defaultdict[Rewrite, set[Rewrite | None]] = defaultdict(set)
    for group in gone:
        now = places.get(group.way, {})
        for place, rewrite in _places(group).items():
            heirs[rewrite].add(now.get(place))
    return heirs


def _places(group: NextHopGroup) -> dict[tuple[int, ...], Rewrite]:
    """The members of a group, each under its port and label and its rank among the like."""
    places: dict[tuple[int, ...], Rewrite] = {}
    rank: Counter[tuple[int, ...]] = Counter()
    for member, rewrite in sorted((_place(m), _rewrite(m.adjacency)) for m in group.members):
        places[*member, rank[member]] = rewrite
        rank[member] += 1
    return places


def _place(member: Nhlfe) -> tuple[int, ...]:
    at = member.adjacency.at
    return at.port, at.vlan, -1 if member.label is None else member.label


def _rewrites(groups: Groups) -> Iterator[Rewrite]:
    members = chain.from_iterable(group.members for group in groups)
    return (_rewrite(member.adjacency) for member in members)


def _rewrite(adjacency: Adjacency) -> Rewrite:
    return (
        adjacency.at.port,
        adjacency.at.vlan,
        adjacency.source_mac.value,
        adjacency.destination_mac.value,
        adjacency.mtu,
    )


def _entry(number: int, rewrite: Rewrite) -> TableEntry:
    return TableEntry(names.NEXT_HOP, (number,), names.SET_NEXT_HOP, rewrite)
