"""The RouterConfig of each router: interfaces with their protocols, and VRFs."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network
from typing import Final

from controlplane.lab.expand.bgp import OF_VRF, vrf_bgp, with_bgp
from controlplane.lab.expand.core import with_core
from controlplane.lab.expand.layout import Layout, PlacedEnd
from controlplane.lab.expand.mvpn import mvpn_config, pim_settings
from controlplane.lab.expand.rendezvous import anycast_addresses, network_of, pim_config
from controlplane.lab.expand.targets import (
    distinguisher,
    export_targets,
    import_targets,
    vpn_number,
)
from controlplane.lab.file.timers import Timers
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.protocols.bfd.events import BfdSettings
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.pim.events import PimSettings
from controlplane.router.config import (
    InterfaceConfig,
    Role,
    RouterConfig,
    VpnLabels,
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
        interfaces=(
            _loopback(layout, name),
            *_interfaces(layout, name),
            *_anycast_loopbacks(layout, name),
        ),
        vrfs=tuple(_vrf(layout, name, vpn) for vpn in layout.vrfs(name)),
        pim=pim_config(layout, name, None),
    )
    config = with_bgp(layout, name, config)
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


def _anycast_loopbacks(layout: Layout, name: str) -> Iterator[InterfaceConfig]:
    """RFC 4610 2: "Each router in the Anycast-RP set is configured with a loopback interface"."""
    vpns: tuple[str | None, ...] = (None, *layout.vrfs(name))
    shared = [(vpn, one) for vpn in vpns for one in anycast_addresses(layout, name, vpn)]
    for number, (vpn, address) in enumerate(shared, start=1):
        yield InterfaceConfig(
            interface=Interface(
                name=f"lo{number}",
                index=_LOOPBACK_INDEX + len(layout.ends[name]) + number,
                kind=InterfaceKind.LOOPBACK,
                address=IPv4Interface((address, 32)),
                vrf=vpn or DEFAULT_VRF,
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
                mtu=end.mtu,
            ),
            pim=_pim(layout, end),
            igmp=_igmp(layout, end),
            bfd=_bfd(layout, end),
        )


def _timers(layout: Layout, end: PlacedEnd) -> tuple[Timers, ...]:
    """From the general to the special, the interface's own left out."""
    link = layout.link[end.link]
    return layout.timers(link.domain, link.vpn)


def _bfd(layout: Layout, end: PlacedEnd) -> BfdSettings | None:
    """On a customer's link, where BGP is to use it; in the core all protocols do (`core.py`)."""
    given = layout.link[end.link].spec.bgp.bfd
    return given.settings() if given and end.port is not None else None


def _pim(layout: Layout, end: PlacedEnd) -> PimSettings | None:
    own = end.spec.pim
    if not layout.runs_pim(end):
        return None
    settings = pim_settings(_timers(layout, end))
    return own.over(settings) if own else settings


def _igmp(layout: Layout, end: PlacedEnd) -> IgmpSettings | None:
    """IGMP runs where hosts are, unless the file says otherwise."""
    own, link = end.spec.igmp, layout.link[end.link]
    wanted = own.enabled if own else any(other.port is None for other in link.ends)
    if not wanted:
        return None
    settings = IgmpSettings(ssm_mapped=_mapped(layout, end))
    for timers in _timers(layout, end):
        settings = timers.igmp.over(settings)
    return own.over(settings) if own else settings


def _mapped(layout: Layout, end: PlacedEnd) -> tuple[IPv4Network, ...]:
    """The groups whose sources the routers of the network that an end is in know."""
    network = network_of(layout, end.node, None if end.vrf == DEFAULT_VRF else end.vrf)
    return tuple(one.groups for one in network[1].ssm_mapping) if network else ()


def _vrf(layout: Layout, router: str, name: str) -> VrfConfig:
    file = layout.file
    return VrfConfig(
        name=name,
        id=vpn_number(file, name),
        rd=distinguisher(file, name, router, layout.loopbacks[router]),
        import_targets=import_targets(file, name),
        export_targets=export_targets(file, name),
        mvpn=mvpn_config(layout, router, name),
        labels=VpnLabels(file.vpns[name].labels),
        bgp=vrf_bgp(layout, router, name),
        redistribute=OF_VRF,
        pim=pim_config(layout, router, name),
    )
