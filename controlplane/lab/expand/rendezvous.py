"""PIM of a network as a whole: where groups meet, for the provider's table or for a VPN."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address

from controlplane.lab.expand.layout import Layout
from controlplane.lab.file.multicast import Rp, SharedTrees
from controlplane.protocols.pim.config import PimConfig, StaticRp


def pim_config(layout: Layout, router: str, vpn: str | None) -> PimConfig:
    """What a router is told, of a VRF or of its own table; all of one network are told the same.

    A CE is told what its VPN's PEs are, and one that no PE serves nothing.
    """
    in_vpn = vpn or layout.domains.vpn_of_node(router)
    if in_vpn is None and not layout.domains.is_core(router):
        return PimConfig()
    given: SharedTrees = layout.file.vpns[in_vpn] if in_vpn else layout.file.provider
    return PimConfig(
        rps=tuple(_rp(layout, in_vpn, rp) for rp in given.rp),
        spt=given.spt_policy,
    )


def _rp(layout: Layout, vpn: str | None, rp: Rp) -> StaticRp:
    return StaticRp(
        address=rp_address(layout, vpn, rp.address),
        groups=rp.groups,
        bidirectional=rp.bidirectional,
    )


def rp_address(layout: Layout, vpn: str | None, text: str) -> IPv4Address:
    """An address as it is, or that of a router by its name."""
    try:
        return IPv4Address(text)
    except AddressValueError:
        pass
    in_vrf = (end.address.ip for end in layout.ends[text] if vpn is not None and end.vrf == vpn)
    return next(in_vrf, layout.loopbacks[text])
