"""Inputs and outputs of the OSPF engine beside the common ones (`engine/engine.py`).

One engine is one OSPF process in one VRF. `OspfConfig` is what it is made with; interfaces come and
go as `InterfaceUp` and `InterfaceDown`, and those that `OspfEnabled` has named run the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import Final, TypeAlias

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived, SendPacket
from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration

AreaId: TypeAlias = IPv4Address
BACKBONE: Final[AreaId] = IPv4Address(0)


NO_ADDRESS: Final = IPv4Address(0)


class NetworkType(Enum):
    BROADCAST = "broadcast"
    POINT_TO_POINT = "point-to-point"


class AreaKind(Enum):
    NORMAL = "normal"
    STUB = "stub"
    NSSA = "nssa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Md5Key:
    """RFC 2328 D.3: up to 16 octets."""

    id: int
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRange:
    """Networks of the area inside this one are told to others as one (RFC 2328 C.2), or not."""

    prefix: IPv4Network
    advertise: bool = True
    cost: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSettings:
    """`summaries` False: only a default summary goes into a stub area or NSSA.

    `default_cost` is that of the default route that an ABR tells a stub area or NSSA. `nssa_ranges`
    are for the external routes of an NSSA that are translated (RFC 3101 2.2).
    """

    id: AreaId
    kind: AreaKind = AreaKind.NORMAL
    summaries: bool = True
    default_cost: int = 1
    ranges: tuple[AreaRange, ...] = ()
    nssa_ranges: tuple[AreaRange, ...] = ()
    always_translate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficEngineering:
    """RFC 3630 2.5: what a link's TE LSA says; bandwidths in octets/s."""

    metric: int | None = None
    maximum_bandwidth: float = 125e6
    maximum_reservable_bandwidth: float = 125e6
    administrative_group: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfSettings:
    """Per-interface settings; defaults are those of RFC 2328 C.3.

    A passive interface is advertised and speaks to nobody, and a loopback is always so. With
    `ldp_sync` a link has the highest cost until LDP works on it (RFC 5443).
    """

    area: AreaId = BACKBONE
    network: NetworkType = NetworkType.BROADCAST
    cost: int = 10
    hello_interval: int = 10
    dead_interval: int = 40
    retransmit_interval: Duration = 5.0
    transmit_delay: int = 1
    priority: int = 1
    passive: bool = False
    md5_keys: tuple[Md5Key, ...] = ()
    bfd: bool = False
    ldp_sync: bool = False
    traffic_engineering: TrafficEngineering | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """The first SPF run waits until no LSA has changed for `initial`, but at most for `hold`.

    While runs are frequent the time between two doubles, from `hold` up to `maximum`. After
    `maximum` without a run it is as at first.
    """

    initial: Duration = 0.03
    hold: Duration = 0.2
    maximum: Duration = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfConfig:
    """`maximum_paths` bounds the next hops of a route (ECMP)."""

    router_id: IPv4Address
    areas: tuple[AreaSettings, ...] = (AreaSettings(id=BACKBONE),)
    spf: Throttle = field(default_factory=Throttle)
    maximum_paths: int = 16
    min_ls_interval: Duration = 5.0
    """RFC 2328 appendix B, MinLSInterval: between two originations of one LSA."""
    min_ls_arrival: Duration = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfEnabled:
    """Input: run OSPF on an interface that is or comes up; again when its settings change."""

    interface: str
    settings: OspfSettings = field(default_factory=OspfSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalRoute:
    """A route from elsewhere that an ASBR tells the others; `type2` as in RFC 2328 2.3."""

    prefix: IPv4Network
    metric: int = 20
    type2: bool = True
    forwarding_address: IPv4Address = NO_ADDRESS
    tag: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalRoutesReplaced:
    """Input: all that this router tells as an ASBR is now this; none makes it no ASBR."""

    routes: tuple[ExternalRoute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LdpSynchronised:
    """Input: LDP works on an interface with `ldp_sync`, or does not (RFC 5443)."""

    interface: str
    synchronised: bool


class PathType(Enum):
    """In the order of preference (RFC 2328 11)."""

    INTRA_AREA = 1
    INTER_AREA = 2
    EXTERNAL_1 = 3
    EXTERNAL_2 = 4


@dataclass(frozen=True, slots=True, order=True)
class OspfNextHop:
    """`address` is None where the destination is on the interface's own link."""

    interface: str
    address: IPv4Address | None


Behind: TypeAlias = frozenset[tuple[object, ...]]
"""What a route hangs on: places in areas (`path.py` says which)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfRoute:
    """A routing table entry for a network (RFC 2328 11).

    `next_hops` are sorted. `behind` is equal for routes that lead to the same routers by the same
    area, and routes with equal `behind` have equal next hops always: they share forwarding state.
    `cost2` is the type 2 cost of an EXTERNAL_2 route, and `cost` then the way to the ASBR.
    """

    prefix: IPv4Network
    path_type: PathType
    area: AreaId
    cost: int
    next_hops: tuple[OspfNextHop, ...]
    behind: Behind
    cost2: int = 0
    tag: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesUpdated:
    """Output: these routes are new or others now, and these prefixes have none any more."""

    changed: tuple[OspfRoute, ...]
    withdrawn: tuple[IPv4Network, ...]


OspfInput: TypeAlias = (
    InterfaceUp
    | InterfaceDown
    | PacketReceived
    | OspfEnabled
    | ExternalRoutesReplaced
    | LdpSynchronised
    | NeighborFailed
)
OspfOutput: TypeAlias = SendPacket | RoutesUpdated | WatchNeighbor | ForgetNeighbor | Notice
