"""Multicast routes -> entries of (S,G) and (*,G), and what they share: groups, rewrites, sets.

A C-route is written twice on a PE: to `multicast_route`, where packets from CEs are looked up, and
to `tail_route`, where packets out of a tunnel are. Only so can each table tell a packet that comes
from the wrong side (an RPF failure, which PIM may answer with an Assert) from one of an unknown
(S,G). Routes of VRFs in which no tunnel ends are spared the second, unless it is an RP's: what PIM
Registers bring is looked up there, too. Those of a selective tunnel's own table are spared the
first. (*,G) have tables of their own beside both.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Final, TypeAlias

from controlplane.fib.model import REGISTERS, TAIL_TABLES, MulticastRoute, TunnelRoot
from controlplane.net.multicast import SourceGroup
from controlplane.p4rt import names
from controlplane.p4rt.entities import (
    NO_GROUP,
    Changes,
    Copies,
    Group,
    Key,
    TableEntry,
    group_key,
)
from controlplane.p4rt.ids import SharedNumbers, Users, Value
from controlplane.p4rt.interface_sets import NO_INTERFACE, InterfaceSet, InterfaceSets
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.rewrites import ReplicaSet, Rewrites

Routes: TypeAlias = frozenset[MulticastRoute]

Keyed: TypeAlias = dict[Key, MulticastRoute]
"""The route behind each entry."""

ROUTE_TABLES: Final = (
    names.MULTICAST_ROUTE,
    names.ANY_SOURCE_ROUTE,
    names.TAIL_ROUTE,
    names.TAIL_ANY_SOURCE_ROUTE,
)

_TAIL_TABLES: Final = {
    names.MULTICAST_ROUTE: names.TAIL_ROUTE,
    names.ANY_SOURCE_ROUTE: names.TAIL_ANY_SOURCE_ROUTE,
}
_FORWARD: Final = {
    names.MULTICAST_ROUTE: names.MULTICAST_FORWARD,
    names.ANY_SOURCE_ROUTE: names.ANY_SOURCE_FORWARD,
    names.TAIL_ROUTE: names.TAIL_FORWARD,
    names.TAIL_ANY_SOURCE_ROUTE: names.TAIL_ANY_SOURCE_FORWARD,
}
_TAIL: Final = {
    names.MULTICAST_ROUTE: names.MULTICAST_TAIL,
    names.ANY_SOURCE_ROUTE: names.ANY_SOURCE_TAIL,
}

_SET, _GROUP = 1, 2
"""Where an entry's arguments name a set of interfaces, and a group of copies."""


class MulticastEntities:
    """The entries of one set of routes after another; what did not change is not looked at.

    `installed` is what the switch holds, `desired` what it shall hold.
    """

    def __init__(self, installed: Inventory, desired: Inventory) -> None:
        self._installed = installed
        self._desired = desired
        self._entries_into: Users[int] = Users()
        self._entered: set[int] = set()
        self._replicas: Users[ReplicaSet] = Users()
        self._rewrites = Rewrites(installed)
        self._groups: SharedNumbers[Copies] = SharedNumbers("sets of copies", names.LAST_GROUP)
        self._sets = InterfaceSets(installed)

    def exchange(self, before: Routes, after: Routes) -> Changes:
        """What becomes other entries; `before` are the routes of the last call, or none."""
        if before is after:
            return {}
        gone, new = self._difference(before, after)
        changes: Changes = dict.fromkeys(gone)
        changes |= self._share_copies(gone, new)
        changes |= self._share_sets(gone, new)
        changes |= {key: self._entry(key, route) for key, route in new.items()}
        return changes

    def _difference(self, before: Routes, after: Routes) -> tuple[Keyed, Keyed]:
        """The routes that go and those that come, under the keys of their entries, in order."""
        gone, new = before - after, after - before
        was_entered = frozenset(self._entered)
        lost, found = self._entries_into.exchange(_entered_by(gone), _entered_by(new))
        self._entered -= {*lost}
        self._entered |= {*found}
        if turned := self._entered ^ was_entered:
            gone |= {route for route in before if route.vrf in turned}
            new |= {route for route in after if route.vrf in turned}
        return _by_key(gone, was_entered), _by_key(new, self._entered)

    def _share_copies(self, gone: Keyed, new: Keyed) -> Changes:
        """The rewrites, and the groups that name them."""
        lost, found = self._replicas.exchange(_replicas(gone), _replicas(new))
        unused = [copies for copies in map(self._rewrites.copies, lost) if copies]
        changes = self._rewrites.exchange(lost, found)
        wanted = [copies for copies in map(self._rewrites.copies, found) if copies]
        changes |= {group_key(number): None for number in self._groups.release(unused)}
        held = {group.id: group.copies for group in self._installed.groups()} if wanted else {}
        moves = partial(self._moves, _GROUP, gone, {k: self._copies(r) for k, r in new.items()})
        self._groups.admit(wanted, held, moves)
        groups = (Group(self._groups.number(copies), copies) for copies in wanted)
        return changes | {group.key: group for group in groups}

    def _share_sets(self, gone: Keyed, new: Keyed) -> Changes:
        """The sets of interfaces."""
        before, after = _accepted(gone), _accepted(new)
        return self._sets.exchange(before, after, partial(self._moves, _SET, gone, after))

    def _moves(
        self,
        argument: int,
        gone: Container[Key],
        wanted: Mapping[Key, Value],
        numbers: Container[int],
    ) -> Iterator[tuple[int, Value | None]]:
        """As `Moves` has it, of entries that name a number in this argument."""
        for table in ROUTE_TABLES:
            for match, entry in self._installed.table(table).items():
                key, number = (table, match), entry.args[argument]
                if number not in numbers:
                    continue
                if key in wanted:
                    yield number, wanted[key]
                elif key in self._desired and key not in gone:
                    yield number, None

    def _copies(self, route: MulticastRoute) -> Copies:
        return self._rewrites.copies(route.replicas)

    def _entry(self, key: Key, route: MulticastRoute) -> TableEntry:
        table, match = key
        copies = self._copies(route)
        group = self._groups.number(copies) if copies else NO_GROUP
        args = *self._sets.names(route.iifs), group, int(route.watch)
        if route.tail is None or table not in _TAIL:
            return TableEntry(table, match, _FORWARD[table], _shared(args))
        iif = NO_INTERFACE if route.tail.iif is None else route.tail.iif
        return TableEntry(table, match, _TAIL[table], (*args, route.tail.vrf, iif))


def tunnel_root_entries(roots: Iterable[TunnelRoot]) -> Iterator[TableEntry]:
    """Which PE the packets of a shared tunnel are of."""
    for root in roots:
        match = root.vrf, int(root.pe)
        yield TableEntry(names.TUNNEL_ROOT, match, names.ROOT_IS, (root.iif,))


@lru_cache(maxsize=1 << 14)
def _shared(args: tuple[int, ...]) -> tuple[int, ...]:
    """One for all routes that are forwarded alike, which are many."""
    return args


def _entered_by(routes: Iterable[MulticastRoute]) -> list[int]:
    """The tables that some packets are looked up in as they come out of a tunnel or a Register."""
    tails = [route.tail.vrf for route in routes if route.tail]
    return tails + [route.vrf for route in routes if REGISTERS in route.iifs]


def _by_key(routes: Iterable[MulticastRoute], entered: Container[int]) -> Keyed:
    """Each route under the keys of the entries that it becomes, in order."""
    ordered = sorted(((_key(route), route) for route in routes), key=_first)
    return {key: route for first, route in ordered for key in _keys(first, route, entered)}


def _ends_in_register(route: MulticastRoute) -> bool:
    """One pass looks inside once: a leaf of a tunnel that comes in Registers has two to open."""
    return route.tail is not None and REGISTERS in route.iifs


def _first(item: tuple[Key, MulticastRoute]) -> Key:
    return item[0]


def _keys(first: Key, route: MulticastRoute, entered: Container[int]) -> Iterator[Key]:
    table, match = first
    if route.vrf not in TAIL_TABLES:
        yield first
    if route.vrf in entered and not _ends_in_register(route):
        yield _TAIL_TABLES[table], match


def _key(route: MulticastRoute) -> Key:
    tree = route.tree
    if isinstance(tree, SourceGroup):
        return names.MULTICAST_ROUTE, (route.vrf, int(tree.source), int(tree.group))
    match = route.vrf, int(tree.group), tree.groups.prefixlen
    return names.ANY_SOURCE_ROUTE, match


def _replicas(routes: Keyed) -> list[ReplicaSet]:
    return [route.replicas for route in routes.values()]


def _accepted(routes: Keyed) -> dict[Key, InterfaceSet]:
    return {key: route.iifs for key, route in routes.items()}
