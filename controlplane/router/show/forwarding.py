"""Rows of the desired forwarding state: the Fib in words.

Interfaces go by the names that the router knows them by, a (PMSI, root PE) pair as `mdt-red from
10.255.0.2`. Counters are the switch's: whoever has one adds them to the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Self

from controlplane.engine.time import Instant
from controlplane.fib.model import (
    GLOBAL_VRF,
    Discard,
    Forward,
    ForwardVpn,
    Glean,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    PopAndLookUp,
    Receive,
    Replica,
    UnicastAction,
    VpnPath,
)
from controlplane.net.label import IMPLICIT_NULL, Label
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.router.fib_words import rewrite_words, tail_name
from controlplane.router.names import (
    data_mdt_of,
    interface_name,
    interface_names,
    name_at,
    vrf_name,
)
from controlplane.router.router import Router
from controlplane.router.show.row import Json, Row
from controlplane.router.vrf import Vrf


def forwarding(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """Labels belong to the provider's table."""
    labels = [row for _, row in label_rows(router, vrf)] if vrf.id == GLOBAL_VRF else []
    return [*_interfaces(router, vrf), *_unicast(router, vrf), *labels, *_multicast(router, vrf)]


def _interfaces(router: Router, vrf: Vrf) -> list[Row]:
    mine = (interface for interface in router.fib.interfaces if interface.vrf == vrf.id)
    return [
        {
            "vrf": vrf.name,
            "table": "interface",
            "interface": interface_name(router, interface.index),
            "index": interface.index,
            "port": interface.at.port,
            "vlan": interface.at.vlan,
            "mac": str(interface.mac),
        }
        for interface in sorted(mine, key=lambda interface: interface.index)
    ]


def _unicast(router: Router, vrf: Vrf) -> list[Row]:
    mine = (route for route in router.fib.unicast if route.vrf == vrf.id)
    shared = _Shared.of(router)
    return [
        {
            "vrf": vrf.name,
            "table": "unicast",
            "prefix": str(route.prefix),
            **_action(router, shared, route.action),
        }
        for route in sorted(mine, key=lambda route: route.prefix)
    ]


def label_rows(router: Router, vrf: Vrf) -> list[tuple[LabelRoute, Row]]:
    """The incoming label map."""
    shared = _Shared.of(router)
    return [
        (route, _label_row(vrf, route, _action(router, shared, route.action)))
        for route in sorted(router.fib.labels, key=_label)
    ]


def _label_row(vrf: Vrf, route: LabelRoute, action: Row) -> Row:
    return {"vrf": vrf.name, "table": "label", "label": route.label, **action}


def _label(route: LabelRoute) -> int:
    return route.label


@dataclass(frozen=True, slots=True)
class _Shared:
    """What many routes and labels name."""

    groups: dict[str, NextHopGroup]
    paths: dict[str, VpnPath]

    @classmethod
    def of(cls, router: Router) -> Self:
        fib = router.fib
        return cls({one.way: one for one in fib.groups}, {one.name: one for one in fib.vpn_paths})

    def members(self, way: str) -> frozenset[Nhlfe]:
        return self.groups[way].members if way in self.groups else frozenset()


def _action(router: Router, shared: _Shared, action: UnicastAction | PopAndLookUp) -> Row:
    """`next_hops` are the members of the group that the way has now."""
    match action:
        case Forward(way):
            hops = sorted((_member(router, member) for member in shared.members(way)), key=str)
            return {"action": "forward", "way": way, "next_hops": list(hops)}
        case ForwardVpn(name):
            return _vpn_action(router, shared, name)
        case PopAndLookUp(number):
            return {"action": "pop and look up", "in": vrf_name(router, number)}
        case Receive():
            return {"action": "receive"}
        case Glean():
            return {"action": "glean"}
        case Discard():
            return {"action": "discard"}


def _vpn_action(router: Router, shared: _Shared, name: str) -> Row:
    """The labels of a next hop are those that leave, the top one first: `17/24`."""
    path = shared.paths[name]
    if path.way is None:
        return {"action": "PE out of reach", "path": name, "way": None, "next_hops": []}
    members = (nhlfe for nhlfe in shared.members(path.way) if nhlfe.label is not None)
    hops = sorted((_vpn_member(router, nhlfe, path.label) for nhlfe in members), key=str)
    return {"action": "forward", "path": name, "way": path.way, "next_hops": list(hops)}


def _vpn_member(router: Router, nhlfe: Nhlfe, label: Label) -> Row:
    above = "" if nhlfe.label == IMPLICIT_NULL else f"{nhlfe.label}/"
    return {**_member(router, nhlfe), "label": f"{above}{label}"}


def _member(router: Router, nhlfe: Nhlfe) -> Row:
    adjacency = nhlfe.adjacency
    return {
        "interface": name_at(router, adjacency.at),
        "mac": str(adjacency.destination_mac),
        "label": "pop" if nhlfe.label == IMPLICIT_NULL else nhlfe.label,
    }


def _multicast(router: Router, vrf: Vrf) -> list[Row]:
    tables = {table.number for table in router.fib.tail_tables if table.vrf == vrf.id}
    mine = (route for route in router.fib.multicast if route.vrf in {vrf.id, *tables})
    return [_route(router, vrf, route) for route in sorted(mine, key=_in_order)]


def _in_order(route: MulticastRoute) -> tuple[IPv4Address, bool, str, int]:
    """Of a group, the tree of any source comes first; the inclusive tree's before others'."""
    return route.tree.group, isinstance(route.tree, SourceGroup), str(route.tree), route.vrf


def _route(router: Router, vrf: Vrf, route: MulticastRoute) -> Row:
    copies = sorted(route.replicas, key=lambda copy: (copy.at, str(copy.rewrite)))
    return {
        "vrf": vrf.name,
        "table": "multicast",
        **_tree(route.tree),
        "incoming": interface_names(router, route.iifs),
        "data_mdt": data_mdt_of(router, route.vrf),
        "tail": tail_name(router, route.tail) if route.tail else None,
        "watched": route.watch,
        "copies": [_copy(router, copy) for copy in copies],
    }


def _tree(tree: TreeName) -> Row:
    """`*` is any source."""
    if isinstance(tree, SourceGroup):
        return {"source": str(tree.source), "group": str(tree.group)}
    is_one = tree.groups.prefixlen == tree.groups.max_prefixlen
    return {"source": "*", "group": str(tree.group if is_one else tree.groups)}


def _copy(router: Router, copy: Replica) -> Json:
    return {
        "interface": name_at(router, copy.at),
        "port": copy.at.port,
        "vlan": copy.at.vlan,
        "rewrite": rewrite_words(router, copy.rewrite),
    }
