"""Numbers for the sets of interfaces that trees accept packets of: one for each set.

A tree usually accepts packets of one interface, which its route names by itself. Bidirectional
trees accept those of several (RFC 5015 3.3), and the trees of an RP those that come in Registers
beside others: their routes name a set. Its interfaces are entries of a table of its own, one table
for each side that packets come from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from controlplane.p4rt import names
from controlplane.p4rt.entities import Changes, Key, TableEntry
from controlplane.p4rt.ids import Moves, SharedNumbers, Users
from controlplane.p4rt.inventory import Inventory

InterfaceSet: TypeAlias = frozenset[int]

Accepted: TypeAlias = Mapping[Key, InterfaceSet]
"""Entries, and the interfaces that each accepts packets of."""

_Place: TypeAlias = tuple[str, InterfaceSet]
"""A set, and the table that its interfaces are entries of."""

NO_INTERFACE: Final = 0
"""What a route names that accepts nothing, or the interfaces of a set."""
NO_SET: Final = 0
"""What a route names that accepts packets of one interface."""

_MEMBERS: Final = {
    names.ACCEPTED_INTERFACE: names.ACCEPT_INTERFACE,
    names.TAIL_ACCEPTED_INTERFACE: names.TAIL_ACCEPT_INTERFACE,
}
_MEMBERS_OF: Final = {
    names.MULTICAST_ROUTE: names.ACCEPTED_INTERFACE,
    names.ANY_SOURCE_ROUTE: names.ACCEPTED_INTERFACE,
    names.TAIL_ROUTE: names.TAIL_ACCEPTED_INTERFACE,
    names.TAIL_ANY_SOURCE_ROUTE: names.TAIL_ACCEPTED_INTERFACE,
}
"""The table in which the packets of a route find the interfaces of a set."""


class InterfaceSets:
    """Those that some entries name, numbered as in the switch as far as they are there.

    A set that changes for all its routes keeps its number, and its interfaces come and go.
    """

    def __init__(self, installed: Inventory) -> None:
        self._installed = installed
        self._places: Users[_Place] = Users()
        self._sets: Users[InterfaceSet] = Users()
        self._numbers: SharedNumbers[InterfaceSet] = SharedNumbers(
            "sets of interfaces", names.LAST_INTERFACE_SET
        )

    def names(self, interfaces: InterfaceSet) -> tuple[int, int]:
        """What a route says of the interfaces that it accepts: an interface, and a set."""
        if len(interfaces) > 1:
            return NO_INTERFACE, self._numbers.number(interfaces)
        return next(iter(interfaces), NO_INTERFACE), NO_SET

    def exchange(self, gone: Accepted, new: Accepted, moves: Moves[InterfaceSet]) -> Changes:
        """Entries go, others come: what becomes of the interfaces of sets."""
        lost, found = self._places.exchange(_places(gone), _places(new))
        changes: Changes = {entry.key: None for place in lost for entry in self._entries(place)}
        unused, needed = self._sets.exchange([s for _, s in lost], [s for _, s in found])
        self._numbers.release(unused)
        self._numbers.admit(needed, _held(self._installed) if needed else {}, moves)
        return changes | {entry.key: entry for place in found for entry in self._entries(place)}

    def _entries(self, place: _Place) -> Iterator[TableEntry]:
        """The interfaces of a set, where they are looked up."""
        table, interfaces = place
        for interface in interfaces:
            match = self._numbers.number(interfaces), interface
            yield TableEntry(table, match, _MEMBERS[table])


def _places(accepted: Accepted) -> list[_Place]:
    return [
        (_MEMBERS_OF[table], interfaces)
        for (table, _), interfaces in accepted.items()
        if len(interfaces) > 1
    ]


def _held(installed: Inventory) -> dict[int, InterfaceSet]:
    """What stands behind numbers in the switch."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for table in _MEMBERS:
        for number, interface in installed.table(table):
            found[number].add(interface)
    return {number: frozenset(interfaces) for number, interfaces in found.items()}
