"""The state summarization macros of RFC 7761 4.1.5 and 4.6.5, by their names.

    immediate_olist    built from the state of one kind alone: whether a tree is needed
    inherited_olist    from all state that packets of S meet: where they go

A macro of (*,G) takes a SharedTree; one of (S,G) or (S,G,rpt) a SourceTree. For a tree of the
SSM range those of (*,G) and (S,G,rpt) are NULL (4.8.1). (+) is union, (-) difference, applied from
left to right. An interface that PIM does not run on has no other router that could be the DR.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import lru_cache
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.protocols.pim.assert_metric import INFINITE, AssertMetric
from controlplane.protocols.pim.assert_state import AssertInfo, AssertState
from controlplane.protocols.pim.forwarders import Forwarders
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.tib import (
    NOWHERE,
    REGISTER_TUNNEL,
    RpfNeighbor,
    RptDownstreamState,
    SharedTree,
    SourceTree,
    Tree,
)

Interfaces: TypeAlias = Set[str]

_one_rpf_neighbor = lru_cache(maxsize=1 << 12)(RpfNeighbor)
"""One object for all trees that come from the same neighbour, which are many."""

_PRUNED = (RptDownstreamState.PRUNE, RptDownstreamState.PRUNE_TMP)


class Macros:
    def __init__(self, interfaces: Mapping[str, PimInterface], forwarders: Forwarders) -> None:
        self._interfaces = interfaces
        self._forwarders = forwarders

    # Olists

    def immediate_olist(self, tree: Tree) -> Interfaces:
        """immediate_olist(*,G) = joins(*,G) (+) pim_include(*,G) (-) lost_assert(*,G), and
        immediate_olist(S,G) = joins(S,G) (+) pim_include(S,G) (-) lost_assert(S,G)"""
        if isinstance(tree, SharedTree):
            if tree.bidirectional:
                return self._bidirectional_olist(tree)
        elif tree.shared is not None and tree.shared.bidirectional:
            return NOWHERE
        wanted = joins(tree)
        if tree.members:
            wanted = wanted | self.pim_include(tree)
        return wanted - self.lost_assert(tree) if tree.asserts else wanted

    def _bidirectional_olist(self, tree: SharedTree) -> Interfaces:
        """olist(G) (-) RPF_interface(RPA(G)) (RFC 5015 3.1.4): joins(G) and pim_include(G), both of
        interfaces with I_am_DF(RPA(G),I)."""
        wanted = (joins(tree) | tree.members) - {rpf_interface(tree)}
        return {i for i in wanted if self._is_forwarder(tree, i)}

    def _is_forwarder(self, tree: SharedTree, interface: str) -> bool:
        if interface not in self._interfaces:
            return True
        return tree.rp is not None and self._forwarders.i_am_df(tree.rp, interface)

    def inherited_olist_rpt(self, tree: SourceTree) -> Interfaces:
        """inherited_olist(S,G,rpt) =
        ( joins(*,G) (-) prunes(S,G,rpt) ) (+) ( pim_include(*,G) (-) pim_exclude(S,G) )
        (-) ( lost_assert(*,G) (+) lost_assert(S,G,rpt) )"""
        if tree.shared is None or tree.is_bidirectional:
            return NOWHERE
        wanted = self.rpt_wanted(tree)
        if tree.shared.asserts:
            wanted = wanted - self.lost_assert(tree.shared)
        return wanted - self.lost_assert_rpt(tree) if tree.asserts else wanted

    def rpt_wanted(self, tree: SourceTree) -> Interfaces:
        """The part of inherited_olist(S,G,rpt) that knows of no Asserts."""
        shared = tree.shared
        if shared is None:
            return NOWHERE
        wanted = joins(shared)
        if tree.rpt_downstream:
            wanted = wanted - prunes(tree)
        if shared.members:
            wanted = wanted | (self.pim_include(shared) - self.pim_exclude(tree))
        return wanted

    def inherited_olist(self, tree: SourceTree) -> Interfaces:
        """inherited_olist(S,G) =
        inherited_olist(S,G,rpt) (+) joins(S,G) (+) pim_include(S,G) (-) lost_assert(S,G)"""
        if tree.shared is None or tree.is_bidirectional:
            return self.immediate_olist(tree)
        wanted = self.inherited_olist_rpt(tree) | joins(tree) | self.pim_include(tree)
        return wanted - self.lost_assert(tree) if tree.asserts else wanted

    # Local members

    def pim_include(self, tree: Tree) -> Interfaces:
        """pim_include(*,G) or (S,G) = { all interfaces I such that:
        ( ( I_am_DR( I ) AND lost_assert(I) == FALSE ) OR AssertWinner(I) == me )
        AND local_receiver_include(I) }"""
        if not tree.members:
            return NOWHERE
        return {i for i in tree.members if self._serves_members(tree, i)}

    def pim_exclude(self, tree: SourceTree) -> Interfaces:
        """pim_exclude(S,G) = { all interfaces I such that:
        ( (I_am_DR( I ) AND lost_assert(*,G,I) == FALSE ) OR AssertWinner(*,G,I) == me )
        AND local_receiver_exclude(S,G,I) }"""
        if not tree.refused or tree.shared is None:
            return NOWHERE
        return {i for i in tree.refused if self._serves_members(tree.shared, i)}

    def _serves_members(self, tree: Tree, interface: str) -> bool:
        if interface in tree.asserts:
            won = tree.asserts[interface].state is AssertState.WINNER
            return won or (self.i_am_dr(interface) and not self.lost_assert_on(tree, interface))
        return self.i_am_dr(interface)

    def i_am_dr(self, interface: str) -> bool:
        """I_am_DR(I)."""
        return interface not in self._interfaces or self._interfaces[interface].i_am_dr

    # Asserts (4.6.5)

    def lost_assert(self, tree: Tree) -> Interfaces:
        """lost_assert(*,G) or (S,G) = { all interfaces I such that lost_assert(I) == TRUE }"""
        return {i for i in tree.asserts if self.lost_assert_on(tree, i)}

    def lost_assert_on(self, tree: Tree, interface: str) -> bool:
        """lost_assert(*,G,I) or lost_assert(S,G,I): I is not the RPF interface, another router is
        AssertWinner, and for (S,G) its metric "is better than spt_assert_metric(S,I)"."""
        info = _lost(tree.asserts, interface)
        if info is None or rpf_interface(tree) == interface:
            return False
        if isinstance(tree, SharedTree):
            return True
        return info.metric.is_better_than(self.spt_assert_metric(tree, interface))

    def lost_assert_rpt(self, tree: SourceTree) -> Interfaces:
        """lost_assert(S,G,rpt) = { all interfaces I such that lost_assert(S,G,rpt,I) == TRUE }"""
        return {i for i in tree.asserts if self.lost_assert_rpt_on(tree, i)}

    def lost_assert_rpt_on(self, tree: SourceTree, interface: str) -> bool:
        """FALSE if "RPF_interface(RP(G)) == I OR ( RPF_interface(S) == I AND SPTbit(S,G) == TRUE
        )", else whether another router is AssertWinner(S,G,I)."""
        on_rpt = tree.shared is not None and rpf_interface(tree.shared) == interface
        on_spt = tree.spt_bit and rpf_interface(tree) == interface
        return not (on_rpt or on_spt) and _lost(tree.asserts, interface) is not None

    def spt_assert_metric(self, tree: SourceTree, interface: str) -> AssertMetric:
        """spt_assert_metric(S,I) = {0,MRIB.pref(S),MRIB.metric(S),my_ip_address(I)}"""
        return self._assert_metric(tree, interface, rpt_bit=False)

    def rpt_assert_metric(self, tree: SharedTree, interface: str) -> AssertMetric:
        """rpt_assert_metric(G,I) = {1,MRIB.pref(RP(G)),MRIB.metric(RP(G)),my_ip_address(I)}"""
        return self._assert_metric(tree, interface, rpt_bit=True)

    def _assert_metric(self, tree: Tree, interface: str, *, rpt_bit: bool) -> AssertMetric:
        route = tree.route
        if route is None:
            return INFINITE
        address = self._interfaces[interface].address
        return AssertMetric(rpt_bit, route.preference, route.metric, address)

    # Reverse path

    def rpf_neighbor(self, tree: Tree) -> RpfNeighbor | None:
        """RPF'(*,G) or RPF'(S,G): the AssertWinner where I_Am_Assert_Loser on the RPF interface,
        else NBR( RPF_interface, MRIB.next_hop ); None without a route. Of a bidirectional tree it
        is RPF_DF(RPA(G))."""
        interface = rpf_interface(tree)
        if interface is None:
            return None
        if isinstance(tree, SharedTree) and tree.bidirectional and tree.rp is not None:
            df = self._forwarders.df(tree.rp, interface)
            return _one_rpf_neighbor(interface, self._nbr(interface, df))
        if (lost := _lost(tree.asserts, interface)) is not None:
            return _one_rpf_neighbor(interface, lost.winner, asserted=True)
        return _one_rpf_neighbor(interface, self._nbr(interface, next_hop(tree)))

    def rpf_neighbor_rpt(self, tree: SourceTree) -> RpfNeighbor | None:
        """RPF'(S,G,rpt): the AssertWinner of (S,G) where I_Am_Assert_Loser on RPF_interface(RP(G)),
        else RPF'(*,G)."""
        if tree.shared is None:
            return None
        interface = rpf_interface(tree.shared)
        if interface is not None and (lost := _lost(tree.asserts, interface)) is not None:
            return _one_rpf_neighbor(interface, lost.winner, asserted=True)
        return self.rpf_neighbor(tree.shared)

    def _nbr(self, interface: str, address: IPv4Address | None) -> IPv4Address | None:
        """NBR( I, A )."""
        known = self._interfaces.get(interface)
        return known.nbr(address) if known is not None and address is not None else None


def joins(tree: Tree) -> Interfaces:
    """joins(*,G) or (S,G) = { all interfaces I such that
    DownstreamJPState(I) is either Join or Prune-Pending }"""
    return tree.downstream.keys()


def prunes(tree: SourceTree) -> Interfaces:
    """prunes(S,G,rpt) = { all interfaces I such that
    DownstreamJPState(S,G,rpt,I) is Prune or PruneTmp }"""
    return {i for i, state in tree.rpt_downstream.items() if state in _PRUNED}


def rpf_interface(tree: Tree) -> str | None:
    """RPF_interface(S) or RPF_interface(RP(G)); at the RP "the decapsulation interface" (4.2)."""
    if tree.route is None:
        return None
    if isinstance(tree, SharedTree) and tree.i_am_rp:
        return REGISTER_TUNNEL
    return tree.route.interface


def next_hop(tree: Tree) -> IPv4Address | None:
    """MRIB.next_hop(S) or MRIB.next_hop(RP(G)).

    An RP on a subnet of ours is the next hop itself; a source there has none.
    """
    route = tree.route
    if route is None or route.neighbor is not None:
        return route.neighbor if route else None
    return tree.rp if isinstance(tree, SharedTree) and not route.is_local else None


def i_am_assert_loser(tree: Tree, interface: str) -> bool:
    """I_Am_Assert_Loser(*,G,I) or (S,G,I)."""
    return _lost(tree.asserts, interface) is not None


def _lost(asserts: Mapping[str, AssertInfo], interface: str) -> AssertInfo | None:
    info = asserts.get(interface)
    return info if info is not None and info.state is AssertState.LOSER else None
