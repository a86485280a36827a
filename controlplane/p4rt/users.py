"""What a route and a label become: entries that name a next hop group, or say another thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

from controlplane.fib.model import (
    Discard,
    Forward,
    Glean,
    LabelRoute,
    PopAndLookUp,
    Receive,
    UnicastAction,
    UnicastRoute,
)
from controlplane.p4rt import names
from controlplane.p4rt.entities import Key, Member, TableEntry

Numbering: TypeAlias = Callable[[str], int]
"""The number of a way's group."""


def prefix_key(route: UnicastRoute) -> Key:
    prefix = route.prefix
    match = route.vrf, int(prefix.network_address), prefix.prefixlen
    return names.UNICAST_ROUTE, match


def label_key(route: LabelRoute) -> Key:
    return names.LABEL_ROUTE, (route.label,)


def prefix_entry(route: UnicastRoute, number: Numbering) -> TableEntry:
    return TableEntry(*prefix_key(route), *_unicast_action(route.action, number))


def label_entry(route: LabelRoute, number: Numbering) -> TableEntry:
    return TableEntry(*label_key(route), *_label_action(route.action, number))


def _unicast_action(action: UnicastAction, number: Numbering) -> Member:
    match action:
        case Forward(way):
            return names.FORWARD, (number(way),)
        case Receive():
            return names.RECEIVE, ()
        case Glean():
            return names.GLEAN, ()
        case Discard():
            return names.DISCARD, ()
        case _:
            assert_never(action)


def _label_action(action: Forward | PopAndLookUp, number: Numbering) -> Member:
    match action:
        case Forward(way):
            return names.LABEL_FORWARD, (number(way),)
        case PopAndLookUp(vrf):
            return names.POP_AND_LOOK_UP, (vrf,)
        case _:
            assert_never(action)
