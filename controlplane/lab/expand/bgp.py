"""The BGP of each table of a router: that of the provider's core, of a VRF, of a CE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from controlplane.lab.expand.domains import PROVIDER, Domain
from controlplane.lab.expand.layout import Layout
from controlplane.lab.expand.mvpn import discoveries
from controlplane.lab.expand.sessions import (
    Peering,
    core_peerings,
    has_bgp,
    link_peerings,
    site_peerings,
)
from controlplane.mvpn.discovery import DISCOVERIES
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.bgp.events import BgpConfig, PeerConfig, PeerTimers, Policy, Rule
from controlplane.rib.route import RouteProtocol
from controlplane.router.config import RouterConfig
from controlplane.wire.bgp.nlri import Family

OF_VRF: Final = frozenset({RouteProtocol.CONNECTED, RouteProtocol.STATIC})
"""What a PE tells of a VRF beside what its CEs told it by BGP."""
OF_CE: Final = OF_VRF | {RouteProtocol.COMPUTED}
"""What a CE tells: its own, and what its site's IGP found."""

_TIMERS: Final = PeerTimers(connect_retry=5.0)
"""RFC 4271 10 suggests 120 s, which is long for a network whose core has just been switched on."""


def with_bgp(layout: Layout, name: str, config: RouterConfig) -> RouterConfig:
    """The configuration with BGP of its only table, or of the provider's."""
    if layout.domains.is_core(name):
        return replace(config, bgp=_provider(layout, name)) if has_bgp(layout, name) else config
    links = tuple(_link_peers(layout, name, DEFAULT_VRF))
    if not links:
        return config
    site = tuple(_site_peer(layout, one) for one in site_peerings(layout, name))
    bgp = BgpConfig(asn=layout.asn(name), router_id=layout.loopbacks[name], peers=links + site)
    return replace(config, bgp=bgp, bgp_redistribute=OF_CE)


def vrf_bgp(layout: Layout, router: str, vpn: str) -> BgpConfig:
    """BGP of a VRF: there without any CE too, for the routes of other PEs."""
    return BgpConfig(
        asn=layout.asn(router),
        router_id=layout.loopbacks[router],
        peers=tuple(_link_peers(layout, router, vpn)),
    )


# -- the core


def _provider(layout: Layout, name: str) -> BgpConfig:
    process, families = layout.file.provider.bgp, _families(layout, name)
    base = BgpConfig(
        asn=layout.file.provider.asn,
        router_id=layout.loopbacks[name],
        peers=tuple(_core_peer(layout, one, families) for one in core_peerings(layout, name)),
    )
    delay = process.next_hop_delay
    return base if delay is None else replace(base, next_hop_delay=delay)


def _core_peer(layout: Layout, peering: Peering, families: frozenset[Family]) -> PeerConfig:
    process = layout.file.provider.bgp
    reflects = peering.speaker.router in process.reflectors
    return PeerConfig(
        address=peering.address,
        local=peering.local,
        remote_as=peering.remote_as,
        families=families,
        timers=_timers(layout, PROVIDER, None),
        md5_key=process.key.encode() if process.key else None,
        reflector_client=reflects and peering.peer.router not in process.reflectors,
        restart_time=process.restart_time,
    )


def _families(layout: Layout, router: str) -> frozenset[Family]:
    """VPN routes, and for MVPNs what they are discovered by and sources may be known by.

    A PE offers what its own VRFs need; a reflector, what any PE does.
    """
    found = {Family.VPNV4}
    reflects = router in layout.file.provider.bgp.reflectors
    for name, vpn in layout.file.vpns.items():
        if vpn.profile is not None:
            found.add(Family.VPNV4_MULTICAST)
            pes = [pe for pe in layout.pes(name) if reflects or pe == router]
            ways = (way for pe in pes for way in discoveries(vpn, pe))
            families = (DISCOVERIES[way].family for way in ways if way in DISCOVERIES)
            found.update(family for family in families if family is not None)
    if layout.file.provider.bgp.route_target_constraint:
        found.add(Family.ROUTE_TARGET)
    return frozenset(found)


# -- customers


def _link_peers(layout: Layout, router: str, vrf: str) -> Iterator[PeerConfig]:
    for peering in link_peerings(layout, router, vrf):
        yield _link_peer(layout, peering)


def _link_peer(layout: Layout, peering: Peering) -> PeerConfig:
    assert peering.own is not None
    own, link = peering.own.spec.bgp, layout.link[peering.own.link].spec.bgp
    return PeerConfig(
        address=peering.address,
        local=peering.local,
        remote_as=peering.remote_as,
        families=frozenset({Family.IPV4_UNICAST}),
        timers=_link_timers(layout, peering),
        interface=peering.own.interface,
        md5_key=link.key.encode() if link.key else None,
        gtsm=link.gtsm,
        bfd=link.bfd is not None,
        # Between CEs of one AS: the other one knows nothing of the links to PEs here.
        next_hop_self=peering.asn == peering.remote_as,
        override=own.as_override,
        allow_own_as=own.allow_as_in,
        site=own.soo,
        maximum_prefixes=own.maximum_prefixes,
        import_policy=_policy(layout, own.import_, Rule(set_local_pref=own.local_pref)),
        export_policy=_policy(layout, own.export, Rule(set_med=own.med)),
        restart_time=link.restart_time,
    )


def _link_timers(layout: Layout, peering: Peering) -> PeerTimers:
    assert peering.own is not None
    link = layout.link[peering.own.link]
    return peering.own.spec.bgp.timers_over(_timers(layout, link.domain, link.vpn))


def _site_peer(layout: Layout, peering: Peering) -> PeerConfig:
    """Between CEs of a site, who know nothing of each other's links to PEs."""
    ce = peering.speaker.router
    return PeerConfig(
        address=peering.address,
        local=peering.local,
        remote_as=peering.remote_as,
        timers=_timers(layout, layout.domains.of_node(ce), layout.vpn(ce)),
        next_hop_self=True,
    )


def _timers(layout: Layout, domain: Domain, vpn: str | None) -> PeerTimers:
    timers = _TIMERS
    for scope in layout.timers(domain, vpn):
        timers = scope.bgp.timers_over(timers)
    return timers


def _policy(layout: Layout, name: str | None, short: Rule) -> Policy:
    """The policy of this name, or one with the rule that was said in short."""
    if name is not None:
        return layout.file.policies[name].policy(name)
    return Policy() if short == Rule() else Policy(rules=(short,))
