"""Which VRFs a VPN route goes into: those that import one of its route targets (RFC 4364 4.3.1).

A route that this router exports itself goes into its other VRFs alike, but not back into the one
that it comes from: there comes the next best of the same RD, which is another PE's. What comes out
is what the BGP engines of these VRFs are told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
from controlplane.wire.bgp.communities import ExtendedCommunity
from controlplane.wire.bgp.nlri import VpnPrefix


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
        self._by_communities: dict[frozenset[ExtendedCommunity], frozenset[str]] = {}
        self._holders: dict[VpnPrefix, frozenset[str]] = {}
        # Many routes are in the same VRFs, and one set does for all of them.
        self._shared: dict[frozenset[str], frozenset[str]] = {}

    @property
    def targets(self) -> frozenset[RouteTarget]:
        """All that some VRF imports."""
        return frozenset(self._importers)

    def importers(self, communities: frozenset[ExtendedCommunity]) -> frozenset[str]:
        """The VRFs that import a route with these communities."""
        found = self._by_communities.get(communities)
        if found is None:
            targets = (one.route_target for one in communities)
            found = frozenset(
                vrf for target in targets if target for vrf in self._importers.get(target, ())
            )
            self._by_communities[communities] = found
        return found

    def apply(self, change: BestPathsChanged) -> Mapping[str, RoutesImported]:
        """What each VRF is to be told of a change of the VPN routes."""
        changed: defaultdict[str, list[Imported]] = defaultdict(list)
        gone: defaultdict[str, list[VpnPrefix]] = defaultdict(list)
        for path in change.changed:
            assert isinstance(path.key, VpnPrefix)
            self._place(path.key, path, changed, gone)
        for key in change.withdrawn:
            assert isinstance(key, VpnPrefix)
            for vrf in self._holders.pop(key, ()):
                gone[vrf].append(key)
        return {
            vrf: RoutesImported(changed=tuple(changed[vrf]), withdrawn=tuple(gone[vrf]))
            for vrf in sorted({*changed, *gone})
        }

    def _place(
        self,
        key: VpnPrefix,
        path: BestPath,
        changed: defaultdict[str, list[Imported]],
        gone: defaultdict[str, list[VpnPrefix]],
    ) -> None:
        found = self._placed(key, path)
        for vrf in self._holders.pop(key, frozenset()) - found.keys():
            gone[vrf].append(key)
        if found:
            holders = frozenset(found)
            self._holders[key] = self._shared.setdefault(holders, holders)
        for vrf, imported in found.items():
            changed[vrf].append(imported)

    def _placed(self, key: VpnPrefix, path: BestPath) -> dict[str, Imported]:
        """What each VRF is given. The one that tells a route itself is given what another PE with
        the same RD tells of it: the two compete there, as if the RDs were different.
        """
        found = self._importing(key, path)
        if path.source is PathSource.LOCAL:
            own = self._vrf_of.get(key.rd, "")
            found.pop(own, None)
            others = self._importing(key, path.backup) if path.backup else {}
            if own in others:
                found[own] = others[own]
        return found

    def _importing(self, key: VpnPrefix, path: BestPath) -> dict[str, Imported]:
        imported = self._imported(key, path)
        if imported is None:
            return {}
        return dict.fromkeys(self.importers(path.attributes.extended_communities), imported)

    def _imported(self, key: VpnPrefix, path: BestPath) -> Imported | None:
        """None for a route without label, which nothing can be sent along."""
        own = path.source is PathSource.LOCAL
        pe = self._me if own else path.attributes.next_hop
        if path.label is None or pe is None:
            return None
        return Imported(
            prefix=key.prefix,
            key=key,
            attributes=path.attributes,
            pe=pe,
            label=path.label,
            metric=path.metric,
            vrf=self._vrf_of.get(key.rd) if own else None,
        )


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
