"""What an operator says to PIM of one VRF, beside the settings of interfaces (`events.py`).

All routers of a domain must map a group to the same RP (RFC 7761 4.7), so what is said of RPs here
is said of all of them, or they hear it of the Bootstrap Router (RFC 5059).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from controlplane.engine.time import Duration

ALL_GROUPS: Final = IPv4Network("224.0.0.0/4")
ANYWHERE: Final = (IPv4Network("0.0.0.0/0"),)


class SptPolicy(Enum):
    """When a last-hop router leaves the shared tree for a source's own (RFC 7761 4.2.1)."""

    IMMEDIATE = "immediate"
    THRESHOLD = "threshold"
    """When the group's packets on the shared tree come at `PimConfig.spt_threshold` or more."""
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticRp:
    """An RP that is told, not learnt; one to `override` wins over those learnt for its groups."""

    address: IPv4Address
    groups: IPv4Network = ALL_GROUPS
    bidirectional: bool = False
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnycastRp:
    """Routers that share an RP address (RFC 4610), each by an address that is its own alone."""

    address: IPv4Address
    members: frozenset[IPv4Address]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRp:
    """This router offers itself to the Bootstrap Router; the lowest priority wins."""

    address: IPv4Address
    groups: tuple[IPv4Network, ...] = (ALL_GROUPS,)
    bidirectional: bool = False
    priority: int = 192


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateBsr:
    """This router would be the Bootstrap Router; the highest priority wins.

    It takes advertisements of RPs whose addresses are in `accepted_rps` (RFC 5059 3.3).
    """

    address: IPv4Address
    priority: int = 64
    hash_mask_length: int = 30
    accepted_rps: tuple[IPv4Network, ...] = ANYWHERE

    def accepts(self, rp: IPv4Address) -> bool:
        return any(rp in network for network in self.accepted_rps)


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapTimes:
    """RFC 5059 5; all routers of a domain should have the same."""

    period: Duration = 60.0
    timeout: Duration = 130.0
    minimum_interval: Duration = 10.0
    advertisement_period: Duration = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SsmMapping:
    """Sources of groups whose hosts cannot name them (IGMPv2): (*,G) there means these (S,G)."""

    groups: IPv4Network
    sources: frozenset[IPv4Address]


@dataclass(frozen=True, slots=True, kw_only=True)
class PimConfig:
    """`bsr_borders` are interfaces that no Bootstrap message passes (RFC 5059 6.3). With
    `unicast_bootstrap` a neighbour that has just started is told of the RP-Set by unicast too, as
    old routers want it, and may tell us so (RFC 5059 3.5.2).

    `spt_threshold` is in kbit/s, and counts with SptPolicy.THRESHOLD.

    Hellos count only from `accepted_neighbors`; Registers only of `accepted_sources`, where this
    router is the RP (RFC 7761 6.1.2). At most `state_limit` trees are kept.
    """

    rps: tuple[StaticRp, ...] = ()
    spt: SptPolicy = SptPolicy.IMMEDIATE
    spt_threshold: float = 0.0
    anycast: tuple[AnycastRp, ...] = ()
    candidate_rps: tuple[CandidateRp, ...] = ()
    candidate_bsr: CandidateBsr | None = None
    bootstrap_times: BootstrapTimes = field(default_factory=BootstrapTimes)
    bsr_borders: frozenset[str] = frozenset()
    unicast_bootstrap: bool = True
    ssm_mappings: tuple[SsmMapping, ...] = ()
    state_limit: int | None = None
    accepted_neighbors: tuple[IPv4Network, ...] = ANYWHERE
    accepted_sources: tuple[IPv4Network, ...] = ANYWHERE

    def anycast_members(self, rp: IPv4Address) -> frozenset[IPv4Address]:
        """The routers that share an RP address: none, unless it is an anycast one."""
        return frozenset().union(*(a.members for a in self.anycast if a.address == rp))

    def mapped_sources(self, group: IPv4Address) -> frozenset[IPv4Address]:
        """Which sources a host means that asks for a group of the SSM range alone."""
        mappings = (m.sources for m in self.ssm_mappings if group in m.groups)
        return frozenset[IPv4Address]().union(*mappings)

    def accepts_neighbor(self, address: IPv4Address) -> bool:
        return any(address in network for network in self.accepted_neighbors)

    def accepts_source(self, source: IPv4Address) -> bool:
        return any(source in network for network in self.accepted_sources)
