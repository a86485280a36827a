"""What routes, labels and VPN paths become: entries that name another one, or say a thing."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias, assert_never

from controlplane.fib.model import (
    Discard,
    Forward,
    ForwardVpn,
    Glean,
    LabelRoute,
    PopAndLookUp,
    Receive,
    UnicastAction,
    UnicastRoute,
    VpnPath,
)
from controlplane.net.compact_prefix import place
from controlplane.p4rt import names
from controlplane.p4rt.entities import Key, Member, TableEntry, vpn_path_key

Numbering: TypeAlias = Callable[[str], int]
"""The number of a way's group, or of a VPN path."""


def prefix_key(route: UnicastRoute) -> Key:
    prefix = route.prefix
    match = route.vrf, place(prefix)[0], prefix.prefixlen
    return names.UNICAST_ROUTE, match


def label_key(route: LabelRoute) -> Key:
    return names.LABEL_ROUTE, (route.label,)


def prefix_entry(route: UnicastRoute, way: Numbering, path: Numbering) -> TableEntry:
    return TableEntry(*prefix_key(route), *_unicast_action(route.action, way, path))


def label_entry(route: LabelRoute, way: Numbering) -> TableEntry:
    return TableEntry(*label_key(route), *_label_action(route.action, way))


def vpn_path_entry(path: VpnPath, number: int, way: Numbering) -> TableEntry:
    if path.way is None:
        return TableEntry(*vpn_path_key(number), names.OUT_OF_REACH)
    return TableEntry(*vpn_path_key(number), names.VIA_TUNNEL, (path.label, way(path.way)))


def _unicast_action(action: UnicastAction, number: Numbering, path_number: Numbering) -> Member:
    match action:
        case Forward(way):
            return names.FORWARD, _named(number(way))
        case ForwardVpn(path):
            return names.FORWARD_VPN, _named(path_number(path))
        case Receive():
            return names.RECEIVE, ()
        case Glean():
            return names.GLEAN, ()
        case Discard():
            return names.DISCARD, ()
        case _:
            assert_never(action)


@lru_cache(maxsize=1 << 14)
def _named(number: int) -> tuple[int]:
    """One for all routes that name the same thing, which are many."""
    return (number,)


def _label_action(action: Forward | PopAndLookUp, number: Numbering) -> Member:
    match action:
        case Forward(way):
            return names.LABEL_FORWARD, _named(number(way))
        case PopAndLookUp(vrf):
            return names.POP_AND_LOOK_UP, (vrf,)
        case _:
            assert_never(action)
