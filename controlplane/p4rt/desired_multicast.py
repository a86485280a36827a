"""Multicast routes -> entries of (S,G) and (*,G), and what they share: groups, rewrites, sets.

A C-route is written twice on a PE: to `multicast_route`, where packets from CEs are looked up, and
to `tail_route`, where packets out of a tunnel are. Only so can each table tell a packet that comes
from the wrong side (an RPF failure, which PIM may answer with an Assert) from one of an unknown
(S,G). Routes of VRFs in which no tunnel ends are spared the second, unless it is an RP's: what PIM
Registers bring is looked up there, too. Those of a selective tunnel's own table are spared the
first. (*,G) have tables of their own beside both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from controlplane.fib.model import REGISTERS, TAIL_TABLES, MulticastRoute, TunnelRoot
from controlplane.net.multicast import SourceGroup
from controlplane.p4rt import names
from controlplane.p4rt.entities import NO_GROUP, Copies, Group, Key, TableEntry
from controlplane.p4rt.ids import share
from controlplane.p4rt.interface_sets import NO_INTERFACE, InterfaceSets
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.rewrites import Rewrites

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


def multicast_entities(
    routes: Iterable[MulticastRoute], installed: Inventory
) -> Iterator[TableEntry | Group]:
    """The rewrites, the groups that name them, the sets, and the routes that name these."""
    by_key = _by_key(routes)
    rewrites = Rewrites(installed)
    copies = {key: rewrites.copies(route.replicas) for key, route in by_key.items()}
    groups = _numbers(copies, installed)
    sets = InterfaceSets({key: route.iifs for key, route in by_key.items()}, installed)
    yield from rewrites.entries()
    for value, number in groups.items():
        yield Group(number, value)
    yield from sets.entries()
    for key, route in by_key.items():
        args = *sets.names(route.iifs), groups.get(copies[key], NO_GROUP), int(route.watch)
        yield _entry(key, route, args)


def tunnel_root_entries(roots: Iterable[TunnelRoot]) -> Iterator[TableEntry]:
    """Which PE the packets of a shared tunnel are of."""
    for root in roots:
        match = root.vrf, int(root.pe)
        yield TableEntry(names.TUNNEL_ROOT, match, names.ROOT_IS, (root.iif,))


def _by_key(routes: Iterable[MulticastRoute]) -> dict[Key, MulticastRoute]:
    """Each route under the keys of the entries that it becomes, in order."""
    ordered = dict(sorted(((_key(route), route) for route in routes), key=_first))
    entered = {route.tail.vrf for route in ordered.values() if route.tail}
    entered |= {route.vrf for route in ordered.values() if REGISTERS in route.iifs}
    outer = {key: route for key, route in ordered.items() if route.vrf not in TAIL_TABLES}
    inner = {
        (_TAIL_TABLES[table], match): route
        for (table, match), route in ordered.items()
        if route.vrf in entered and not _ends_in_register(route)
    }
    return outer | inner


def _ends_in_register(route: MulticastRoute) -> bool:
    """One pass looks inside once: a leaf of a tunnel that comes in Registers has two to open."""
    return route.tail is not None and REGISTERS in route.iifs


def _first(item: tuple[Key, MulticastRoute]) -> Key:
    return item[0]


def _key(route: MulticastRoute) -> Key:
    tree = route.tree
    if isinstance(tree, SourceGroup):
        return names.MULTICAST_ROUTE, (route.vrf, int(tree.source), int(tree.group))
    match = route.vrf, int(tree.group), tree.groups.prefixlen
    return names.ANY_SOURCE_ROUTE, match


def _numbers(copies: dict[Key, Copies], installed: Inventory) -> dict[Copies, int]:
    wanted = {key: value for key, value in copies.items() if value}
    held = {
        (table, match): entry.args[2]
        for table in ROUTE_TABLES
        for match, entry in installed.table(table).items()
    }
    values = {group.id: group.copies for group in installed.groups()}
    return share("sets of copies", wanted, held, values, names.LAST_GROUP)


def _entry(key: Key, route: MulticastRoute, args: tuple[int, ...]) -> TableEntry:
    table, match = key
    if route.tail is None or table not in _TAIL:
        return TableEntry(table, match, _FORWARD[table], args)
    iif = NO_INTERFACE if route.tail.iif is None else route.tail.iif
    return TableEntry(table, match, _TAIL[table], (*args, route.tail.vrf, iif))
