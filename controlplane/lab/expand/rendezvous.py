"""PIM of a network as a whole: where groups meet, for the provider's table or for a VPN."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address

from controlplane.lab.expand.layout import Layout
from controlplane.lab.file.multicast import NetworkPim, SsmMapping
from controlplane.lab.file.rendezvous import AnycastRp as GivenAnycastRp
from controlplane.lab.file.rendezvous import BsrCandidate, Rp, RpCandidate
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.pim.config import (
    AnycastRp,
    CandidateBsr,
    CandidateRp,
    PimConfig,
    StaticRp,
)
from controlplane.protocols.pim.config import (
    SsmMapping as PimSsmMapping,
)


def pim_config(layout: Layout, router: str, vpn: str | None) -> PimConfig:
    """What a router is told, of a VRF or of its own table.

    All of one network are told the same, but for what they are candidates for, and their borders.
    A CE is told what its VPN's PEs are, and one that no PE serves nothing.
    """
    network = network_of(layout, router, vpn)
    if network is None:
        return PimConfig()
    in_vpn, given = network
    own_rps = [one for one in given.rp_candidate if one.router == router]
    own_bsr = next((one for one in given.bsr_candidate if one.router == router), None)
    return PimConfig(
        rps=tuple(_rp(layout, in_vpn, rp) for rp in given.rp),
        spt=given.spt_policy,
        spt_threshold=given.spt_threshold,
        anycast=tuple(_anycast_rp(layout, in_vpn, one) for one in given.anycast_rp),
        candidate_rps=tuple(_candidate_rp(layout, in_vpn, one) for one in own_rps),
        candidate_bsr=_candidate_bsr(layout, in_vpn, own_bsr) if own_bsr else None,
        bootstrap_times=given.bootstrap.times(),
        unicast_bootstrap=given.bootstrap.unicast,
        bsr_borders=frozenset(_borders(layout, router, vpn or DEFAULT_VRF)),
        ssm_mappings=tuple(_ssm_mapping(layout, one) for one in given.ssm_mapping),
        accepted_neighbors=tuple(given.neighbor_filter),
        accepted_sources=tuple(given.accept_register),
        state_limit=given.state_limit,
    )


def network_of(
    layout: Layout, router: str, vpn: str | None
) -> tuple[str | None, NetworkPim] | None:
    """The VPN, None for the provider's own network, that a table is part of, and its PIM."""
    in_vpn = vpn or layout.domains.vpn_of_node(router)
    if in_vpn is not None:
        return in_vpn, layout.file.vpns[in_vpn]
    return (None, layout.file.provider) if layout.domains.is_core(router) else None


def anycast_addresses(layout: Layout, router: str, vpn: str | None) -> Iterator[IPv4Address]:
    """The RP addresses that a table shares with other routers'."""
    network = network_of(layout, router, vpn)
    for one in network[1].anycast_rp if network else ():
        if router in one.members:
            yield one.address


def _rp(layout: Layout, vpn: str | None, rp: Rp) -> StaticRp:
    return StaticRp(
        address=rp_address(layout, vpn, rp.address),
        groups=rp.groups,
        bidirectional=rp.bidirectional,
        override=rp.override,
    )


def _anycast_rp(layout: Layout, vpn: str | None, one: GivenAnycastRp) -> AnycastRp:
    members = (rp_address(layout, vpn, member) for member in one.members)
    return AnycastRp(address=one.address, members=frozenset(members))


def _candidate_rp(layout: Layout, vpn: str | None, one: RpCandidate) -> CandidateRp:
    return CandidateRp(
        address=rp_address(layout, vpn, one.router),
        groups=tuple(one.groups),
        bidirectional=one.bidirectional,
        priority=one.priority,
    )


def _candidate_bsr(layout: Layout, vpn: str | None, one: BsrCandidate) -> CandidateBsr:
    return CandidateBsr(
        address=rp_address(layout, vpn, one.router),
        priority=one.priority,
        hash_mask_length=one.hash_mask_length,
        accepted_rps=tuple(one.accept_rps),
    )


def _borders(layout: Layout, router: str, vrf: str) -> Iterator[str]:
    for end in layout.ends[router]:
        if end.vrf == vrf and end.spec.pim is not None and end.spec.pim.bsr_border:
            yield end.interface


def _ssm_mapping(layout: Layout, one: SsmMapping) -> PimSsmMapping:
    sources = frozenset(layout.address(source) for source in one.sources)
    return PimSsmMapping(groups=one.groups, sources=sources)


def rp_address(layout: Layout, vpn: str | None, text: str) -> IPv4Address:
    """An address as it is, or that of a router by its name."""
    try:
        return IPv4Address(text)
    except AddressValueError:
        pass
    in_vrf = (end.address.ip for end in layout.ends[text] if vpn is not None and end.vrf == vpn)
    return next(in_vrf, layout.loopbacks[text])
