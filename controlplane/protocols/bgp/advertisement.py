"""What a path's attributes become on their way to a peer, if they go there at all.

    to an internal peer    as they are, with LOCAL_PREF. An internal path only by reflection.
    to an external peer    own AS in front, own next hop, no LOCAL_PREF (RFC 4271 5.1.5); MED only
                           for routes of this AS or set by policy (5.1.4); no non-transitive
                           extended communities (RFC 4360 6), no ORIGINATOR_ID and CLUSTER_LIST

Next hops: an own route has the own address of each session. An external route goes to internal
peers with the next hop that it came with, unless `next_hop_self`; a reflected one always keeps it
(RFC 4456 10). To external peers the own address takes its place. In the families of VPNs no route
but an own one gets another next hop: a label is good at the router that gave it alone, and A-D
routes name their originator by it. That is the session of RFC 4364 10 c) between two providers.

Imported routes count as internal ones: told to external peers of the VRF and to clients, with all
that is the provider's taken off (`customers.py`), and the own address as next hop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Final

from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp import customers
from controlplane.protocols.bgp.events import BgpConfig, PathSource, PeerConfig, Policy, Rule
from controlplane.protocols.bgp.path import Announcement
from controlplane.protocols.bgp.policy import applied, is_accepted
from controlplane.protocols.bgp.reflection import is_reflected, reflected
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import WellKnown
from controlplane.wire.bgp.nlri import Family

_NOT_TO_OTHER_ASES: Final = frozenset((WellKnown.NO_EXPORT, WellKnown.NO_EXPORT_SUBCONFED))
_NEXT_HOP_IS_OURS: Final = (Family.IPV4_UNICAST, Family.ROUTE_TARGET)
"""Families whose routes may be told with the own address, whoever they are from."""

_INTERNAL: Final = (PathSource.IBGP, PathSource.IMPORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What of a peer matters to the attributes that it is told: equal for most of a reflector's."""

    family: Family
    internal: bool
    client: bool
    asn: int
    local: IPv4Address
    next_hop_self: bool
    override: bool
    site: RouteTarget | None
    policy: Policy


def audience(config: PeerConfig, family: Family, internal: bool) -> Audience:
    return Audience(
        family=family,
        internal=internal,
        client=internal and config.reflector_client,
        asn=config.remote_as,
        local=config.local,
        next_hop_self=config.next_hop_self,
        override=config.override,
        site=config.site,
        policy=config.export_policy,
    )


def exported(
    said: Announcement, rule: Rule | None, to: Audience, config: BgpConfig
) -> PathAttributes | None:
    """The attributes that a peer is told, None when it is not told the route."""
    if not (_may_hear(said, to) and is_accepted(to.policy, rule)):
        return None
    if to.internal:
        return _to_internal(said, rule, to, config)
    return _to_external(said, rule, to, config)


def _may_hear(said: Announcement, to: Audience) -> bool:
    """RFC 1997, RFC 4271 9.2, RFC 4456 6, RFC 4364 7."""
    attributes = said.attributes
    if WellKnown.NO_ADVERTISE in attributes.communities:
        return False
    if customers.is_of_site(attributes, to.site):
        return False
    if not to.internal:
        return _NOT_TO_OTHER_ASES.isdisjoint(attributes.communities)
    return said.source not in _INTERNAL or is_reflected(is_from_client(said), to.client)


def is_from_client(said: Announcement) -> bool:
    return said.peer is not None and said.peer.internal and said.peer.config.reflector_client


def _to_internal(
    said: Announcement, rule: Rule | None, to: Audience, config: BgpConfig
) -> PathAttributes:
    attributes = said.attributes
    if said.source is PathSource.IMPORTED:
        attributes = customers.to_customer(attributes)
    if _is_next_hop_inside(said, to):
        attributes = replace(attributes, next_hop=to.local)
    attributes = applied(rule, replace(attributes, local_pref=said.local_pref), config.asn)
    if said.source is not PathSource.IBGP:
        return attributes
    cluster = config.cluster_id or config.router_id
    if to.family is Family.ROUTE_TARGET and to.client:
        # RFC 4684 3.2 i: "the Originator attribute shall be set to the router-id of the
        # advertiser, and the Next-hop attribute shall be set of the local address"
        attributes = replace(attributes, originator_id=config.router_id, next_hop=to.local)
    return reflected(attributes, said.router_id, cluster)


def _to_external(
    said: Announcement, rule: Rule | None, to: Audience, config: BgpConfig
) -> PathAttributes:
    attributes = said.attributes
    if said.source is PathSource.IMPORTED:
        attributes = customers.to_customer(attributes)
    is_of_this_as = not attributes.as_path.segments
    transitive = (one for one in attributes.extended_communities if one.is_transitive)
    attributes = replace(
        attributes,
        next_hop=_next_hop_outside(said, to),
        med=attributes.med if is_of_this_as else None,
        originator_id=None,
        cluster_list=(),
        extended_communities=frozenset(transitive),
    )
    attributes = applied(rule, attributes, config.asn)
    as_path = attributes.as_path
    if to.override:
        as_path = customers.overridden(as_path, to.asn, config.asn)
    return replace(attributes, local_pref=None, as_path=as_path.prepended(config.asn))


def _is_next_hop_inside(said: Announcement, to: Audience) -> bool:
    """Whether an internal peer is told the own address."""
    if said.source is PathSource.EBGP and to.family in _NEXT_HOP_IS_OURS:
        return to.next_hop_self
    return said.source is PathSource.IMPORTED or said.attributes.next_hop is None


def _next_hop_outside(said: Announcement, to: Audience) -> IPv4Address:
    changes = to.family in _NEXT_HOP_IS_OURS
    return (None if changes else said.attributes.next_hop) or to.local
