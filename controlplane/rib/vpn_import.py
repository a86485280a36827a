"""Which VRFs a VPN route goes into: those that import one of its route targets (RFC 4364 4.3.1).

A route that this router exports itself goes into its other VRFs alike, but not back into the one
that it comes from: there comes the next best of the same RD, which is another PE's. What comes out
is what the BGP engines of these VRFs are told.

Where a route is hangs on the route alone. So nobody has to remember it: a VRF has to forget a route
that went into it as it was before, and does not as it is now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import (
    BestPath,
    BestPathsChanged,
    Imported,
    PathSource,
    RoutesImported,
)
from controlplane.wire.bgp.communities import ExtendedCommunity, targets_among
from controlplane.wire.bgp.nlri import NlriKey, VpnPrefix


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportingVrf:
    """A VRF: its RD, by which its own routes are known, and the targets that it imports."""

    name: str
    rd: RouteDistinguisher
    targets: frozenset[RouteTarget]


class VpnImports:
    """`me` is this router's address in the provider's table."""

    def __init__(self, me: IPv4Address, vrfs: Iterable[ImportingVrf]) -> None:
        self._me = me
        self._vrf_of: dict[RouteDistinguisher, str] = {}
        self._importers: defaultdict[RouteTarget, set[str]] = defaultdict(set)
        for vrf in vrfs:
            self._vrf_of[vrf.rd] = vrf.name
            for target in vrf.targets:
                self._importers[target].add(vrf.name)
        self._by_targets: dict[frozenset[RouteTarget], frozenset[str]] = {}

    @property
    def targets(self) -> frozenset[RouteTarget]:
        """All that some VRF imports."""
        return frozenset(self._importers)

    def importers(self, communities: frozenset[ExtendedCommunity]) -> frozenset[str]:
        """The VRFs that import a route with these communities."""
        targets = targets_among(communities)
        found = self._by_targets.get(targets)
        if found is None:
            found = frozenset(vrf for one in targets for vrf in self._importers.get(one, ()))
            self._by_targets[targets] = found
        return found

    def apply(self, change: BestPathsChanged) -> Mapping[str, RoutesImported]:
        """What each VRF is to be told of a change of the VPN routes."""
        changed: defaultdict[str, list[Imported]] = defaultdict(list)
        gone: defaultdict[str, list[VpnPrefix]] = defaultdict(list)
        holders: dict[NlriKey, Set[str]] = {}
        for path in change.changed:
            paths = self._paths(path)
            holders[path.key] = paths.keys()
            for vrf, one in paths.items():
                changed[vrf].append(self._imported(one))
        for path in change.former:
            for vrf in self._paths(path).keys() - holders.get(path.key, frozenset()):
                gone[vrf].append(_vpn_prefix(path))
        return {
            vrf: RoutesImported(changed=tuple(changed[vrf]), withdrawn=tuple(gone[vrf]))
            for vrf in sorted({*changed, *gone})
        }

    def _paths(self, path: BestPath) -> dict[str, BestPath]:
        """The path that each VRF is given. The one that tells a route itself is given what another
        PE with the same RD tells of it: the two compete there, as if the RDs were different.
        """
        found = dict.fromkeys(self._importing(path), path)
        if path.source is PathSource.LOCAL:
            own = self._vrf_of.get(_vpn_prefix(path).rd, "")
            found.pop(own, None)
            if path.backup is not None and own in self._importing(path.backup):
                found[own] = path.backup
        return found

    def _importing(self, path: BestPath) -> frozenset[str]:
        """None for a route without label, which nothing can be sent along."""
        if path.label is None or self._pe(path) is None:
            return frozenset()
        return self.importers(path.attributes.extended_communities)

    def _pe(self, path: BestPath) -> IPv4Address | None:
        return self._me if path.source is PathSource.LOCAL else path.attributes.next_hop

    def _imported(self, path: BestPath) -> Imported:
        key, pe = _vpn_prefix(path), self._pe(path)
        assert pe is not None
        assert path.label is not None
        return Imported(
            prefix=key.prefix,
            key=key,
            attributes=path.attributes,
            pe=pe,
            label=path.label,
            metric=path.metric,
            vrf=self._vrf_of.get(key.rd) if path.source is PathSource.LOCAL else None,
        )


def _vpn_prefix(path: BestPath) -> VpnPrefix:
    assert isinstance(path.key, VpnPrefix)
    return path.key


class Candidates:
    """The imported routes of one VRF by prefix, all of them: RFC 6513 5.1.3 chooses among them."""

    def __init__(self) -> None:
        self._by_prefix: defaultdict[IPv4Network, dict[VpnPrefix, Imported]] = defaultdict(dict)

    def apply(self, change: RoutesImported) -> None:
        for imported in change.changed:
            self._by_prefix[imported.prefix][imported.key] = imported
        for key in change.withdrawn:
            of_prefix = self._by_prefix[key.prefix]
            of_prefix.pop(key, None)
            if not of_prefix:
                del self._by_prefix[key.prefix]

    def of(self, prefix: IPv4Network) -> tuple[Imported, ...]:
        """The routes to exactly this prefix, by RD."""
        found = self._by_prefix.get(prefix, {})
        return tuple(found[key] for key in sorted(found))
