"""Which routes are asked for a C-root behind another PE, and the choice among them.

RFC 6513 5.1.1 leaves it to policy whether the eligible routes are the unicast ones or those of SAFI
129. Here a root that a route of SAFI 129 covers is looked up among these, any other one among the
unicast routes. A root that the VRF's own routes lead to is not the MVPN's business at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.mvpn.umh_routes import EligibleRoutes, MulticastRoutes
from controlplane.mvpn.upstream import UmhCandidate, UmhChoice, UmhQuestion, UpstreamHop
from controlplane.mvpn.upstream_names import candidate
from controlplane.protocols.bgp.events import Imported
from controlplane.rib.route import Route, VpnNextHop
from controlplane.wire.bgp.attributes import Origin, PathAttributes

ImportedRoutes: TypeAlias = Callable[[IPv4Network], Iterable[Imported]]
"""The unicast routes to exactly this prefix that the VRF imports, all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`is_multicast_route`: by routes of SAFI 129. Candidates are in the order of their PEs."""

    prefix: IPv4Network
    is_multicast_route: bool
    candidates: tuple[UmhCandidate, ...]
    choice: UmhChoice


class UpstreamSelection:
    """`me` is this PE, which is never its own upstream PE."""

    def __init__(
        self,
        option: UpstreamHop,
        me: IPv4Address,
        unicast: ImportedRoutes,
        multicast: MulticastRoutes,
    ) -> None:
        self._option = option
        self._me = me
        self._unicast = unicast
        self._multicast = multicast

    def select(
        self, installed: Route | None, root: IPv4Address, group: IPv4Address
    ) -> Selection | None:
        """None when the root's unicast route, the installed one, is of the VRF itself."""
        routes = self._eligible(installed, root)
        if routes is None:
            return None
        candidates = tuple(sorted(set(routes.candidates), key=_order))
        question = UmhQuestion(
            root=root, group=group, installed=routes.installed, candidates=candidates
        )
        return Selection(
            prefix=routes.prefix,
            is_multicast_route=routes.is_multicast_route,
            candidates=candidates,
            choice=self._option.choose(question),
        )

    def _eligible(self, installed: Route | None, root: IPv4Address) -> EligibleRoutes | None:
        if installed is None:
            return self._multicast.lookup(root)
        next_hop = _vpn_next_hop(installed)
        if next_hop is None:
            return None
        return self._multicast.lookup(root) or self._unicast_routes(installed.prefix, next_hop)

    def _unicast_routes(self, prefix: IPv4Network, next_hop: VpnNextHop) -> EligibleRoutes:
        found = (candidate(r.key.rd, r.attributes, r.pe) for r in self._preferred(prefix, next_hop))
        candidates = tuple(one for one in found if one.pe != self._me)
        same_rd = (one for one in candidates if one.rd == next_hop.rd)
        # A route that was given, not imported, says of its PE what its next hop does.
        installed = next(same_rd, UmhCandidate(next_hop.pe, next_hop.rd))
        return EligibleRoutes(
            prefix=prefix,
            installed=installed,
            candidates=(*candidates, installed),
            is_multicast_route=False,
        )

    def _preferred(self, prefix: IPv4Network, next_hop: VpnNextHop) -> list[Imported]:
        """Without those that the installed one is preferred to. Their PEs tell them to stand by,
        and go the way of the installed one themselves: joins would not come to the root.
        """
        routes = list(self._unicast(prefix))
        installed = next((one for one in routes if one.key.rd == next_hop.rd), None)
        if installed is None:
            return routes
        best = installed.attributes
        return [one for one in routes if _is_as_preferred(one.attributes, best)]


def _is_as_preferred(one: PathAttributes, best: PathAttributes) -> bool:
    """RFC 4271 9.1.2.2, by all that does not depend on who decides."""
    same_neighbor = one.as_path.first == best.as_path.first
    return _preference(one) == _preference(best) and (
        not same_neighbor or (one.med or 0) == (best.med or 0)
    )


def _preference(of: PathAttributes) -> tuple[int | None, int, Origin]:
    return of.local_pref, of.as_path.length, of.origin


def _vpn_next_hop(route: Route) -> VpnNextHop | None:
    return next((hop for hop in route.next_hops if isinstance(hop, VpnNextHop)), None)


def _order(one: UmhCandidate) -> tuple[IPv4Address, object]:
    return one.pe, one.rd
