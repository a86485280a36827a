"""Reverse path forwarding: from where packets of a source should come.

RFC 7761 4.1 takes MRIB.next_hop(S) and RPF_interface(S) from a table that may be the unicast one;
here it is, so that its preference and metric are what Asserts compare (4.6.3). A root that is
attached, or is this router, has an interface and no neighbour. One behind another PE has the VRF's
PMSI as its interface and that PE as its neighbour (RFC 6513 5.1): which PE is the business of the
MVPN's upstream multicast hop selection, so the answer for such a route comes from `through_vpn`.
That is asked too where there is no route at all: it may know one that is for multicast alone. Of
equal next hops the one with the highest address is taken, so that a source has one upstream
neighbour and routers on a LAN name the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address
from typing import TypeAlias, assert_never

from controlplane.protocols.pim.events import Rpf
from controlplane.rib.rib import Rib
from controlplane.rib.route import Attached, Blackhole, Gateway, Local, NextHop, Route, VpnNextHop

ThroughVpn: TypeAlias = Callable[[Route | None, IPv4Address, IPv4Address], Rpf | None]
"""Asked for a VPN route, the root of a tree and its group."""

_one_rpf = lru_cache(maxsize=1 << 12)(Rpf)
"""One object for all trees of a root, or of a site: there are ten thousand."""


def reverse_path(
    rib: Rib, through_vpn: ThroughVpn, root: IPv4Address, group: IPv4Address
) -> Rpf | None:
    """The RPF interface and neighbour of a tree's root, None when no route leads to it."""
    route = rib.lookup(root)
    if route is None:
        return through_vpn(None, root, group)
    next_hop = max(route.next_hops, key=_address)
    preference, metric = route.protocol.value, route.metric
    match next_hop:
        case Attached(interface):
            return _one_rpf(interface, None, preference=preference, metric=metric)
        case Local(interface):
            return _one_rpf(interface, None, is_local=True, preference=preference, metric=metric)
        case Gateway(interface, address):
            return _one_rpf(interface, address, preference=preference, metric=metric)
        case VpnNextHop():
            through = through_vpn(route, root, group)
            if through is None:
                return None
            return _one_rpf(
                through.interface, through.neighbor, preference=preference, metric=metric
            )
        case Blackhole():
            return None
        case _:
            assert_never(next_hop)


def _address(next_hop: NextHop) -> int:
    return int(next_hop.address) if isinstance(next_hop, Gateway) else -1
