"""What AS-external-LSAs say, and the paths that they make (RFC 2328 16.4, RFC 3101 2.5).

Types 5 and 7 are compared with each other as equals. RFC1583Compatibility is "disabled": paths to
an AS boundary router or forwarding address inside a non-backbone area come first (RFC 2328 16.4.1),
which prevents loops; RFC 2328 C.1 asks all routers of an AS to agree on that.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import NamedTuple

from controlplane.protocols.ospf.events import BACKBONE, AreaId, PathType
from controlplane.protocols.ospf.graph import Vertex, router_vertex
from controlplane.protocols.ospf.index import LsaIndex, Reading
from controlplane.protocols.ospf.path import Path, together
from controlplane.protocols.ospf.prefix import prefix_of
from controlplane.wire.ospf.bodies import LS_INFINITY, ExternalLsa
from controlplane.wire.ospf.lsa import Lsa
from controlplane.wire.ospf.options import Options


class External(NamedTuple):
    """A destination of an AS boundary router; `nssa` is the area of a type 7 LSA, None for type 5.

    `propagate` is the P bit: routers at the border of the NSSA translate it to type 5.
    """

    nssa: AreaId | None
    boundary_router: Vertex
    metric: int
    type2: bool
    forwarding_address: IPv4Address
    tag: int
    propagate: bool


class ExternalPath(NamedTuple):
    """An LSA and the path to its AS boundary router or forwarding address."""

    says: External
    path: Path

    @property
    def preference(self) -> tuple[bool, int, bool, int]:
        """RFC 2328 16.4 (6) (b) to (d): less is better."""
        says, path = self
        if says.type2:
            return True, says.metric, _may_loop(path), path.cost
        return False, 0, _may_loop(path), path.cost + says.metric

    @property
    def rank(self) -> tuple[bool, bool, Vertex]:
        """RFC 3101 2.5 (6) (e), of LSAs that are functionally the same: more is better."""
        says = self.says
        return says.nssa is not None and says.propagate, says.nssa is None, says.boundary_router


def externals(own_id: IPv4Address, nssa: AreaId | None) -> LsaIndex[External]:
    """For type 5 LSAs, or type 7 LSAs of an NSSA: by network."""

    def read(lsa: Lsa) -> Reading[External] | None:
        body, advertiser = lsa.body, lsa.header.advertising_router
        assert isinstance(body, ExternalLsa)
        network = prefix_of(int(lsa.header.link_state_id), int(body.mask))
        if network is None or body.metric >= LS_INFINITY or advertiser == own_id:
            return None
        says = External(
            nssa,
            router_vertex(advertiser),
            body.metric,
            body.type2,
            body.forwarding_address,
            body.tag,
            nssa is not None and bool(lsa.header.options & Options.NP),
        )
        supports = (says.boundary_router, int(says.forwarding_address))
        return Reading(network, says, supports if int(says.forwarding_address) else supports[:1])

    return LsaIndex(read)


def best_externals(paths: Iterable[ExternalPath]) -> list[ExternalPath]:
    """The paths that a route consists of, the one of the highest rank first.

    Of functionally equal LSAs ("same destination, cost and non-zero forwarding address") only the
    one of the highest rank counts.
    """
    best: list[ExternalPath] = []
    for path in paths:
        if not best or path.preference < best[0].preference:
            best = [path]
        elif path.preference == best[0].preference:
            best.append(path)
    best.sort(key=lambda path: path.rank, reverse=True)
    seen: set[IPv4Address] = set()
    return [path for path in best if _is_first(path.says.forwarding_address, seen)]


def external_path(best: list[ExternalPath]) -> Path:
    """All ways of an external route; the cost of type 2 is left out."""
    says = best[0].says
    path = together([each.path for each in best])
    if says.type2:
        return path._replace(path_type=PathType.EXTERNAL_2)
    return path._replace(path_type=PathType.EXTERNAL_1, cost=path.cost + says.metric)


def preferred_router_path(paths: Iterable[Path]) -> Path | None:
    """RFC 2328 16.4 (3): the entry of an AS boundary router that counts, of one an area.

    "Intra-area paths using non-backbone areas are always the most preferred", then the cheapest;
    "the entry whose associated area has the largest OSPF Area ID" of several.
    """
    return min(paths, key=lambda path: (_may_loop(path), path.cost, -int(path.area)), default=None)


def _may_loop(path: Path) -> bool:
    return path.path_type is not PathType.INTRA_AREA or path.area == BACKBONE


def _is_first(address: IPv4Address, seen: set[IPv4Address]) -> bool:
    if not int(address):
        return True
    if address in seen:
        return False
    seen.add(address)
    return True
