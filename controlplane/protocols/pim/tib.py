"""The tree information base (RFC 7761 4.1): what is known of each (S,G), and the macros over it.

In the SSM range there is no (*,G) and no (S,G,rpt) state (RFC 7761 4.8.1), so their terms are gone
from the macros. So are the terms of Asserts, which this router does not send yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from controlplane.engine.time import Instant
from controlplane.net.multicast import SSM_RANGE, SourceGroup
from controlplane.protocols.pim.events import Rpf, TreeUpdate
from controlplane.protocols.pim.interface import PimInterface


class DownstreamState(Enum):
    """DownstreamJPState(S,G,I) but NoInfo, which is the absence of state."""

    JOIN = "J"
    PRUNE_PENDING = "PP"


class UpstreamState(Enum):
    """UpstreamJPState(S,G)."""

    NOT_JOINED = "NJ"
    JOINED = "J"


class Waiting(Enum):
    """What the Join Timer runs for."""

    PERIOD = "period"
    SUPPRESSION = "suppressed"
    OVERRIDE = "override"


@dataclass(slots=True)
class Tree:
    """(S,G) state. `rpf` is the RPF interface and RPF'(S,G) that were used last.

    `members` holds local_receiver_include(S,G,I); RFC 7761 4.1.3 recommends to keep it on routers
    that are not the DR too. `published` is the last forwarding state that was told.
    """

    sg: SourceGroup
    since: Instant
    downstream: dict[str, DownstreamState] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    upstream: UpstreamState = UpstreamState.NOT_JOINED
    rpf: Rpf | None = None
    waiting: Waiting = Waiting.PERIOD
    published: TreeUpdate | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.downstream or self.members)


def is_source_specific(sg: SourceGroup) -> bool:
    """Whether (S,G) state may exist: a unicast source, a group of the SSM range."""
    source = sg.source
    usable = not (source.is_multicast or source.is_unspecified or source.is_loopback)
    return usable and sg.group in SSM_RANGE


def joins(tree: Tree) -> frozenset[str]:
    """joins(S,G) = { all interfaces I such that
    DownstreamJPState(S,G,I) is either Join or Prune-Pending }"""
    return frozenset(tree.downstream)


def pim_include(tree: Tree, interfaces: Mapping[str, PimInterface]) -> frozenset[str]:
    """pim_include(S,G) = { all interfaces I such that:
    I_am_DR(I) AND local_receiver_include(S,G,I) }

    Where PIM does not run, no other router can be the DR.
    """
    return frozenset(
        name for name in tree.members if name not in interfaces or interfaces[name].i_am_dr
    )


def immediate_olist(tree: Tree, interfaces: Mapping[str, PimInterface]) -> frozenset[str]:
    """immediate_olist(S,G) = joins(S,G) (+) pim_include(S,G)"""
    return joins(tree) | pim_include(tree, interfaces)


def inherited_olist(tree: Tree, interfaces: Mapping[str, PimInterface]) -> frozenset[str]:
    """inherited_olist(S,G) = inherited_olist(S,G,rpt) (+) joins(S,G) (+) pim_include(S,G)"""
    return immediate_olist(tree, interfaces)


def oiflist(tree: Tree, interfaces: Mapping[str, PimInterface]) -> frozenset[str]:
    """RFC 7761 4.8.2: "oiflist = inherited_olist(S,G) (-) iif" """
    outgoing = inherited_olist(tree, interfaces)
    return outgoing - {tree.rpf.interface} if tree.rpf else outgoing


def join_desired(tree: Tree, interfaces: Mapping[str, PimInterface]) -> bool:
    """JoinDesired(S,G) = immediate_olist(S,G) != NULL OR
    ( KeepaliveTimer(S,G) is running AND inherited_olist(S,G) != NULL )

    The timer "should be treated as always running" (RFC 7761 4.8.2), and the lists are equal
    as inherited_olist(S,G,rpt) is empty.
    """
    return bool(immediate_olist(tree, interfaces))
