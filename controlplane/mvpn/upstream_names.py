"""The names of PEs on VPN routes, for upstream multicast hop selection.

A PE puts its name on the routes that it exports: in the VRF Route Import community (RFC 6514 7), or
in the older Connector attribute (RFC 6037 5.2). A route with neither names it by its next hop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address

from controlplane.mvpn.config import LocalMvpn
from controlplane.mvpn.options import DiscoveryOption
from controlplane.mvpn.upstream import UmhCandidate
from controlplane.net.vpn import RouteDistinguisher
from controlplane.wire.bgp.attributes import Connector, ConnectorForm, PathAttributes
from controlplane.wire.bgp.communities import ExtendedCommunity, source_as, vrf_route_import

_A_D, _MDT = DiscoveryOption.INTRA_AS, DiscoveryOption.MDT_SAFI


@dataclass(frozen=True, slots=True)
class UpstreamNames:
    """What goes with every route that the VRF exports."""

    communities: frozenset[ExtendedCommunity] = frozenset()
    connector: Connector | None = None


def upstream_names(local: LocalMvpn, discovery: Iterable[DiscoveryOption]) -> UpstreamNames:
    """Those that PEs with these ways of discovery look for; both while a network migrates."""
    options = frozenset(discovery)
    communities: frozenset[ExtendedCommunity] = frozenset()
    if _A_D in options:
        assert local.asn is not None, "A-D routes are BGP's"
        communities = frozenset({vrf_route_import(local.me, local.number), source_as(local.asn)})
    return UpstreamNames(communities, _connector(local) if _MDT in options else None)


def _connector(local: LocalMvpn) -> Connector | None:
    form = local.config.connector
    if form is None:
        return None
    return Connector(local.me, form, local.rd if form is ConnectorForm.IOS else None)


def candidate(
    rd: RouteDistinguisher, attributes: PathAttributes, next_hop: IPv4Address
) -> UmhCandidate:
    """A VPN route as a candidate for upstream multicast hop selection."""
    _, asn = _named(attributes.extended_communities)
    return UmhCandidate(upstream_pe(attributes, next_hop), rd, asn)


def upstream_pe(attributes: PathAttributes, next_hop: IPv4Address) -> IPv4Address:
    """The Upstream PE of a VPN route (RFC 6513 5.1.3; RFC 6037 5.2 for the Connector)."""
    pe, _ = _named(attributes.extended_communities)
    if pe is not None:
        return pe
    return attributes.connector.address if attributes.connector else next_hop


@lru_cache(maxsize=4096)
def _named(communities: frozenset[ExtendedCommunity]) -> tuple[IPv4Address | None, int | None]:
    """The VRF Route Import's PE and the Source AS; the same few sets come with many routes.

    There should be one of each. Of several the highest counts, whatever their order was.
    """
    imports = (one.vrf_route_import for one in communities)
    ases = (one.source_as for one in communities)
    return (
        max((found[0] for found in imports if found is not None), default=None),
        max((asn for asn in ases if asn is not None), default=None),
    )
