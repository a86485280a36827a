"""What an AS boundary router tells of routes from elsewhere (RFC 2328 12.4.4, RFC 3101 2.4).

Type 5 LSAs go through the AS, type 7 LSAs into each NSSA. Those of type 7 are to be translated at
the NSSA's border (P bit), unless this router itself tells a type 5 LSA of the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Final

from controlplane.protocols.ospf.attached import AttachedArea
from controlplane.protocols.ospf.events import ExternalRoute
from controlplane.protocols.ospf.external import External
from controlplane.protocols.ospf.graph import Vertex
from controlplane.protocols.ospf.internal import InternalRoutes
from controlplane.protocols.ospf.prefix import (
    DEFAULT,
    Prefix,
    contains,
    mask_of,
    number_of,
    prefix_of,
)
from controlplane.wire.ospf.bodies import NO_ADDRESS, ExternalLsa, LinkType

_ALL_ONES: Final = 0xFFFFFFFF


def type_5(routes: Iterable[ExternalRoute], internal: InternalRoutes) -> dict[Prefix, ExternalLsa]:
    """A type 5 LSA a route, by network; a forwarding address must be on a link where they go."""

    def address_of(route: ExternalRoute) -> IPv4Address:
        area = internal.area_on_link(route.forwarding_address)
        return route.forwarding_address if area and area.is_type_5_capable else NO_ADDRESS

    return {number_of(route.prefix): _lsa(route, address_of(route)) for route in routes}


def type_7(
    routes: Iterable[ExternalRoute], nssa: AttachedArea, internal: InternalRoutes, propagate: bool
) -> dict[Prefix, ExternalLsa]:
    """A type 7 LSA a route; with the P bit each must have a forwarding address inside the NSSA."""
    own = own_address(nssa) if propagate else NO_ADDRESS
    if own is None:
        return {}

    def address_of(route: ExternalRoute) -> IPv4Address:
        is_inside = internal.area_on_link(route.forwarding_address) is nssa
        return route.forwarding_address if is_inside else own

    return {number_of(route.prefix): _lsa(route, address_of(route)) for route in routes}


def type_7_default(nssa: AttachedArea) -> dict[Prefix, ExternalLsa]:
    """The default route that a border router owes an NSSA with summaries (RFC 3101 2.7)."""
    return {DEFAULT: ExternalLsa(mask=NO_ADDRESS, metric=nssa.settings.default_cost, type2=True)}


def own_address(nssa: AttachedArea) -> IPv4Address | None:
    """RFC 3101 2.3: an address of this router in the NSSA, a host's before a stub network's
    before any other; the lowest of several."""
    own = nssa.tree.own_lsa
    links = [link for link in own.links if link.type is LinkType.STUB] if own else []
    stubs = [prefix_of(int(link.link_id), int(link.link_data)) for link in links]

    def rank(address: IPv4Address) -> tuple[int, IPv4Address]:
        masks = [mask_of(s) for s in stubs if s is not None and contains(s, _host(address))]
        return (2 if not masks else 0 if max(masks) == _ALL_ONES else 1), address

    return min(nssa.local, key=rank, default=None)


def is_told_by_a_better(
    lsa: ExternalLsa, propagate: bool, own: Vertex, others: Iterable[External]
) -> bool:
    """Whether a functionally equal LSA of a reachable router is enough: RFC 2328 12.4.4.1, "same
    destination, cost and non-zero forwarding address"; RFC 3101 2.4: the P bit, then the higher
    router id decides."""
    return int(lsa.forwarding_address) != 0 and any(
        (says.metric, says.type2, says.forwarding_address)
        == (lsa.metric, lsa.type2, lsa.forwarding_address)
        and (says.propagate, says.boundary_router) > (propagate, own)
        for says in others
    )


def _lsa(route: ExternalRoute, forwarding_address: IPv4Address) -> ExternalLsa:
    return ExternalLsa(
        mask=route.prefix.netmask,
        metric=route.metric,
        type2=route.type2,
        forwarding_address=forwarding_address,
        tag=route.tag,
    )


def _host(address: IPv4Address) -> Prefix:
    return int(address) << 32 | _ALL_ONES
