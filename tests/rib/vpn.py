"""VPN routes for tests, in few words."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import BestPath, BestPathsChanged, PathSource
from controlplane.wire.bgp.attributes import AsPath, PathAttributes, Segment, SegmentKind
from controlplane.wire.bgp.communities import ExtendedCommunity, route_target
from controlplane.wire.bgp.nlri import Family, VpnPrefix

ME = IPv4Address("192.0.2.1")
PE2 = IPv4Address("192.0.2.2")
PE3 = IPv4Address("192.0.2.3")
LAN = IPv4Network("10.1.2.0/24")


def rd(text: str) -> RouteDistinguisher:
    return RouteDistinguisher.parse(text)


def rt(text: str) -> RouteTarget:
    return RouteTarget.parse(text)


def targets(*texts: str) -> frozenset[ExtendedCommunity]:
    return frozenset(route_target(rt(text)) for text in texts)


def as_path(*ases: int) -> AsPath:
    return AsPath((Segment(SegmentKind.AS_SEQUENCE, ases),) if ases else ())


def vpn_path(
    of: str,
    *rts: str,
    prefix: IPv4Network = LAN,
    pe: IPv4Address | None = PE2,
    label: int | None = 24,
    source: PathSource = PathSource.IBGP,
    metric: int = 10,
) -> BestPath:
    """A best path of the provider's table."""
    attributes = PathAttributes(next_hop=pe, extended_communities=targets(*rts))
    key = VpnPrefix(rd(of), prefix)
    return BestPath(key=key, source=source, attributes=attributes, label=label, metric=metric)


def vpn_change(*paths: BestPath, former: tuple[BestPath, ...] = ()) -> BestPathsChanged:
    """These take the place of what was best before; what nothing takes the place of is gone."""
    gone = {path.key for path in former} - {path.key for path in paths}
    return BestPathsChanged(
        family=Family.VPNV4, changed=paths, withdrawn=tuple(gone), former=former
    )
