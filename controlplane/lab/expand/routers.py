"""The RouterConfig of each router: interfaces with their protocols, and VRFs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Interface
from typing import Final

from controlplane.lab.expand.core import with_core
from controlplane.lab.expand.domains import PROVIDER
from controlplane.lab.expand.layout import Layout, PlacedEnd, PlacedLink
from controlplane.lab.file.service import Vpn
from controlplane.lab.file.timers import Timers
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.pim.events import PimSettings
from controlplane.router.config import (
    DiscoveredPe,
    InterfaceConfig,
    MvpnConfig,
    Role,
    RouterConfig,
    VrfConfig,
)

LOOPBACK: Final = "lo0"
_LOOPBACK_INDEX: Final = 1


def router_config(layout: Layout, name: str) -> RouterConfig:
    """What one router of the lab is told."""
    config = RouterConfig(
        name=name,
        role=Role(layout.file.routers[name].role),
        router_id=layout.loopbacks[name],
        interfaces=(_loopback(layout, name), *_interfaces(layout, name)),
        vrfs=tuple(_vrf(layout, name, vpn) for vpn in layout.vrfs(name)),
    )
    return with_core(layout, name, config) if layout.domains.is_core(name) else config


def _loopback(layout: Layout, name: str) -> InterfaceConfig:
    return InterfaceConfig(
        interface=Interface(
            name=LOOPBACK,
            index=_LOOPBACK_INDEX,
            kind=InterfaceKind.LOOPBACK,
            address=IPv4Interface((layout.loopbacks[name], 32)),
        )
    )


def _interfaces(layout: Layout, name: str) -> Iterator[InterfaceConfig]:
    for index, end in enumerate(layout.ends[name], start=_LOOPBACK_INDEX + 1):
        yield InterfaceConfig(
            interface=Interface(
                name=end.interface,
                index=index,
                kind=InterfaceKind.ETHERNET,
                address=end.address,
                vrf=end.vrf,
                port=end.port,
                vlan=end.vlan,
                mac=end.mac,
            ),
            pim=_pim(layout, end),
            igmp=_igmp(layout, end),
        )


def _timers(layout: Layout, link: PlacedLink) -> tuple[Timers, ...]:
    """From the general to the special, the interface's own left out."""
    file = layout.file
    if link.domain == PROVIDER:
        return file.timers, file.provider.timers
    return file.timers, *(file.vpns[name].timers for name in file.vpns if name == link.domain)


def pim_settings(timers: Iterable[Timers]) -> PimSettings:
    """RFC 7761's defaults under each of these in turn."""
    settings = PimSettings()
    for one in timers:
        settings = one.pim.over(settings)
    return settings


def _pim(layout: Layout, end: PlacedEnd) -> PimSettings | None:
    """PIM runs on every link, as its own members need it too: RFC 7761 4.1.6 asks for the DR."""
    own = end.spec.pim
    if own is not None and not own.enabled:
        return None
    settings = pim_settings(_timers(layout, layout.link[end.link]))
    return own.over(settings) if own else settings


def _igmp(layout: Layout, end: PlacedEnd) -> IgmpSettings | None:
    """IGMP runs where hosts are, unless the file says otherwise."""
    own, link = end.spec.igmp, layout.link[end.link]
    wanted = own.enabled if own else any(other.port is None for other in link.ends)
    if not wanted:
        return None
    settings = IgmpSettings()
    for timers in _timers(layout, link):
        settings = timers.igmp.over(settings)
    return own.over(settings) if own else settings


def _vrf(layout: Layout, router: str, name: str) -> VrfConfig:
    vpn = layout.file.vpns[name]
    return VrfConfig(
        name=name,
        id=list(layout.file.vpns).index(name) + 1,
        rd=vpn.rd,
        import_targets=vpn.import_targets,
        export_targets=vpn.export_targets,
        mvpn=_mvpn(layout, router, name, vpn),
    )


def _mvpn(layout: Layout, router: str, name: str, vpn: Vpn) -> MvpnConfig | None:
    group = vpn.default_group(router)
    if vpn.profile is None or group is None:
        return None
    return MvpnConfig(
        profile=vpn.profile,
        default_group=group,
        discovered=tuple(_discovered(layout, router, name, vpn)),
        pim=pim_settings((layout.file.timers, vpn.timers)),
    )


def _discovered(layout: Layout, router: str, name: str, vpn: Vpn) -> Iterator[DiscoveredPe]:
    """The static list: the other PEs of the VPN."""
    for pe in layout.file.routers:
        group = vpn.default_group(pe)
        if pe != router and group and name in layout.vrfs(pe):
            yield DiscoveredPe(address=layout.loopbacks[pe], group=group)
