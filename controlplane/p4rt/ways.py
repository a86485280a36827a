"""Numbers of next hop groups: one for each way, for as long as there is one.

A switch knows nothing of the ways' names. After a restart of the controller the number of a way is
the one that its users, routes, labels and VPN paths, hold in the switch; or, of a way that nobody
uses, the one whose group is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from controlplane.fib.model import Fib, Forward
from controlplane.p4rt import names
from controlplane.p4rt.entities import ActionSet, Key, Member, TableEntry
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.numbers import Claims, Numbers
from controlplane.p4rt.users import label_key, prefix_key
from controlplane.p4rt.vpn_paths import VpnPathNumbers

_NAMING_GROUPS: Final = (names.FORWARD, names.LABEL_FORWARD)


class Ways(Numbers):
    """The numbers of the ways of one Fib after another."""

    def __init__(self, installed: Inventory) -> None:
        last = names.LAST_NEXT_HOP_GROUP
        super().__init__("next hop groups", names.NEXT_HOP_GROUP, last, installed)

    def recognize(
        self, fib: Fib, members: Mapping[str, frozenset[Member]], paths: VpnPathNumbers
    ) -> None:
        """Find the ways of a first Fib in what the switch holds."""
        self._claim(self._claims(fib, paths), members)
        unclaimed: defaultdict[frozenset[Member], list[str]] = defaultdict(list)
        for way in reversed(self.missing(members)):
            unclaimed[members[way]].append(way)
        taken = set(self._numbers.values())
        for number, group in _groups(self._installed):
            if number not in taken and unclaimed[group.members]:
                self._numbers[unclaimed[group.members].pop()] = number

    def _claims(self, fib: Fib, paths: VpnPathNumbers) -> Claims:
        claims = Claims(paths.groups(fib))
        for key, way in _users(fib):
            entry = self._installed.get(key)
            if isinstance(entry, TableEntry) and entry.action in _NAMING_GROUPS:
                claims[way, entry.args[0]] += 1
        return claims


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
