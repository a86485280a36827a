"""VPN routes that are for upstream multicast hop selection alone: SAFI 129 (RFC 6513 5.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from controlplane.mvpn.config import LocalMvpn
from controlplane.mvpn.upstream import UmhCandidate
from controlplane.mvpn.upstream_names import candidate
from controlplane.net.prefix_table import PrefixTable
from controlplane.protocols.bgp.events import BestPath, BestPathsChanged, PathSource
from controlplane.wire.bgp.communities import targets_among
from controlplane.wire.bgp.nlri import VpnPrefix


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibleRoutes:
    """The Installed UMH Route for a C-root, and all routes to the same prefix."""

    prefix: IPv4Network
    installed: UmhCandidate
    candidates: tuple[UmhCandidate, ...]
    is_multicast_route: bool


@dataclass(frozen=True, slots=True)
class _Route:
    candidate: UmhCandidate
    metric: int


class MulticastRoutes:
    """Those that one VRF imports, by prefix."""

    def __init__(self, local: LocalMvpn) -> None:
        self._local = local
        self._by_prefix: PrefixTable[dict[VpnPrefix, _Route]] = PrefixTable()

    def apply(self, event: BestPathsChanged) -> bool:
        """True when that changed something."""
        routes = {path.key: self._route(path) for path in event.changed}
        routes |= dict.fromkeys(event.withdrawn)
        changes = [self._put(key, r) for key, r in routes.items() if isinstance(key, VpnPrefix)]
        return any(changes)

    def lookup(self, root: IPv4Address) -> EligibleRoutes | None:
        """Those of the longest prefix; the nearest PE's route is the installed one."""
        routes = self._by_prefix.lookup(root)
        if routes is None:
            return None
        installed = min(routes.values(), key=_nearest)
        return EligibleRoutes(
            prefix=next(iter(routes)).prefix,
            installed=installed.candidate,
            candidates=tuple(route.candidate for route in routes.values()),
            is_multicast_route=True,
        )

    def _route(self, path: BestPath) -> _Route | None:
        """None when the VRF does not import it, or this PE told of it itself."""
        key, attributes = path.key, path.attributes
        targets = targets_among(attributes.extended_communities)
        if path.source is PathSource.LOCAL or not targets & self._local.import_targets:
            return None
        if not isinstance(key, VpnPrefix) or attributes.next_hop is None:
            return None
        return _Route(candidate(key.rd, attributes, attributes.next_hop), path.metric)

    def _put(self, key: VpnPrefix, route: _Route | None) -> bool:
        routes = self._by_prefix.get(key.prefix) or {}
        if routes.get(key) == route:
            return False
        others = {k: r for k, r in routes.items() if k != key}
        if route is not None:
            self._by_prefix.insert(key.prefix, {**others, key: route})
        elif others:
            self._by_prefix.insert(key.prefix, others)
        else:
            self._by_prefix.remove(key.prefix)
        return True


def _nearest(route: _Route) -> tuple[int, int]:
    """The least distance, then the highest address."""
    return route.metric, -int(route.candidate.pe)
