"""Multicast routes -> (S,G) entries, the groups that they share, the rewrites that these share.

A C-route is written twice on a PE: to `multicast_route`, where packets from CEs are looked up, and
to `tail_route`, where packets out of a tunnel are. Only so can each table tell a packet that comes
from the wrong side (an RPF failure, which PIM may answer with an Assert) from one of an unknown
(S,G). Routes of VRFs in which no tunnel ends are spared the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controlplane.fib.model import MulticastRoute
from controlplane.p4rt import names
from controlplane.p4rt.entities import NO_GROUP, Copies, Group, Key, TableEntry
from controlplane.p4rt.ids import share
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.rewrites import Rewrites


def multicast_entities(
    routes: Iterable[MulticastRoute], installed: Inventory
) -> Iterator[TableEntry | Group]:
    """The rewrites, the groups that name them, and the routes that name these."""
    by_key = _by_key(routes)
    rewrites = Rewrites(installed)
    copies = {key: rewrites.copies(route.replicas) for key, route in by_key.items()}
    groups = _numbers(copies, installed)
    yield from rewrites.entries()
    for value, number in groups.items():
        yield Group(number, value)
    for key, route in by_key.items():
        yield _entry(key, route, groups.get(copies[key], NO_GROUP))


def _by_key(routes: Iterable[MulticastRoute]) -> dict[Key, MulticastRoute]:
    """Each route under the keys of the entries that it becomes, in order."""
    by_match = {_match(route): route for route in routes}
    entered = {route.tail.vrf for route in by_match.values() if route.tail}
    ordered = sorted(by_match.items(), key=lambda item: item[0])
    outer = {(names.MULTICAST_ROUTE, match): route for match, route in ordered}
    inner = {(names.TAIL_ROUTE, match): route for match, route in ordered if route.vrf in entered}
    return outer | inner


def _match(route: MulticastRoute) -> tuple[int, ...]:
    return route.vrf, int(route.sg.source), int(route.sg.group)


def _numbers(copies: dict[Key, Copies], installed: Inventory) -> dict[Copies, int]:
    wanted = {key: value for key, value in copies.items() if value}
    held = {
        (table, match): entry.args[1]
        for table in (names.MULTICAST_ROUTE, names.TAIL_ROUTE)
        for match, entry in installed.table(table).items()
    }
    values = {group.id: group.copies for group in installed.groups()}
    return share("sets of copies", wanted, held, values, names.LAST_GROUP)


def _entry(key: Key, route: MulticastRoute, group: int) -> TableEntry:
    table, match = key
    if table == names.TAIL_ROUTE:
        return TableEntry(table, match, names.TAIL_FORWARD, (route.iif, group))
    if route.tail is None:
        return TableEntry(table, match, names.MULTICAST_FORWARD, (route.iif, group))
    args = route.iif, group, route.tail.vrf, route.tail.iif
    return TableEntry(table, match, names.MULTICAST_TAIL, args)
