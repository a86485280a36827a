"""Inputs and outputs of the BGP engine beside the common ones and those of streams.

One engine serves one VRF of a router. In the provider's table it carries the families of VPNs
among PEs and reflectors; in a customer's VRF, and on a CE, it carries IPv4 unicast. What stands
between the VRFs of a PE, import and export by route target, is not its business (`rib/`): to the
engine of a VRF, imported routes are paths like those of a peer, in the same decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.engine.engine import InterfaceDown, InterfaceUp
from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.stream import StreamInput, StreamOutput
from controlplane.engine.time import Duration
from controlplane.net.label import Label
from controlplane.net.vpn import RouteTarget
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import ExtendedCommunity, LargeCommunity
from controlplane.wire.bgp.nlri import Family, NlriKey, VpnPrefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a policy: routes that match all of what is given are accepted or denied.

    A prefix matches those in it whose length is at most `up_to` (its own when None). Targets and
    communities match routes that have one of them. What is set takes the place of what was there;
    communities are added, and the own AS is put in front `prepend` times more.
    """

    accept: bool = True
    prefixes: frozenset[IPv4Network] = frozenset()
    up_to: int | None = None
    targets: frozenset[RouteTarget] = frozenset()
    communities: frozenset[int] = frozenset()
    large_communities: frozenset[LargeCommunity] = frozenset()
    set_local_pref: int | None = None
    set_med: int | None = None
    add_communities: frozenset[int] = frozenset()
    add_large_communities: frozenset[LargeCommunity] = frozenset()
    add_extended_communities: frozenset[ExtendedCommunity] = frozenset()
    prepend: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The first rule that matches decides; a route that none matches is `otherwise` accepted."""

    name: str = ""
    rules: tuple[Rule, ...] = ()
    otherwise: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerTimers:
    """RFC 4271 10. `min_advertisement` None: 30 s to another AS, 5 s within one (RFC 4271 10)."""

    connect_retry: Duration = 120.0
    hold: Duration = 90.0
    keepalive: Duration = 30.0
    min_advertisement: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerConfig:
    """A peer, which may be in another AS (`remote_as`) or in this one.

    `local` is the own address of the session. With `gtsm` the peer is on a common link (RFC 5082).
    `interface` names that link where there is one: when it goes down, so does the session.
    `maximum_prefixes` ends the session when a family has more. `restart_time` is that of graceful
    restart (RFC 4724), 0 for none. `site` is the Site of Origin put on what comes from the peer,
    and what has it is not sent there. `override` puts the own AS in the place of the peer's
    towards it, `allow_own_as` is how often the own AS may be in a path from it.
    """

    address: IPv4Address
    local: IPv4Address
    remote_as: int
    families: frozenset[Family] = frozenset({Family.IPV4_UNICAST})
    timers: PeerTimers = PeerTimers()
    passive: bool = False
    interface: str | None = None
    md5_key: bytes | None = None
    gtsm: bool = False
    bfd: bool = False
    reflector_client: bool = False
    next_hop_self: bool = False
    override: bool = False
    allow_own_as: int = 0
    site: RouteTarget | None = None
    maximum_prefixes: int | None = None
    import_policy: Policy = Policy()
    export_policy: Policy = Policy()
    restart_time: Duration = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpConfig:
    """`cluster_id` is a reflector's (RFC 4456 7), the router id when None.

    `next_hop_delay` is how long a change of next hops waits for others before routes are decided
    again: forwarding has turned to the backups by then.
    """

    asn: int
    router_id: IPv4Address
    peers: tuple[PeerConfig, ...] = ()
    cluster_id: IPv4Address | None = None
    local_pref: int = 100
    always_compare_med: bool = False
    next_hop_delay: Duration = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Originated:
    """A route of this router's own; next hop None: the own address of each session."""

    key: NlriKey
    attributes: PathAttributes
    label: Label | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesOriginated:
    """Input: own routes that are new or others now, and those that are no more."""

    family: Family
    changed: tuple[Originated, ...] = ()
    withdrawn: tuple[NlriKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A VPN route that this VRF imports, as a path to `prefix`.

    `key` tells it from others to the same prefix. `metric` is the distance to the PE in the
    provider's table. `vrf` is set when it comes from another VRF of this router, and names it.
    """

    prefix: IPv4Network
    key: VpnPrefix
    attributes: PathAttributes
    pe: IPv4Address
    label: Label
    metric: int = 0
    vrf: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesImported:
    """Input of a VRF's engine: imported paths that are new or others now, and those gone."""

    changed: tuple[Imported, ...] = ()
    withdrawn: tuple[VpnPrefix, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHopsResolved:
    """Input: the distance of tracked next hops, None for one that no route leads to."""

    metrics: Mapping[IPv4Address, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsWanted:
    """Input: the route targets that some VRF here imports (RFC 4684; RFC 4364 4.3.2 filters)."""

    targets: frozenset[RouteTarget]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHopsTracked:
    """Output: next hops whose distance the engine wants to know from now on, or no longer."""

    added: frozenset[IPv4Address] = frozenset()
    removed: frozenset[IPv4Address] = frozenset()


class PathSource(Enum):
    """Where a path comes from."""

    LOCAL = "local"
    EBGP = "ebgp"
    IBGP = "ibgp"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class BestPath:
    """The path that won, and what would win without it and its next hop (`backup`).

    `imported` is given where the source is IMPORTED, and the label for families that have one.
    """

    key: NlriKey
    source: PathSource
    attributes: PathAttributes
    label: Label | None = None
    peer: IPv4Address | None = None
    metric: int = 0
    imported: Imported | None = None
    backup: BestPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BestPathsChanged:
    """Output: the best paths of these keys are others now, and those keys have none any more.

    `former`, of VPN routes alone, are the paths that were best before, where there were any: they
    say which VRFs had them.
    """

    family: Family
    changed: tuple[BestPath, ...] = ()
    withdrawn: tuple[NlriKey, ...] = ()
    former: tuple[BestPath, ...] = ()


BgpInput: TypeAlias = (
    InterfaceUp
    | InterfaceDown
    | NeighborFailed
    | StreamInput
    | RoutesOriginated
    | RoutesImported
    | NextHopsResolved
    | TargetsWanted
)
BgpOutput: TypeAlias = (
    BestPathsChanged | NextHopsTracked | WatchNeighbor | ForgetNeighbor | StreamOutput | Notice
)
