"""The interface data structure (RFC 2328 9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from controlplane.engine.time import Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.ospf.dr import NOBODY_ELECTED, Elected
from controlplane.protocols.ospf.events import AreaId, NetworkType, OspfSettings
from controlplane.protocols.ospf.lsdb import Lsdb, Stored
from controlplane.protocols.ospf.neighbor import Neighbor, NeighborKey
from controlplane.wire.ipv4 import MINIMUM_HEADER
from controlplane.wire.ospf.auth import DIGEST_OCTETS
from controlplane.wire.ospf.lsa import LsaHeader, LsaKey
from controlplane.wire.ospf.message import HEADER_OCTETS

ALL_SPF_ROUTERS: Final = IPv4Address("224.0.0.5")
ALL_D_ROUTERS: Final = IPv4Address("224.0.0.6")


class InterfaceState(IntEnum):
    """RFC 2328 9.1, in the RFC's order; one that is Down has no structure here."""

    LOOPBACK = 1
    WAITING = 2
    POINT_TO_POINT = 3
    DR_OTHER = 4
    BACKUP = 5
    DR = 6


@dataclass(slots=True, eq=False)
class OspfInterface:
    """`flood_queue` are LSAs to be flooded here, not before `next_flood`; `acks` the delayed
    acknowledgments. `synchronised` is what LDP said last (RFC 5443).
    """

    interface: Interface
    settings: OspfSettings
    state: InterfaceState
    lsdb: Lsdb
    elected: Elected = NOBODY_ELECTED
    synchronised: bool = False
    neighbors: dict[NeighborKey, Neighbor] = field(default_factory=dict)
    flood_queue: dict[LsaKey, Stored] = field(default_factory=dict)
    next_flood: Instant = 0.0
    acks: dict[LsaKey, LsaHeader] = field(default_factory=dict)
    address: IPv4Address = field(init=False)

    def __post_init__(self) -> None:
        self.address = self.interface.address.ip

    @property
    def name(self) -> str:
        return self.interface.name

    @property
    def mask(self) -> IPv4Address:
        return self.interface.address.netmask

    @property
    def network(self) -> IPv4Network:
        return self.interface.address.network

    @property
    def area(self) -> AreaId:
        return self.settings.area

    @property
    def is_point_to_point(self) -> bool:
        return self.settings.network is NetworkType.POINT_TO_POINT

    @property
    def is_passive(self) -> bool:
        return self.settings.passive or self.interface.kind is InterfaceKind.LOOPBACK

    @property
    def waits_for_ldp(self) -> bool:
        """RFC 5443 2: traffic is to keep off the link until LDP is operational on it."""
        return self.settings.ldp_sync and not self.synchronised

    @property
    def is_dr_or_backup(self) -> bool:
        return self.state in (InterfaceState.DR, InterfaceState.BACKUP)

    @property
    def room(self) -> int:
        """Octets for the body of an OSPF packet that is not to be fragmented."""
        digest = DIGEST_OCTETS if self.settings.md5_keys else 0
        return self.interface.mtu - MINIMUM_HEADER - HEADER_OCTETS - digest

    @property
    def flood_address(self) -> IPv4Address:
        """Where floods and delayed acknowledgments go (RFC 2328 8.1, 13.3, 13.5)."""
        if self.is_point_to_point or self.is_dr_or_backup:
            return ALL_SPF_ROUTERS
        return ALL_D_ROUTERS

    def address_of(self, neighbor: Neighbor) -> IPv4Address:
        """RFC 2328 8.1: "On physical point-to-point networks, the IP destination is always set to
        the address AllSPFRouters"; elsewhere what is for one neighbour goes to its address."""
        return ALL_SPF_ROUTERS if self.is_point_to_point else neighbor.address

    def neighbor_key(self, router_id: IPv4Address, source: IPv4Address) -> NeighborKey:
        """RFC 2328 8.2: how the sender of a packet is identified."""
        return router_id if self.is_point_to_point else source

    def is_adjacency_wanted(self, neighbor: Neighbor) -> bool:
        """RFC 2328 10.4."""
        return self.is_point_to_point or self.is_dr_or_backup or neighbor.address in self.elected
