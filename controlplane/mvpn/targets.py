"""Route targets of routes (RFC 4364 4.3.1): they say which VRFs a route is for."""

from __future__ import annotations

from functools import lru_cache

from controlplane.net.vpn import RouteTarget
from controlplane.wire.bgp.communities import ExtendedCommunity


@lru_cache(maxsize=4096)
def targets_of(communities: frozenset[ExtendedCommunity]) -> frozenset[RouteTarget]:
    """The targets among extended communities; the same few sets come with every route of a VPN."""
    found = (one.route_target for one in communities)
    return frozenset(target for target in found if target is not None)
