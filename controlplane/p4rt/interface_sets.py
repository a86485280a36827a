"""Numbers for the sets of interfaces that trees accept packets of: one for each set.

A tree usually accepts packets of one interface, which its route names by itself. Bidirectional
trees accept those of several (RFC 5015 3.3), and the trees of an RP those that come in Registers
beside others: their routes name a set. Its interfaces are entries of a table of its own, one table
for each side that packets come from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeAlias

from controlplane.p4rt import names
from controlplane.p4rt.entities import Key, TableEntry
from controlplane.p4rt.ids import share
from controlplane.p4rt.inventory import Inventory

InterfaceSet: TypeAlias = frozenset[int]

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

    def __init__(self, accepted: Mapping[Key, InterfaceSet], installed: Inventory) -> None:
        wanted = {key: interfaces for key, interfaces in accepted.items() if len(interfaces) > 1}
        self._used = {(_MEMBERS_OF[table], interfaces) for (table, _), interfaces in wanted.items()}
        self._numbers: dict[InterfaceSet, int] = {}
        if wanted:
            held = _held(installed, wanted)
            sets, last = _sets(installed), names.LAST_INTERFACE_SET
            self._numbers = share("sets of interfaces", wanted, held, sets, last)

    def names(self, interfaces: InterfaceSet) -> tuple[int, int]:
        """What a route says of the interfaces that it accepts: an interface, and a set."""
        if len(interfaces) > 1:
            return NO_INTERFACE, self._numbers[interfaces]
        return next(iter(interfaces), NO_INTERFACE), NO_SET

    def entries(self) -> Iterator[TableEntry]:
        """The interfaces of each set, where they are looked up."""
        for table, interfaces in self._used:
            for interface in interfaces:
                match = self._numbers[interfaces], interface
                yield TableEntry(table, match, _MEMBERS[table])


def _held(installed: Inventory, keys: Collection[Key]) -> dict[Key, int]:
    entries = ((key, installed.get(key)) for key in keys)
    return {
        key: entry.args[1]
        for key, entry in entries
        if isinstance(entry, TableEntry) and entry.args[1] != NO_SET
    }


def _sets(installed: Inventory) -> dict[int, InterfaceSet]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for table in _MEMBERS:
        for number, interface in installed.table(table):
            found[number].add(interface)
    return {number: frozenset(interfaces) for number, interfaces in found.items()}
