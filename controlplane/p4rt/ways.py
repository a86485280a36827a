"""Numbers of next hop groups: one for each way, for as long as there is one.

A switch knows nothing of the ways' names. After a restart of the controller the number of a way is
the one that its users, routes and labels, hold in the switch; or, of a way that nobody uses, the
one whose group is the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping

from controlplane.fib.model import Fib, Forward
from controlplane.p4rt import names
from controlplane.p4rt.entities import ActionSet, Key, Member, TableEntry
from controlplane.p4rt.ids import free_ids
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.users import label_key, prefix_key


class Ways:
    """The numbers of the ways of one Fib after another."""

    def __init__(self, installed: Inventory) -> None:
        self._installed = installed
        self._numbers: dict[str, int] = {}

    def number(self, way: str) -> int:
        return self._numbers[way]

    def recognize(self, fib: Fib, members: Mapping[str, frozenset[Member]]) -> None:
        """Find the ways of a first Fib in what the switch holds."""
        taken = self._claim(_claims(fib, self._installed), members)
        unclaimed: defaultdict[frozenset[Member], list[str]] = defaultdict(list)
        for way in sorted(members.keys() - self._numbers.keys(), reverse=True):
            unclaimed[members[way]].append(way)
        for number, group in _groups(self._installed):
            if number not in taken and unclaimed[group.members]:
                self._numbers[unclaimed[group.members].pop()] = number

    def release(self, ways: Iterable[str]) -> list[int]:
        """These ways are gone; the numbers that they had."""
        return [self._numbers.pop(way) for way in sorted(ways)]

    def admit(self, ways: Iterable[str]) -> None:
        """Number the ways that have no number yet."""
        missing = [way for way in sorted(ways) if way not in self._numbers]
        if missing:
            held = {number for number, _ in _groups(self._installed)}
            taken = held.union(self._numbers.values())
            free = free_ids("next hop groups", taken, names.LAST_NEXT_HOP_GROUP)
            self._numbers |= {way: next(free) for way in missing}

    def _claim(self, claims: Iterable[tuple[str, int]], wanted: Container[str]) -> set[int]:
        """First come, first served, one number a way and one way a number; those that are taken."""
        taken: set[int] = set()
        for way, number in claims:
            if way in wanted and way not in self._numbers and number not in taken:
                self._numbers[way] = number
                taken.add(number)
        return taken


def _claims(fib: Fib, installed: Inventory) -> list[tuple[str, int]]:
    """Ways, and numbers that their users hold; those with most users first."""
    claims: Counter[tuple[str, int]] = Counter()
    for key, way in _users(fib):
        entry = installed.get(key)
        if isinstance(entry, TableEntry) and entry.action in (names.FORWARD, names.LABEL_FORWARD):
            claims[way, entry.args[0]] += 1
    return sorted(claims, key=lambda claim: (-claims[claim], claim))


def _users(fib: Fib) -> Iterator[tuple[Key, str]]:
    for route in fib.unicast:
        if isinstance(route.action, Forward):
            yield prefix_key(route), route.action.way
    for label in fib.labels:
        if isinstance(label.action, Forward):
            yield label_key(label), label.action.way


def _groups(installed: Inventory) -> Iterator[tuple[int, ActionSet]]:
    for (number,), group in installed.of(names.NEXT_HOP_GROUP).items():
        if isinstance(group, ActionSet):
            yield number, group
