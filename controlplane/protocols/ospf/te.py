"""Traffic engineering LSAs of this router (RFC 3630 2.4): its address, and each link it offers.

Links are those of the router-LSA, and have the Link ID that they have there (RFC 3630 2.5.2); the
LSA's instance number is that of the interface, 0 is the address. Nothing reserves bandwidth yet:
all of it is unreserved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Final, NamedTuple

from controlplane.protocols.ospf.asbr import own_address
from controlplane.protocols.ospf.attached import AttachedArea
from controlplane.protocols.ospf.events import TrafficEngineering
from controlplane.protocols.ospf.originations import Wanted, Wants, area_options
from controlplane.wire.ospf.bodies import LinkType, OpaqueLsa, RouterLink
from controlplane.wire.ospf.lsa import LsaKey, LsType
from controlplane.wire.ospf.te import (
    PRIORITIES,
    TE_OPAQUE_TYPE,
    TeData,
    TeLink,
    TeLinkType,
    TeRouterAddress,
    opaque_id,
)

_ROUTER_ADDRESS: Final = 0

_LINK_TYPES: Final = {
    LinkType.POINT_TO_POINT: TeLinkType.POINT_TO_POINT,
    LinkType.TRANSIT: TeLinkType.MULTI_ACCESS,
}


class TeInterface(NamedTuple):
    """`number` is the interface's index in this router."""

    number: int
    settings: TrafficEngineering


def te_lsas(
    area: AttachedArea, router_id: IPv4Address, interfaces: Mapping[str, TeInterface]
) -> Wants:
    """The TE LSAs of an area, given its interfaces with traffic engineering by name."""
    address = router_id if router_id in area.local else own_address(area)
    if not interfaces or address is None:
        return {}
    says: dict[int, TeData] = {_ROUTER_ADDRESS: TeRouterAddress(address)}
    says |= {interfaces[name].number: link for name, link in _links(area, interfaces)}
    options = area_options(area.settings.kind)
    return {
        LsaKey(LsType.OPAQUE_AREA, opaque_id(TE_OPAQUE_TYPE, number), router_id): Wanted(
            OpaqueLsa(data=data.encode()), options
        )
        for number, data in says.items()
    }


def _links(
    area: AttachedArea, interfaces: Mapping[str, TeInterface]
) -> Iterator[tuple[str, TeLink]]:
    own = area.tree.own_lsa
    for link in own.links if own else ():
        name = area.local.get(link.link_data)
        if name is not None and name in interfaces and link.type in _LINK_TYPES:
            yield name, _te_link(area, link, interfaces[name].settings)


def _te_link(area: AttachedArea, link: RouterLink, settings: TrafficEngineering) -> TeLink:
    is_point_to_point = link.type is LinkType.POINT_TO_POINT
    far_end = area.tree.far_end(link) if is_point_to_point else None
    return TeLink(
        link_type=_LINK_TYPES[link.type],
        link_id=link.link_id,
        local_addresses=(link.link_data,),
        remote_addresses=(far_end,) if far_end is not None else (),
        metric=link.metric if settings.metric is None else settings.metric,
        maximum_bandwidth=settings.maximum_bandwidth,
        maximum_reservable_bandwidth=settings.maximum_reservable_bandwidth,
        unreserved_bandwidth=(settings.maximum_reservable_bandwidth,) * PRIORITIES,
        administrative_group=settings.administrative_group,
    )
