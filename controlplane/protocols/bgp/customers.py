"""What a VPN's edge does to routes from and to its customers, beside policy.

Site of Origin (RFC 4364 7): what comes from a site is marked with the site, and what has the mark
is not told to it; so a site on several PEs does not hear of its own routes through the provider.

As-override and allow-own-as: where all sites have one AS, a CE would take the others' routes for
loops. Either the PE puts its own AS in the place of the customer's, or the CE admits its own.

Extended communities are the provider's: a CE could join any VPN by a route target, so those that
say in which VPN a route is and where it came from are taken off routes from other ASes, and off
imported routes when they are told to a CE. So is the Connector, which names a PE. All other
communities pass both ways.
"""

from __future__ import annotations

from dataclasses import replace

from controlplane.net.vpn import RouteTarget
from controlplane.wire.bgp.attributes import AsPath, PathAttributes
from controlplane.wire.bgp.communities import ExtendedCommunity, route_origin


def from_customer(attributes: PathAttributes) -> PathAttributes:
    """Without what a route is not to say about VPNs when it comes from another AS."""
    if not attributes.extended_communities and attributes.connector is None:
        return attributes
    communities = _not_of_vpns(attributes)
    return replace(attributes, extended_communities=communities, connector=None)


def to_customer(attributes: PathAttributes) -> PathAttributes:
    """An imported route as a CE may see it."""
    return replace(
        attributes,
        extended_communities=_not_of_vpns(attributes),
        connector=None,
        originator_id=None,
        cluster_list=(),
    )


def marked(attributes: PathAttributes, site: RouteTarget) -> PathAttributes:
    """With a Site of Origin in the place of any that it has."""
    others = (one for one in attributes.extended_communities if one.route_origin is None)
    return replace(attributes, extended_communities=frozenset((*others, route_origin(site))))


def is_of_site(attributes: PathAttributes, site: RouteTarget | None) -> bool:
    return site is not None and route_origin(site) in attributes.extended_communities


def overridden(as_path: AsPath, customer: int, own: int) -> AsPath:
    """With the own AS for each of the customer's."""
    return as_path.replaced(customer, own) if as_path.count(customer) else as_path


def own_as_loop(as_path: AsPath, own: int, allowed: int) -> str:
    """RFC 4271 9.1.2: why a path is a loop, in words; empty if it is none."""
    times = as_path.count(own)
    if times <= allowed:
        return ""
    return f"AS loop: {own} is in the AS path" + (f" {times} times" if times > 1 else "")


def _not_of_vpns(attributes: PathAttributes) -> frozenset[ExtendedCommunity]:
    return frozenset(one for one in attributes.extended_communities if not _is_of_vpn(one))


def _is_of_vpn(community: ExtendedCommunity) -> bool:
    return (
        community.route_target is not None
        or community.route_origin is not None
        or community.source_as is not None
        or community.vrf_route_import is not None
    )
