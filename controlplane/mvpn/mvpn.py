"""One MVPN at one PE: its profile's option of each layer, put together.

Nothing outside the layers asks for the profile. The router takes from here an interface (the PMSI),
the routes that tell others of this PE, what to tell the two PIM engines, the RPF answer for sources
behind other PEs, and the tunnels. It hands in what BGP of the provider's table has learnt: with its
routes the other PEs come and go, and with them the P-tunnels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from ipaddress import IPv4Address

from controlplane.mvpn.auto_discovery import AutoDiscovery
from controlplane.mvpn.change import MvpnChange
from controlplane.mvpn.config import DiscoveredPe, LocalMvpn
from controlplane.mvpn.discovery import DISCOVERIES
from controlplane.mvpn.indices import IndexAllocator, Place
from controlplane.mvpn.options import DiscoveryOption
from controlplane.mvpn.pmsi import PMSIS
from controlplane.mvpn.profile import choose_discovery, find_profile
from controlplane.mvpn.roots import Roots
from controlplane.mvpn.s_pmsi.config import SPmsiConfig
from controlplane.mvpn.selection import ImportedRoutes, Selection, UpstreamSelection
from controlplane.mvpn.show import DiscoveryView
from controlplane.mvpn.signalling import SIGNALLINGS
from controlplane.mvpn.tunnel import TUNNELS
from controlplane.mvpn.umh_routes import MulticastRoutes
from controlplane.mvpn.upstream import UPSTREAM_HOPS
from controlplane.mvpn.upstream_names import upstream_names
from controlplane.protocols.bgp.events import BestPathsChanged, Originated
from controlplane.protocols.pim.events import NeighborsExpected, PimInput, RoutesChanged, Rpf
from controlplane.rib.route import Route
from controlplane.rib.tunnels import VpnTunnels
from controlplane.wire.bgp.nlri import Family


class Mvpn:
    """`indices` are the router's, `imported` answers with the VRF's imported unicast routes.

    ProfileError when the profile cannot run.
    """

    def __init__(
        self, local: LocalMvpn, indices: IndexAllocator[Place], imported: ImportedRoutes
    ) -> None:
        self.profile = find_profile(local.config.profile)
        self.discovery = choose_discovery(self.profile, local)
        self.upstream = local.config.upstream or self.profile.upstream
        self.upstream_names = upstream_names(local, self.discovery)
        """What goes with every unicast route that the VRF exports."""
        self.tunnel = TUNNELS[self.profile.tunnel](local)
        pmsi = PMSIS[self.profile.pmsi](local)
        self.interface = pmsi.interface(indices.index_of(Place(local.vrf)), self.tunnel.overhead)
        self.tunnels = VpnTunnels(
            pmsi=self.interface.name,
            own=self.tunnel.own,
            shared=self.tunnel.shared,
            dont_fragment=_dont_fragment(local.config.dont_fragment, self.discovery),
        )
        """The table that forwarding reads."""
        self.s_pmsi: SPmsiConfig = local.config.s_pmsi
        """The selective trees, which have an engine of their own."""
        self._roots = Roots(local.vrf, self.tunnel, self.tunnels, indices)
        self._discovery = AutoDiscovery(
            (DISCOVERIES[one](local, self.tunnel) for one in DISCOVERIES if one in self.discovery),
            self._roots,
            self.interface.name,
        )
        self._signalling = SIGNALLINGS[self.profile.signalling](local)
        self._multicast_routes = MulticastRoutes(local)
        self._upstream = UpstreamSelection(
            UPSTREAM_HOPS[self.upstream](), local.me, imported, self._multicast_routes
        )

    @property
    def counters(self) -> Counter[str]:
        """How often what happened; keys are those of `Count`."""
        return self._discovery.counters

    @property
    def roots(self) -> Mapping[int, DiscoveredPe]:
        """The remote PEs of now, by the data plane's index of (PMSI, root PE)."""
        return self._roots.by_index

    def originated(self) -> tuple[tuple[Family, Originated], ...]:
        """For BGP of the provider's table: the routes that tell other PEs of this one."""
        return self._discovery.originated()

    def joins(self) -> tuple[PimInput, ...]:
        """For the provider's PIM: this PE is a leaf of every other PE's tunnel, and a source."""
        return (*self.tunnel.start(self.interface.name), *self._roots.joins())

    def start(self) -> tuple[PimInput, ...]:
        """For the VRF's PIM: the PMSI is there, and so are the PEs that a list names."""
        listed = frozenset(self.tunnels.remote)
        expected = NeighborsExpected(interface=self.interface.name, awaited=listed)
        return (*self._signalling.start(self.interface), *((expected,) if listed else ()))

    def learn(self, event: BestPathsChanged) -> MvpnChange:
        """BGP of the provider's table has other best paths in one of the MVPN's families."""
        if event.family is not Family.VPNV4_MULTICAST:
            return self._discovery.learn(event)
        changed = self._multicast_routes.apply(event)
        return MvpnChange(customer=(RoutesChanged(),) if changed else ())

    def neighbor_changed(self, pe: IPv4Address, *, up: bool) -> MvpnChange:
        """The VRF's PIM has another neighbour on the PMSI, or one less."""
        return self._discovery.neighbor_changed(pe, up=up)

    def select(
        self, installed: Route | None, root: IPv4Address, group: IPv4Address
    ) -> Selection | None:
        """The upstream PE of a root that the VRF has no route to but this VPN route, or none."""
        return self._upstream.select(installed, root, group)

    def reverse_path(
        self, installed: Route | None, root: IPv4Address, group: IPv4Address
    ) -> Rpf | None:
        """RFC 6513 5.1: the RPF interface is the PMSI, the RPF neighbour the upstream PE."""
        selection = self.select(installed, root, group)
        return Rpf(self.interface.name, selection.choice.candidate.pe) if selection else None

    def discovered(self) -> tuple[DiscoveryView, ...]:
        """All that speaks of other PEs, and what came of it."""
        return self._discovery.discovered()


def _dont_fragment(given: bool | None, discovery: frozenset[DiscoveryOption]) -> bool:
    """The DF bit of outer headers.

    RFC 6037 4.8: the ingress PE "MUST NOT set" it; RFC 6513 12.4.1: "MUST set". The former is what
    PEs do that know MDT-SAFI alone.
    """
    return discovery != {DiscoveryOption.MDT_SAFI} if given is None else given
