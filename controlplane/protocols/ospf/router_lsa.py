"""What this router's own router-LSA says of an area (RFC 2328 12.4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Final

from controlplane.protocols.ospf.area import Area
from controlplane.protocols.ospf.interface import InterfaceState, OspfInterface
from controlplane.wire.ospf.bodies import MAX_LINK_COST, LinkType, RouterLink, RouterLsa

_HOST_MASK: Final = IPv4Address(0xFFFFFFFF)


def router_lsa(
    area: Area, *, area_border: bool, as_boundary: bool, nssa_translator: bool
) -> RouterLsa:
    """The links of the area's interfaces, and what the router is to it."""
    return RouterLsa(
        links=tuple(link for i in area.interfaces.values() for link in _links(i)),
        area_border=area_border,
        as_boundary=as_boundary,
        nssa_translator=nssa_translator,
    )


def _links(interface: OspfInterface) -> Iterator[RouterLink]:
    if interface.state is InterfaceState.LOOPBACK:
        yield _host(interface)
    elif interface.state is InterfaceState.POINT_TO_POINT:
        yield from _point_to_point(interface)
        yield _stub(interface)
    elif interface.state > InterfaceState.WAITING and _is_transit(interface):
        yield _transit(interface)
    else:
        yield _stub(interface)


def _point_to_point(interface: OspfInterface) -> Iterator[RouterLink]:
    """12.4.1.1."""
    for neighbor in interface.neighbors.values():
        if neighbor.is_full:
            yield RouterLink(
                type=LinkType.POINT_TO_POINT,
                link_id=neighbor.router_id,
                link_data=interface.address,
                metric=link_cost(interface),
            )


def _is_transit(interface: OspfInterface) -> bool:
    """12.4.1.2: "If the router is fully adjacent to the Designated Router, or if the router itself
    is Designated Router and is fully adjacent to at least one other router"."""
    is_dr = interface.state is InterfaceState.DR
    return any(
        neighbor.is_full and (is_dr or neighbor.address == interface.elected.dr)
        for neighbor in interface.neighbors.values()
    )


def _transit(interface: OspfInterface) -> RouterLink:
    return RouterLink(
        type=LinkType.TRANSIT,
        link_id=interface.elected.dr,
        link_data=interface.address,
        metric=link_cost(interface),
    )


def _stub(interface: OspfInterface) -> RouterLink:
    """Of a point-to-point link too: option 2 of 12.4.1.1, its subnet."""
    return RouterLink(
        type=LinkType.STUB,
        link_id=interface.interface.address.network.network_address,
        link_data=interface.mask,
        metric=interface.settings.cost,
    )


def _host(interface: OspfInterface) -> RouterLink:
    return RouterLink(type=LinkType.STUB, link_id=interface.address, link_data=_HOST_MASK, metric=0)


def link_cost(interface: OspfInterface) -> int:
    """RFC 5443 2: the maximum cost while LDP is not operational on the link."""
    return MAX_LINK_COST if interface.waits_for_ldp else interface.settings.cost
