"""Unicast routes -> prefixes, and the next hops that they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias, assert_never

from controlplane.fib.model import (
    Adjacency,
    Discard,
    Forward,
    Glean,
    Receive,
    UnicastRoute,
)
from controlplane.p4rt import names
from controlplane.p4rt.entities import TableEntry
from controlplane.p4rt.ids import share
from controlplane.p4rt.inventory import Inventory

_Prefix: TypeAlias = tuple[int, ...]
"""VRF, address, length: the key of `unicast_route`."""

_Rewrite: TypeAlias = tuple[int, ...]
"""The arguments of `set_next_hop`."""


def unicast_entities(routes: Iterable[UnicastRoute], installed: Inventory) -> Iterator[TableEntry]:
    """The next hops, and the routes that name them."""
    actions = {_prefix(route): route.action for route in routes}
    rewrites = {
        prefix: _rewrite(action.adjacency)
        for prefix, action in actions.items()
        if isinstance(action, Forward)
    }
    numbers = _numbers(rewrites, installed)
    for rewrite, number in numbers.items():
        yield TableEntry(names.NEXT_HOP, (number,), names.SET_NEXT_HOP, rewrite)
    for prefix, action in actions.items():
        if isinstance(action, Forward):
            number = numbers[rewrites[prefix]]
            yield TableEntry(names.UNICAST_ROUTE, prefix, names.FORWARD, (number,))
        else:
            yield TableEntry(names.UNICAST_ROUTE, prefix, _action_name(action))


def _numbers(rewrites: dict[_Prefix, _Rewrite], installed: Inventory) -> dict[_Rewrite, int]:
    routes = installed.table(names.UNICAST_ROUTE)
    held = {prefix: entry.args[0] for prefix, entry in routes.items() if entry.args}
    next_hops = installed.table(names.NEXT_HOP)
    values = {identity[0]: entry.args for identity, entry in next_hops.items()}
    return share("next hops", rewrites, held, values, names.LAST_NEXT_HOP)


def _prefix(route: UnicastRoute) -> _Prefix:
    return route.vrf, int(route.prefix.network_address), route.prefix.prefixlen


def _rewrite(adjacency: Adjacency) -> _Rewrite:
    return (
        adjacency.at.port,
        adjacency.at.vlan,
        adjacency.source_mac.value,
        adjacency.destination_mac.value,
    )


def _action_name(action: Receive | Glean | Discard) -> str:
    match action:
        case Receive():
            return names.RECEIVE
        case Glean():
            return names.GLEAN
        case Discard():
            return names.DISCARD
        case _:
            assert_never(action)
