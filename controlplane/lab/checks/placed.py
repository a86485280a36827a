"""Ports and names of interfaces, once all are worked out: given ones can meet default ones."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.lab.checks.twice import Given, given_twice
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.layout import Layout, PlacedEnd, PlacedLink
from controlplane.net.interface import DEFAULT_VRF


def check_placed(layout: Layout) -> Iterator[Problem]:
    """Interfaces have names of their own, a port is on one wire, next hops are neighbours."""
    yield from given_twice("interface", _interfaces(layout))
    yield from _static_routes(layout)
    yield from _static_links(layout)
    for at, link in enumerate(layout.links):
        yield from _wire(("links", at), link, layout.links[:at])


def _interfaces(layout: Layout) -> Iterator[Given]:
    """One for each VLAN of a port: a port that is given twice is another mistake."""
    seen = set()
    for at, link in enumerate(layout.links):
        for end in link.ends:
            place = (end.node, end.port, end.vlan)
            if place not in seen:
                yield Given(end.node, end.interface, ("links", at, "ends", end.node))
            seen.add(place)


def _wire(path: FieldPath, link: PlacedLink, before: tuple[PlacedLink, ...]) -> Iterator[Problem]:
    """Links share a port as VLANs of one wire: the same ports at all ends, other VLANs."""
    same = [other for other in before if _ports(other) == _ports(link)]
    for other in same:
        if other.spec.vlan == link.spec.vlan:
            text = f"has the ports of {other.name}: give it another `vlan`, or other ports"
            yield Problem(path, text)
            return
    if not same:
        yield from _on_other_wires(path, link, before)


def _on_other_wires(
    path: FieldPath, link: PlacedLink, before: tuple[PlacedLink, ...]
) -> Iterator[Problem]:
    for node, port in sorted(_ports(link)):
        others = (other.name for other in before if (node, port) in _ports(other))
        if first := next(others, None):
            text = f"port {port} of {node} is on another wire already, that of {first}"
            yield Problem((*path, "ends", node, "port"), text)


def _ports(link: PlacedLink) -> frozenset[tuple[str, int]]:
    """The routers' ports; hosts have none."""
    return frozenset((end.node, end.port) for end in link.ends if end.port is not None)


def _static_links(layout: Layout) -> Iterator[Problem]:
    """With `routing: static` PEs know of a site what the file says, so it has to say something."""
    for at, link in enumerate(layout.links):
        pes = [end for end in link.ends if end.vrf != DEFAULT_VRF]
        if link.spec.routing == "static" and pes and not any(_leads(layout, end) for end in pes):
            names = " and ".join(end.node for end in pes)
            text = f"`routes` of {names} in VPN {pes[0].vrf} has none by way of {link.name}"
            yield Problem(("links", at, "routing"), f"static, but {text}")


def _leads(layout: Layout, end: PlacedEnd) -> bool:
    """Whether a static route leaves by this end."""
    routes = layout.file.routers[end.node].routes
    hops = (hop for one in routes for hop in layout.hops(end.node, one.via, one.vpn or DEFAULT_VRF))
    return any(own == end for own, _ in hops)


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
