"""Layer P-tunnel: how packets of an MVPN cross the provider's core.

A PE is the root of one tunnel and, once it knows them, a leaf of every other PE's (RFC 6513 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, Protocol

from controlplane.mvpn.config import DiscoveredPe, LocalMvpn
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.wire.ethernet import EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader

_OUTER_TTL: Final = 64
"""RFC 6513 12.4.2: a matter of local policy, not copied from the inner header."""

GRE_HEADER: Final = 4
"""Without checksum, key and sequence number (RFC 6037 4.7)."""


class TunnelOption(Enum):
    """The value completes the sentence "profile X needs ..."."""

    PIM_SSM = "PIM-SSM P-tunnels"
    PIM_SM = "PIM-SM P-tunnels"
    BIDIR_PIM = "BIDIR-PIM P-tunnels"
    MLDP_P2MP = "mLDP P2MP P-tunnels"
    MLDP_MP2MP = "mLDP MP2MP P-tunnels"
    RSVP_TE_P2MP = "RSVP-TE P2MP P-tunnels"
    INGRESS_REPLICATION = "ingress replication tunnels"


class Tunnel(Protocol):
    """The P-tunnels of one MVPN that are trees of the provider's PIM."""

    def __init__(self, local: LocalMvpn, /) -> None: ...

    @property
    def own(self) -> SourceGroup:
        """The tree that this PE is the root of."""

    @property
    def overhead(self) -> int:
        """Octets that the encapsulation adds to a packet."""

    def tree_of(self, pe: DiscoveredPe) -> SourceGroup:
        """The tree that another PE is the root of."""

    def join(self, pe: DiscoveredPe, pmsi: str) -> MembershipChanged:
        """What makes the provider's PIM join that tree, with the PMSI as the local receiver."""

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

    def tree_of(self, pe: DiscoveredPe) -> SourceGroup:
        return SourceGroup(pe.address, pe.group)

    def join(self, pe: DiscoveredPe, pmsi: str) -> MembershipChanged:
        return MembershipChanged(interface=pmsi, group=pe.group, source=pe.address, joined=True)

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


TUNNELS: Final[Mapping[TunnelOption, type[Tunnel]]] = {TunnelOption.PIM_SSM: PimSsm}
