"""Multicast of a VRF: the profile, and what its layers need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controlplane.lab.expand.layout import Layout
from controlplane.lab.file.service import Vpn
from controlplane.lab.file.timers import Timers
from controlplane.mvpn.config import DiscoveredPe, MvpnConfig
from controlplane.mvpn.options import DiscoveryOption
from controlplane.mvpn.profile import find_profile
from controlplane.mvpn.s_pmsi.config import SPmsiConfig
from controlplane.protocols.pim.events import PimSettings


def mvpn_config(layout: Layout, router: str, name: str) -> MvpnConfig | None:
    """What a PE is told of the multicast of one of its VPNs, if that has any."""
    vpn = layout.file.vpns[name]
    group = vpn.default_group(router)
    if vpn.profile is None or group is None:
        return None
    return MvpnConfig(
        profile=vpn.profile,
        default_group=group,
        discovered=tuple(_discovered(layout, router, name, vpn)),
        discovery=vpn.discovery_of(router),
        upstream=vpn.upstream,
        connector=vpn.connector_form,
        pim=pim_settings((layout.file.timers, vpn.timers)),
        dont_fragment=vpn.dont_fragment,
        s_pmsi=vpn.data_mdt.config() if vpn.data_mdt else SPmsiConfig(),
    )


def discoveries(vpn: Vpn, pe: str) -> frozenset[DiscoveryOption]:
    """How a PE finds the others of an MVPN."""
    return vpn.discovery_of(pe) or frozenset({find_profile(str(vpn.profile)).discovery})


def _discovered(layout: Layout, router: str, name: str, vpn: Vpn) -> Iterator[DiscoveredPe]:
    """The static list, where there is one: the other PEs of the VPN."""
    if DiscoveryOption.STATIC_LIST in discoveries(vpn, router):
        for pe in layout.pes(name):
            group = vpn.default_group(pe)
            if pe != router and group:
                yield DiscoveredPe(address=layout.loopbacks[pe], group=group)


def pim_settings(timers: Iterable[Timers]) -> PimSettings:
    """RFC 7761's defaults under each of these in turn."""
    settings = PimSettings()
    for one in timers:
        settings = one.pim.over(settings)
    return settings
