"""What summary-LSAs say, and the inter-area paths that they make (RFC 2328 16.2 and 16.3).

A path through an area border router costs as much as the way to that router and what it tells. Of
several routers with the least cost all are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from typing import Final, NamedTuple

from controlplane.protocols.ospf.events import PathType
from controlplane.protocols.ospf.graph import Vertex, router_vertex
from controlplane.protocols.ospf.index import LsaIndex, Reading
from controlplane.protocols.ospf.intra import AreaTree
from controlplane.protocols.ospf.path import Path, cheapest, together
from controlplane.protocols.ospf.prefix import prefix_of
from controlplane.wire.ospf.bodies import LS_INFINITY, SummaryLsa
from controlplane.wire.ospf.lsa import Lsa, LsType

SUMMARY_TYPES: Final = frozenset({LsType.SUMMARY_NETWORK, LsType.SUMMARY_ASBR})


class Summary(NamedTuple):
    """A destination is `metric` away from this area border router."""

    border_router: Vertex
    metric: int


def network_summaries(own_id: IPv4Address) -> LsaIndex[Summary]:
    """For type 3 LSAs: by network."""

    def read(lsa: Lsa) -> Reading[Summary] | None:
        assert isinstance(lsa.body, SummaryLsa)
        network = prefix_of(int(lsa.header.link_state_id), int(lsa.body.mask))
        return None if network is None else _reading(network, lsa, lsa.body, own_id)

    return LsaIndex(read)


def router_summaries(own_id: IPv4Address) -> LsaIndex[Summary]:
    """For type 4 LSAs: by the vertex of the AS boundary router, this one excepted."""

    def read(lsa: Lsa) -> Reading[Summary] | None:
        assert isinstance(lsa.body, SummaryLsa)
        router_id = lsa.header.link_state_id
        if router_id == own_id:
            return None
        return _reading(router_vertex(router_id), lsa, lsa.body, own_id)

    return LsaIndex(read)


def _reading(
    destination: int, lsa: Lsa, body: SummaryLsa, own_id: IPv4Address
) -> Reading[Summary] | None:
    """RFC 2328 16.2 (1) and (2): infinitely far, or said by this router itself."""
    advertiser = lsa.header.advertising_router
    if body.metric >= LS_INFINITY or advertiser == own_id:
        return None
    border_router = router_vertex(advertiser)
    return Reading(destination, Summary(border_router, body.metric), (border_router,))


def inter_area_path(tree: AreaTree, summaries: Iterable[Summary]) -> Path | None:
    """RFC 2328 16.2 (4) to (7): by the nearest of the area border routers."""
    return cheapest(_paths(tree, summaries))


def through_transit_area(path: Path, tree: AreaTree, summaries: Iterable[Summary]) -> Path:
    """RFC 2328 16.3 (4) and (5): a way of the backbone is shortened or joined by one through a
    transit area; type and area stay as they are."""
    other = inter_area_path(tree, summaries)
    if other is None or other.cost > path.cost:
        return path
    if other.cost == path.cost:
        return together([path, other])
    return path._replace(cost=other.cost, hops=other.hops, behind=other.behind)


def _paths(tree: AreaTree, summaries: Iterable[Summary]) -> Iterator[Path]:
    for summary in summaries:
        way = tree.border_router(summary.border_router)
        if way is not None:
            cost = way.cost + summary.metric
            yield way._replace(path_type=PathType.INTER_AREA, cost=cost)
