"""What leads to a destination: the path part of a routing table entry (RFC 2328 11).

A path is `behind` anchors: the vertices that its destination hangs on, each with its area, in
place of which stands the interface where the destination is this router's own. All that a path's
next hops depend on is there, so paths with equal anchors have equal next hops, however the
destinations became known, and share forwarding state.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import NamedTuple, TypeAlias

from controlplane.protocols.ospf.events import AreaId, OspfNextHop, PathType
from controlplane.protocols.ospf.first_hops import NO_HOPS, Hops
from controlplane.protocols.ospf.graph import Vertex

Anchor: TypeAlias = tuple[int, Vertex | str] | tuple[int, Vertex | str, int]
"""Area and vertex or interface; where the forwarding address of an AS-external-LSA is on a link of
ours (`by_way_of`), that address too."""

Behind: TypeAlias = frozenset[Anchor]


class Path(NamedTuple):
    """`hops` are empty where packets are to be dropped (RFC 2328 11.1, "discard")."""

    path_type: PathType
    area: AreaId
    cost: int
    hops: Hops
    behind: Behind


def cheapest(paths: Iterable[Path]) -> Path | None:
    """The path of least cost; equal ones of one type and area become one (RFC 2328 16.8)."""
    best: list[Path] = []
    for path in paths:
        if not best or path.cost < best[0].cost:
            best = [path]
        elif path.cost == best[0].cost:
            best.append(path)
    return together(best) if best else None


def together(paths: list[Path]) -> Path:
    """All ways of equal paths, as one path."""
    first = paths[0]
    if len(paths) == 1:
        return first
    return first._replace(
        hops=NO_HOPS.union(*(path.hops for path in paths)),
        behind=frozenset[Anchor]().union(*(path.behind for path in paths)),
    )


def by_way_of(path: Path, address: IPv4Address) -> Path:
    """The path to an address, given that to its network: on a link of ours it is the next hop."""
    if all(hop.address is not None for hop in path.hops):
        return path
    hops = (hop if hop.address else OspfNextHop(hop.interface, address) for hop in path.hops)
    behind: Iterable[Anchor] = ((*anchor[:2], int(address)) for anchor in path.behind)
    return path._replace(hops=frozenset(hops), behind=frozenset(behind))
