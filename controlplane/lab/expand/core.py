"""What a router of the provider's core runs beside its customers' protocols: OSPF, LDP and BFD.

OSPF runs on all interfaces of the provider's table, spoken on those that other core routers share;
LDP and BFD on the latter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from controlplane.fib.model import TtlMode
from controlplane.lab.expand.domains import PROVIDER
from controlplane.lab.expand.layout import Layout, PlacedEnd
from controlplane.net.interface import DEFAULT_VRF, InterfaceKind
from controlplane.protocols.ldp.events import LdpConfig
from controlplane.protocols.ospf.events import (
    NetworkType,
    OspfConfig,
    OspfSettings,
    TrafficEngineering,
)
from controlplane.rib.route import RouteProtocol
from controlplane.router.config import InterfaceConfig, Redistribution, RouterConfig

_PAIR: Final = 2


def with_core(layout: Layout, name: str, config: RouterConfig) -> RouterConfig:
    """The configuration with the core's protocols added."""
    ends = {end.interface: end for end in layout.ends[name]}
    interfaces = tuple(_interface(layout, name, item, ends) for item in config.interfaces)
    provider = layout.file.provider
    return replace(
        config,
        interfaces=interfaces,
        ospf=_ospf(layout, name, interfaces),
        redistribute=tuple(
            Redistribution(protocol=RouteProtocol[protocol.upper()])
            for protocol in layout.file.routers[name].redistribute
        ),
        ldp=_ldp(layout, name) if provider.ldp.enabled else None,
        ttl_mode=TtlMode(provider.ttl),
    )


def _ospf(layout: Layout, name: str, interfaces: Iterable[InterfaceConfig]) -> OspfConfig:
    process = layout.file.provider.ospf
    areas = sorted({item.ospf.area for item in interfaces if item.ospf})
    base = OspfConfig(
        router_id=layout.loopbacks[name], areas=tuple(process.area(area) for area in areas)
    )
    return process.over(base)


def _ldp(layout: Layout, name: str) -> LdpConfig:
    me, ldp = layout.loopbacks[name], layout.file.provider.ldp
    base = LdpConfig(
        router_id=me,
        transport_address=me,
        targeted=tuple(layout.loopbacks[peer] for peer in ldp.peers_of(name)),
        md5_keys=dict(_keys(layout, name, ldp.key)) if ldp.key else {},
    )
    return ldp.over(base)


def _keys(layout: Layout, name: str, key: str) -> Iterator[tuple[IPv4Address, bytes]]:
    """The key for each other router of the core."""
    for other, address in layout.loopbacks.items():
        if other != name and layout.domains.is_core(other):
            yield address, key.encode()


def _interface(
    layout: Layout, name: str, item: InterfaceConfig, ends: dict[str, PlacedEnd]
) -> InterfaceConfig:
    if item.interface.vrf != DEFAULT_VRF:
        return item
    if item.interface.kind is InterfaceKind.LOOPBACK:
        return replace(item, ospf=OspfSettings(area=layout.file.routers[name].area, cost=0))
    end = ends[item.interface.name]
    if layout.link[end.link].domain != PROVIDER:
        return item
    provider = layout.file.provider
    shared = any(map(layout.domains.is_core, (other.node for other in layout.neighbors(end))))
    speaks = shared and end.spec.ldp and provider.ldp.enabled
    return replace(
        item,
        ospf=_ospf_settings(layout, end, shared),
        ldp=speaks,
        bfd=provider.bfd.settings() if provider.bfd and shared else None,
        pim=replace(item.pim, bfd=True) if item.pim and provider.bfd and shared else item.pim,
    )


def _ospf_settings(layout: Layout, end: PlacedEnd, shared: bool) -> OspfSettings | None:
    own, link, provider = end.spec.ospf, layout.link[end.link].spec, layout.file.provider
    if own is not None and not own.enabled:
        return None
    settings = OspfSettings(
        area=link.area,
        network=_network_type(layout, end),
        cost=end.cost,
        passive=not shared,
        bfd=provider.bfd is not None,
        ldp_sync=provider.ldp.enabled and provider.ldp.sync and end.spec.ldp and shared,
        traffic_engineering=_traffic_engineering(layout) if shared else None,
    )
    for timers in (layout.file.timers, provider.timers):
        settings = timers.ospf.over(settings)
    return own.over(settings) if own else settings


def _traffic_engineering(layout: Layout) -> TrafficEngineering | None:
    return TrafficEngineering() if layout.file.provider.ospf.traffic_engineering else None


def _network_type(layout: Layout, end: PlacedEnd) -> NetworkType:
    link = layout.link[end.link]
    if link.spec.network is not None:
        return NetworkType(link.spec.network)
    return NetworkType.BROADCAST if len(link.ends) > _PAIR else NetworkType.POINT_TO_POINT
