"""From a route of a VRF to the VPN route that other PEs are told (RFC 4364 4.3.1).

The route gets the VRF's RD, its export targets and a label. Targets that a CE sent are taken off:
which VPNs a site is in is the provider's to say (RFC 4364 4.3.1 lets it believe the customer, which
nobody has configured here). What else a CE's route carries goes along, its AS path among it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from controlplane.net.label import Label
from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.bgp.events import BestPath, Originated, PathSource
from controlplane.wire.bgp.attributes import Connector, PathAttributes
from controlplane.wire.bgp.communities import ExtendedCommunity
from controlplane.wire.bgp.nlri import VpnPrefix


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnExport:
    """`communities` are the targets, and what the VRF's multicast adds to each route."""

    rd: RouteDistinguisher
    communities: frozenset[ExtendedCommunity]
    connector: Connector | None = None

    def key(self, prefix: IPv4Network) -> VpnPrefix:
        return VpnPrefix(self.rd, prefix)

    def route(self, path: BestPath, label: Label) -> Originated:
        """The VPN route of a path of the VRF."""
        assert isinstance(path.key, IPv4Network)
        attributes = self._attributes(path.attributes)
        return Originated(key=self.key(path.key), attributes=attributes, label=label)

    def _attributes(self, of_vrf: PathAttributes) -> PathAttributes:
        kept = (one for one in of_vrf.extended_communities if one.route_target is None)
        return replace(
            of_vrf,
            next_hop=None,
            extended_communities=self.communities.union(kept),
            connector=self.connector,
        )


def exported(best: BestPath) -> BestPath | None:
    """The path that this PE tells of: the best of those that it does not import itself.

    What was imported is told by the PE that exported it. Where such a path has won, the VRF's own
    one still serves others as a backup, so that they need not wait for it when the winner's PE dies
    (draft-ietf-idr-best-external 3).
    """
    candidates = (best, best.backup)
    return next((one for one in candidates if one and _is_own(one)), None)


def _is_own(path: BestPath) -> bool:
    return path.source is not PathSource.IMPORTED
