"""The VPNs of a PE: what its VRFs tell other PEs, and what they hear from them (RFC 4364 4.3).

BGP of each VRF says which paths are best there. Those of the VRF's own become VPN routes, which BGP
of the provider's table tells. The VPN routes that are best there are handed to BGP of the VRFs that
import them. So a route goes from CE to CE through four of BGP's decisions, each with its reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from controlplane.engine.labels import LabelsExhausted
from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.fib.build import FibBuilder
from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.upstream_names import UpstreamNames
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.label import Label
from controlplane.protocols.bgp.events import (
    BestPath,
    BestPathsChanged,
    Originated,
    RoutesOriginated,
    TargetsWanted,
)
from controlplane.protocols.pim.events import RoutesChanged
from controlplane.rib.vpn_export import VpnExport, exported
from controlplane.rib.vpn_import import ImportingVrf, VpnImports
from controlplane.rib.vpn_labels import Labelled, VpnLabelTable
from controlplane.router.config import RouterConfig, VpnLabels, VrfConfig
from controlplane.router.engines import Engines
from controlplane.router.vrf import Vrf
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.nlri import Family


@dataclass(frozen=True, slots=True)
class NoLabelLeft(Notice):
    """A route is kept from the other PEs."""

    prefix: str
    why: str

    def words(self) -> str:
        return f"no other PE is told of {self.prefix}: {self.why}"


class Vpns:
    """`labels` are the router's; a VRF without BGP tells nothing and hears nothing."""

    def __init__(
        self,
        config: RouterConfig,
        vrfs: Mapping[str, Vrf],
        engines: Engines,
        builder: FibBuilder,
        labels: VpnLabelTable,
    ) -> None:
        configs = [item for item in config.vrfs if item.bgp is not None]
        self._configs = {item.name: item for item in configs}
        self._vrfs = vrfs
        self._exports = {item.name: _export(item, vrfs[item.name].mvpn) for item in configs}
        self._exported: dict[str, set[IPv4Network]] = {item.name: set() for item in configs}
        self._imports = VpnImports(config.router_id, map(_importing, configs))
        self._engines = engines
        self._builder = builder
        self._labels = labels

    def start(self, now: Instant) -> None:
        """Say which targets this PE wants; label the VRFs that have one label each."""
        for name, item in self._configs.items():
            if item.labels is VpnLabels.PER_VRF:
                self._label(Labelled(name), now)
        if self._configs:
            self._engines.bgp(DEFAULT_VRF, TargetsWanted(targets=self._imports.targets), now)

    def imported(self, change: BestPathsChanged, now: Instant) -> None:
        """The VPN routes changed that are best in the provider's table."""
        for name, event in self._imports.apply(change).items():
            vrf = self._vrfs[name]
            self._engines.bgp(name, event, now)
            if vrf.mvpn is not None:
                vrf.candidates.apply(event)
                self._engines.pim(name, RoutesChanged(), now)

    def export(self, vrf: str, change: BestPathsChanged, now: Instant) -> list[Notice]:
        """The best paths of a VRF changed; returns what an operator has to know of it."""
        notices: list[Notice] = []
        routes: dict[IPv4Network, Originated | None] = {}
        for path in change.changed:
            assert isinstance(path.key, IPv4Network)
            try:
                routes[path.key] = self._route(vrf, path, now)
            except LabelsExhausted as error:
                notices.append(NoLabelLeft(str(path.key), str(error)))
                routes[path.key] = None
        routes |= {key: None for key in change.withdrawn if isinstance(key, IPv4Network)}
        self._tell(vrf, routes, now)
        return notices

    def _route(self, vrf: str, path: BestPath, now: Instant) -> Originated | None:
        """None for a path that is not this PE's to tell."""
        assert isinstance(path.key, IPv4Network)
        own = exported(path)
        if own is None:
            return None
        label = self._label(self._labelled(vrf, path.key), now)
        return self._exports[vrf].route(own, label)

    def _labelled(self, vrf: str, prefix: IPv4Network) -> Labelled:
        """What the label of a route stands for."""
        per_prefix = self._configs[vrf].labels is VpnLabels.PER_PREFIX
        return Labelled(vrf, prefix if per_prefix else None)

    def _label(self, meaning: Labelled, now: Instant) -> Label:
        label = self._labels.label_of(meaning, now)
        self._builder.vpn_labels_changed((label,))
        return label

    def _tell(
        self, vrf: str, routes: Mapping[IPv4Network, Originated | None], now: Instant
    ) -> None:
        told, export = self._exported[vrf], self._exports[vrf]
        changed = [route for route in routes.values() if route is not None]
        gone = [prefix for prefix, route in routes.items() if route is None and prefix in told]
        told.difference_update(gone)
        told.update(prefix for prefix, route in routes.items() if route is not None)
        for meaning in (self._labelled(vrf, prefix) for prefix in gone):
            if meaning.prefix is not None:
                self._labels.retire(meaning, now)
        if changed or gone:
            event = RoutesOriginated(
                family=Family.VPNV4,
                changed=tuple(changed),
                withdrawn=tuple(map(export.key, gone)),
            )
            self._engines.bgp(DEFAULT_VRF, event, now)


def _importing(item: VrfConfig) -> ImportingVrf:
    return ImportingVrf(name=item.name, rd=item.rd, targets=item.import_targets)


def _export(item: VrfConfig, mvpn: Mvpn | None) -> VpnExport:
    names = mvpn.upstream_names if mvpn else UpstreamNames()
    targets = frozenset(map(route_target, item.export_targets))
    return VpnExport(rd=item.rd, communities=targets | names.communities, connector=names.connector)
