"""Who speaks BGP with whom, as the file has it: what routers are told, and what is judged.

In the core the PEs with VRFs speak with each other, or all with the reflectors. A CE speaks with
the PEs on its links, each in the VRF of that link, and over a backdoor with other CEs. Those of a
site that do so speak with each other too, between their loopbacks: when one has lost its PE, it
goes out by another's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.lab.expand.layout import Layout, PlacedEnd
from controlplane.lab.expand.sites import routing_of
from controlplane.net.interface import DEFAULT_VRF


@dataclass(frozen=True, slots=True)
class Speaker:
    """One BGP of a router: that of its only table, or of a VRF."""

    router: str
    vrf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """A session, seen from one of its ends; on a link `own` and `other` are there."""

    speaker: Speaker
    peer: Speaker
    address: IPv4Address
    local: IPv4Address
    asn: int
    remote_as: int
    own: PlacedEnd | None = None
    other: PlacedEnd | None = None


def has_bgp(layout: Layout, router: str) -> bool:
    """Whether a router of the core is one of those that VPN routes go through."""
    return bool(layout.vrfs(router)) or router in layout.file.provider.bgp.reflectors


def core_peerings(layout: Layout, router: str) -> Iterator[Peering]:
    """The sessions of a core router in the provider's table."""
    if not layout.domains.is_core(router) or not has_bgp(layout, router):
        return
    reflectors = layout.file.provider.bgp.reflectors
    asn, loopbacks = layout.file.provider.asn, layout.loopbacks
    for other in layout.file.routers:
        meets = not reflectors or router in reflectors or other in reflectors
        if other != router and meets and layout.domains.is_core(other) and has_bgp(layout, other):
            yield Peering(
                speaker=Speaker(router, DEFAULT_VRF),
                peer=Speaker(other, DEFAULT_VRF),
                address=loopbacks[other],
                local=loopbacks[router],
                asn=asn,
                remote_as=asn,
            )


def link_peerings(layout: Layout, router: str, vrf: str) -> Iterator[Peering]:
    """The sessions of a router on its links, in one of its tables."""
    for own in layout.ends[router]:
        if own.vrf == vrf:
            yield from _on_link(layout, own)


def site_peerings(layout: Layout, router: str) -> Iterator[Peering]:
    """The sessions of a CE with those of its site that speak with others outside of it too."""
    if not any(link_peerings(layout, router, DEFAULT_VRF)):
        return
    for other in layout.site(router):
        if other != router and any(link_peerings(layout, other, DEFAULT_VRF)):
            yield Peering(
                speaker=Speaker(router, DEFAULT_VRF),
                peer=Speaker(other, DEFAULT_VRF),
                address=layout.loopbacks[other],
                local=layout.loopbacks[router],
                asn=layout.asn(router),
                remote_as=layout.asn(other),
            )


def peerings(layout: Layout, router: str, vrf: str) -> Iterator[Peering]:
    """All sessions in one table of a router."""
    if vrf == DEFAULT_VRF:
        yield from core_peerings(layout, router)
        yield from site_peerings(layout, router)
    yield from link_peerings(layout, router, vrf)


def _on_link(layout: Layout, own: PlacedEnd) -> Iterator[Peering]:
    """Customers with whoever is there; PEs of one link do not meet in the VRF."""
    if routing_of(layout.file, layout.link[own.link].spec) != "bgp":
        return
    for other in layout.neighbors(own):
        if not (layout.domains.is_core(own.node) and layout.domains.is_core(other.node)):
            yield Peering(
                speaker=Speaker(own.node, own.vrf),
                peer=Speaker(other.node, other.vrf),
                address=other.address.ip,
                local=own.address.ip,
                asn=layout.asn(own.node),
                remote_as=layout.asn(other.node),
                own=own,
                other=other,
            )
