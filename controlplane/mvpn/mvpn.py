"""One MVPN at one PE: its profile's option of each layer, put together.

Nothing outside the layers asks for the profile. The router takes from here an interface (the PMSI),
what to tell the two PIM engines, the RPF answer for sources behind other PEs, and the tunnels.
"""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.mvpn.config import DiscoveredPe, LocalMvpn
from controlplane.mvpn.discovery import DISCOVERIES
from controlplane.mvpn.indices import IndexAllocator
from controlplane.mvpn.pmsi import PMSIS
from controlplane.mvpn.profile import find_profile
from controlplane.mvpn.signalling import SIGNALLINGS
from controlplane.mvpn.tunnel import TUNNELS
from controlplane.mvpn.upstream import UPSTREAM_HOPS
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.events import PimInput, Rpf
from controlplane.rib.route import VpnNextHop


class Mvpn:
    """`indices` are the router's; ProfileError when the profile cannot run."""

    def __init__(self, local: LocalMvpn, indices: IndexAllocator) -> None:
        self.profile = find_profile(local.config.profile)
        self.tunnel = TUNNELS[self.profile.tunnel](local)
        self._discovery = DISCOVERIES[self.profile.discovery](local)
        self._signalling = SIGNALLINGS[self.profile.signalling](local)
        self._upstream = UPSTREAM_HOPS[self.profile.upstream](local)
        pmsi = PMSIS[self.profile.pmsi](local)
        self.interface = pmsi.interface(indices.index_of(local.vrf), self.tunnel.overhead)
        self._roots = {
            indices.index_of((local.vrf, pe.address)): pe for pe in self._discovery.remote_pes()
        }

    @property
    def roots(self) -> Mapping[int, DiscoveredPe]:
        """The remote PEs, by the data plane's index of (PMSI, root PE)."""
        return self._roots

    def joins(self) -> tuple[MembershipChanged, ...]:
        """For the provider's PIM: this PE wants to be a leaf of every other PE's tunnel."""
        return tuple(self.tunnel.join(pe, self.interface.name) for pe in self._roots.values())

    def start(self) -> tuple[PimInput, ...]:
        """For the VRF's PIM: the PMSI is there."""
        return self._signalling.start(self.interface)

    def reverse_path(self, installed: VpnNextHop) -> Rpf:
        """RFC 6513 5.1: the RPF interface is the PMSI, the RPF neighbour the upstream PE."""
        return Rpf(self.interface.name, self._upstream.upstream_pe(installed))
