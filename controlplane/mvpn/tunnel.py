"""Layer P-tunnel: how packets of an MVPN cross the provider's core.

Each PE sends into a tree of the provider's PIM and is a leaf of those that the others send into
(RFC 6513 6), with the customer's packets in GRE (`gre.py`):

    PIM-SSM      a tree a PE, joined one by one as PEs become known      draft 2.2.1
    PIM-SM       one group for all: its shared tree, joined once, and    draft 2.2.2
                 the trees of single PEs as routers switch to them
    BIDIR-PIM    one bidirectional tree for all, joined once             draft 2.2.3

"draft" is draft-rosen-l3vpn-mvpn-profiles-00. On a tree that PEs share the outer source says whose
packet it is, so leaves tell PEs apart on all three (RFC 6513 12.1.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import ClassVar, Final, Protocol

from controlplane.mvpn.config import DiscoveredPe, LocalMvpn
from controlplane.mvpn.gre import OVERHEAD
from controlplane.mvpn.options import TunnelOption
from controlplane.net.multicast import SSM_RANGE, AnySource, SourceGroup, TreeName
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.events import DataArrived, PimInput
from controlplane.wire.bgp.pmsi_tunnel import (
    BidirPimTree,
    IngressReplication,
    MldpMp2mp,
    MldpP2mp,
    NoTunnel,
    PimSmTree,
    PimSsmTree,
    PmsiTunnel,
    PTunnel,
    RsvpTeP2mp,
)
from controlplane.wire.ipv4 import MINIMUM_HEADER
from controlplane.wire.pim.message import REGISTER_OCTETS

_KINDS: Final[Mapping[type[PTunnel], str]] = {
    NoTunnel: "no tunnel",
    RsvpTeP2mp: "an RSVP-TE P2MP LSP",
    MldpP2mp: "an mLDP P2MP LSP",
    PimSsmTree: "a PIM-SSM tree",
    PimSmTree: "a PIM-SM tree",
    BidirPimTree: "a BIDIR-PIM tree",
    IngressReplication: "ingress replication",
    MldpMp2mp: "an mLDP MP2MP LSP",
}


class TunnelRefused(Exception):
    """A tunnel that another PE announces cannot be joined; the reason in words."""


class Tunnel(Protocol):
    """The P-tunnels of one MVPN that are trees of the provider's PIM."""

    shared: ClassVar[bool]
    """Whether all PEs send to one group, whose tree is joined once."""

    overhead: ClassVar[int]
    """Octets that the way into the tree adds to a packet, at most."""

    def __init__(self, local: LocalMvpn, /) -> None: ...

    @property
    def own(self) -> SourceGroup:
        """The outer addresses of what this PE sends."""

    @property
    def own_tree(self) -> TreeName:
        """The provider's tree that takes it."""

    def announcement(self) -> PmsiTunnel:
        """What A-D routes say of this PE's tunnel (RFC 6514 5)."""

    def announced(self, pe: IPv4Address, tunnel: PmsiTunnel) -> DiscoveredPe:
        """What an A-D route of another PE says of its tunnel; TunnelRefused if it is no use."""

    def tree_of(self, pe: DiscoveredPe) -> TreeName:
        """The tree that brings another PE's packets."""

    def start(self, pmsi: str) -> tuple[PimInput, ...]:
        """For the provider's PIM: what is wanted before any other PE is known."""

    def memberships(
        self, pe: DiscoveredPe, pmsi: str, *, joined: bool
    ) -> tuple[MembershipChanged, ...]:
        """For the provider's PIM: the PMSI is, or is no longer, a receiver of a PE's own tree."""


class PimSsm:
    """One source-specific tree a PE: (PE's loopback, the group that it announces).

    No rendezvous point, and PEs may have groups of their own.
    """

    shared: ClassVar[bool] = False
    overhead: ClassVar[int] = OVERHEAD

    def __init__(self, local: LocalMvpn) -> None:
        self._own = SourceGroup(local.me, local.config.default_group)

    @property
    def own(self) -> SourceGroup:
        return self._own

    @property
    def own_tree(self) -> TreeName:
        return self._own

    def announcement(self) -> PmsiTunnel:
        return PmsiTunnel(tunnel=PimSsmTree(self._own.source, self._own.group))

    def announced(self, pe: IPv4Address, tunnel: PmsiTunnel) -> DiscoveredPe:
        match tunnel.tunnel:
            case PimSsmTree(root, group):
                _require_usable(pe, root, tunnel)
                if group not in SSM_RANGE:
                    raise TunnelRefused(f"its tunnel's group {group} is not in {SSM_RANGE}")
                return DiscoveredPe(address=pe, group=group)
            case other:
                raise TunnelRefused(f"its tunnel is {_KINDS[type(other)]}, not a PIM-SSM tree")

    def tree_of(self, pe: DiscoveredPe) -> TreeName:
        return SourceGroup(pe.address, pe.group)

    def start(self, pmsi: str) -> tuple[PimInput, ...]:
        return ()

    def memberships(
        self, pe: DiscoveredPe, pmsi: str, *, joined: bool
    ) -> tuple[MembershipChanged, ...]:
        return (
            MembershipChanged(interface=pmsi, group=pe.group, source=pe.address, joined=joined),
        )


class _SharedTree:
    """One group for all PEs of the MVPN. Nothing needs to be known of a PE to hear it."""

    shared: ClassVar[bool] = True
    overhead: ClassVar[int] = OVERHEAD
    _kind: ClassVar[type[PimSmTree | BidirPimTree]]

    def __init__(self, local: LocalMvpn) -> None:
        self._own = SourceGroup(local.me, local.config.default_group)

    @property
    def own(self) -> SourceGroup:
        return self._own

    def announcement(self) -> PmsiTunnel:
        return PmsiTunnel(tunnel=self._kind(self._own.source, self._own.group))

    def announced(self, pe: IPv4Address, tunnel: PmsiTunnel) -> DiscoveredPe:
        other = tunnel.tunnel
        if not isinstance(other, self._kind):
            wanted = _KINDS[self._kind]
            raise TunnelRefused(f"its tunnel is {_KINDS[type(other)]}, not {wanted}")
        _require_usable(pe, other.sender, tunnel)
        if other.group != self._own.group:
            raise TunnelRefused(f"its tunnel's group {other.group} is not our {self._own.group}")
        return DiscoveredPe(address=pe, group=other.group)

    def tree_of(self, pe: DiscoveredPe) -> TreeName:
        return AnySource.of(self._own.group)

    def start(self, pmsi: str) -> tuple[PimInput, ...]:
        return (MembershipChanged(interface=pmsi, group=self._own.group, source=None, joined=True),)

    def memberships(
        self, pe: DiscoveredPe, pmsi: str, *, joined: bool
    ) -> tuple[MembershipChanged, ...]:
        return ()


class PimSm(_SharedTree):
    """Sparse mode: this PE is a source that is attached to itself, so it registers with the RP.

    Registers have DF set, and what is already in GRE is not cut: so PIM's own messages on the PMSI
    leave room for a Register.
    """

    _kind = PimSmTree
    overhead = OVERHEAD + MINIMUM_HEADER + REGISTER_OCTETS

    def __init__(self, local: LocalMvpn) -> None:
        super().__init__(local)
        self._loopback = local.loopback

    @property
    def own_tree(self) -> TreeName:
        return self._own

    def start(self, pmsi: str) -> tuple[PimInput, ...]:
        """Without the word of data, the PMSI's first Hello would be spent on finding no tree."""
        return (*super().start(pmsi), DataArrived(interface=self._loopback, sg=self._own))


class BidirPim(_SharedTree):
    """Bidirectional: PEs send along the branches that they receive on."""

    _kind = BidirPimTree

    @property
    def own_tree(self) -> TreeName:
        return AnySource.of(self._own.group)


def _require_usable(pe: IPv4Address, root: IPv4Address, tunnel: PmsiTunnel) -> None:
    """RFC 6513 12.1.1: the outer source must be the address that names the PE elsewhere too.

    A label would mean that several MVPNs share the tree (RFC 6513 6.3), which draft 2.2 has not.
    """
    if root != pe:
        raise TunnelRefused(f"its tunnel has the root {root}, which is not the PE")
    if tunnel.label:
        raise TunnelRefused(f"its tunnel is shared with other MVPNs, by label {tunnel.label}")


TUNNELS: Final[Mapping[TunnelOption, type[Tunnel]]] = {
    TunnelOption.PIM_SSM: PimSsm,
    TunnelOption.PIM_SM: PimSm,
    TunnelOption.BIDIR_PIM: BidirPim,
}
