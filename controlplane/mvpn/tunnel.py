"""Layer P-tunnel: how packets of an MVPN cross the provider's core.

A PE is the root of one tunnel and, once it knows them, a leaf of every other PE's (RFC 6513 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Final, Protocol

from controlplane.mvpn.config import DiscoveredPe, LocalMvpn
from controlplane.mvpn.options import TunnelOption
from controlplane.net.multicast import SSM_RANGE, SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
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
from controlplane.wire.ethernet import EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader

_OUTER_TTL: Final = 64
"""RFC 6513 12.4.2: a matter of local policy, not copied from the inner header."""

GRE_HEADER: Final = 4
"""Without checksum, key and sequence number (RFC 6037 4.7)."""

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

    def __init__(self, local: LocalMvpn, /) -> None: ...

    @property
    def own(self) -> SourceGroup:
        """The tree that this PE is the root of."""

    @property
    def overhead(self) -> int:
        """Octets that the encapsulation adds to a packet."""

    def announcement(self) -> PmsiTunnel:
        """What A-D routes say of this PE's tunnel (RFC 6514 5)."""

    def announced(self, pe: IPv4Address, tunnel: PmsiTunnel) -> DiscoveredPe:
        """What an A-D route of another PE says of its tunnel; TunnelRefused if it is no use."""

    def tree_of(self, pe: DiscoveredPe) -> SourceGroup:
        """The tree that another PE is the root of."""

    def membership(self, pe: DiscoveredPe, pmsi: str, *, joined: bool) -> MembershipChanged:
        """What makes the provider's PIM join or leave that tree, for the PMSI as local receiver."""

    def encapsulate(self, packet: Ipv4Packet) -> Ipv4Packet:
        """A packet of the customer's PIM, in the form that its own tree carries."""

    def decapsulate(self, outer: Ipv4Packet) -> bytes:
        """The datagram inside what a tree brought; DecodeError when there is none."""


class PimSsm:
    """One source-specific tree a PE: (PE's loopback, the MVPN's group), with GRE inside.

    draft-rosen-l3vpn-mvpn-profiles-00 2.2.1: each PE joins the (S,G) of every other. No rendezvous
    point, and the outer source names the root, which is what the leaves check (RFC 6513 12.1.1).
    """

    def __init__(self, local: LocalMvpn) -> None:
        self._own = SourceGroup(local.me, local.config.default_group)

    @property
    def own(self) -> SourceGroup:
        return self._own

    @property
    def overhead(self) -> int:
        return MINIMUM_HEADER + GRE_HEADER

    def announcement(self) -> PmsiTunnel:
        return PmsiTunnel(tunnel=PimSsmTree(self._own.source, self._own.group))

    def announced(self, pe: IPv4Address, tunnel: PmsiTunnel) -> DiscoveredPe:
        match tunnel.tunnel:
            case PimSsmTree(root, group):
                if (why := _why_unusable(pe, root, group, tunnel)) is not None:
                    raise TunnelRefused(why)
                return DiscoveredPe(address=pe, group=group)
            case other:
                raise TunnelRefused(f"its tunnel is {_KINDS[type(other)]}, not a PIM-SSM tree")

    def tree_of(self, pe: DiscoveredPe) -> SourceGroup:
        return SourceGroup(pe.address, pe.group)

    def membership(self, pe: DiscoveredPe, pmsi: str, *, joined: bool) -> MembershipChanged:
        return MembershipChanged(interface=pmsi, group=pe.group, source=pe.address, joined=joined)

    def encapsulate(self, packet: Ipv4Packet) -> Ipv4Packet:
        gre = GrePacket(protocol_type=EtherType.IPV4, payload=packet.encode())
        return Ipv4Packet(
            source=self._own.source,
            destination=self._own.group,
            protocol=IpProtocol.GRE,
            payload=gre.encode(),
            ttl=_OUTER_TTL,
            tos=packet.tos,
            dont_fragment=True,  # RFC 6513 12.4.1: the other end need not reassemble
        )

    def decapsulate(self, outer: Ipv4Packet) -> bytes:
        if outer.protocol != IpProtocol.GRE:
            raise DecodeError(0, f"IP protocol {outer.protocol} on a P-tunnel, not GRE")
        gre = GrePacket.decode(Reader(outer.payload))
        if gre.protocol_type != EtherType.IPV4:
            raise DecodeError(0, f"GRE protocol type {gre.protocol_type:#06x}, not IPv4")
        return gre.payload


def _why_unusable(
    pe: IPv4Address, root: IPv4Address, group: IPv4Address, tunnel: PmsiTunnel
) -> str | None:
    """RFC 6513 12.1.1: the outer source must be the address that names the PE elsewhere too.

    A label would mean that several MVPNs share the tree (RFC 6513 6.3), which draft 2.2 has not.
    """
    if root != pe:
        return f"its tunnel has the root {root}, which is not the PE"
    if group not in SSM_RANGE:
        return f"its tunnel's group {group} is not in {SSM_RANGE}"
    if tunnel.label:
        return f"its tunnel is shared with other MVPNs, by label {tunnel.label}"
    return None


TUNNELS: Final[Mapping[TunnelOption, type[Tunnel]]] = {TunnelOption.PIM_SSM: PimSsm}
