"""Ports and names of interfaces, once all are worked out: given ones can meet default ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from controlplane.lab.checks.twice import Given, given_twice
from controlplane.lab.errors import Problem
from controlplane.lab.expand.layout import Layout, PlacedEnd
from controlplane.lab.file.expect import PimNeighbors
from controlplane.lab.judge.adjacency import adjacencies
from controlplane.lab.tables import vrf_of
from controlplane.net.interface import DEFAULT_VRF


def check_placed(layout: Layout) -> Iterator[Problem]:
    """Interfaces have names of their own, a port is on one wire, neighbours are neighbours."""
    yield from given_twice("interface", _interfaces(layout))
    yield from _static_routes(layout)
    yield from _neighbors(layout)
    for node in layout.file.routers:
        ends = sorted(layout.ends[node], key=_port)
        for port, group in groupby(ends, key=_port):
            yield from _port_problems(layout, node, port, list(group))


def _port(end: PlacedEnd) -> int:
    return end.port or 0


def _interfaces(layout: Layout) -> Iterator[Given]:
    for at, link in enumerate(layout.links):
        for end in link.ends:
            yield Given(end.node, end.interface, ("links", at, "ends", end.node))


def _port_problems(
    layout: Layout, node: str, port: int, ends: list[PlacedEnd]
) -> Iterator[Problem]:
    """Links share a port as VLANs of one wire: the same ports at all ends, other VLANs."""
    first = layout.link[ends[0].link]
    for end in ends[1:]:
        path = ("links", list(layout.link).index(end.link), "ends", node, "port")
        wire = {(other.node, other.port) for other in layout.link[end.link].ends}
        if wire != {(other.node, other.port) for other in first.ends}:
            text = f"port {port} of {node} is on another wire already, that of {first.name}"
            yield Problem(path, text)
    vlans = (Given(port, end.vlan, _vlan_path(layout, end)) for end in ends)
    yield from given_twice(f"VLAN on port {port} of {node},", vlans)


def _static_routes(layout: Layout) -> Iterator[Problem]:
    for name, router in layout.file.routers.items():
        for at, route in enumerate(router.routes):
            hops = list(layout.hops(name, route.via, route.vpn or DEFAULT_VRF))
            where = f"in VPN {route.vpn}" if route.vpn else "outside of VPNs"
            path = ("routers", name, "routes", at, "via")
            if not hops:
                yield Problem(path, f"{route.via} is no neighbour of {name} {where}")
            elif len(hops) > 1:
                yield Problem(path, f"{route.via} is on several links of {name}: give its address")


def _neighbors(layout: Layout) -> Iterator[Problem]:
    """An adjacency that cannot be would be expected in vain."""
    possible = adjacencies(layout)
    for key, expectations in (("start", layout.file.start), ("expect", layout.file.expect)):
        for at, expectation in enumerate(expectations):
            if not isinstance(expectation, PimNeighbors):
                continue
            for router, names in (expectation.pim_neighbors or {}).items():
                vrf = vrf_of(layout, router, expectation.vpn)
                there = {one.neighbor for one in possible.get((router, vrf), ())}
                for name in sorted(set(names) - there):
                    path = (key, at, "pim_neighbors", router)
                    yield Problem(path, f"{name} cannot be a neighbour of {router} in VRF {vrf}")


def _vlan_path(layout: Layout, end: PlacedEnd) -> tuple[str | int, ...]:
    return ("links", list(layout.link).index(end.link), "ends", end.node)
