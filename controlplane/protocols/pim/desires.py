"""What this router should do with a tree: the boolean macros of RFC 7761 4.2, 4.4, 4.5 and 4.6.

They are functions of the state alone. The machines compare them with what was done so far.
"""

from __future__ import annotations

from controlplane.protocols.pim.config import SptPolicy
from controlplane.protocols.pim.macros import (
    Interfaces,
    Macros,
    i_am_assert_loser,
    joins,
    rpf_interface,
)
from controlplane.protocols.pim.tib import REGISTER_TUNNEL, SharedTree, SourceTree, Tree


class Desires:
    def __init__(self, macros: Macros, spt: SptPolicy) -> None:
        self._macros = macros
        self._spt = spt

    # Joining (4.5)

    def join_desired(self, tree: Tree) -> bool:
        """JoinDesired(*,G) is "immediate_olist(*,G) != NULL"; JoinDesired(S,G) =
        ( immediate_olist(S,G) != NULL
        OR ( KeepaliveTimer(S,G) is running AND inherited_olist(S,G) != NULL ) )

        In the SSM range the timer "should be treated as always running" (4.8.2), but there the
        lists are the same.
        """
        if self._macros.immediate_olist(tree):
            return True
        if isinstance(tree, SourceTree) and tree.is_active:
            return bool(self._macros.inherited_olist(tree))
        return False

    def rpt_join_desired(self, tree: SourceTree) -> bool:
        """RPTJoinDesired(G) = JoinDesired(*,G)"""
        return tree.shared is not None and self.join_desired(tree.shared)

    def prune_desired_rpt(self, tree: SourceTree) -> bool:
        """PruneDesired(S,G,rpt) = ( RPTJoinDesired(G) AND ( inherited_olist(S,G,rpt) == NULL
        OR (SPTbit(S,G)==TRUE AND (RPF'(*,G) != RPF'(S,G)) )))"""
        if not self.rpt_join_desired(tree):
            return False
        return not self._macros.inherited_olist_rpt(tree) or self.is_off_rpt(tree)

    def is_off_rpt(self, tree: SourceTree) -> bool:
        """SPTbit(S,G)==TRUE AND RPF'(*,G) != RPF'(S,G): packets come on a tree of their own."""
        return tree.spt_bit and not self._shares_upstream(tree)

    def is_pruned_in_join(self, tree: SourceTree) -> bool:
        """RFC 7761 4.5.6: whether a Join(*,G) comes with a Prune(S,G,rpt)."""
        if tree.spt_bit:
            return self.is_off_rpt(tree)
        return not self._macros.inherited_olist_rpt(tree) or self.is_rpt_diverted(tree)

    def is_rpt_diverted(self, tree: SourceTree) -> bool:
        """RPF'(S,G,rpt) != RPF'(*,G): "there was an (S,G) assert and the source tree RPF neighbor
        is different"."""
        shared = tree.shared
        if shared is None or not tree.asserts:
            return False
        return self._macros.rpf_neighbor_rpt(tree) != self._macros.rpf_neighbor(shared)

    def _shares_upstream(self, tree: SourceTree) -> bool:
        """RPF'(*,G) == RPF'(S,G): the same neighbour, or none, on the same interface.

        "A neighbor's IP address may be non-unique"; it is unique on an interface (4.1.5).
        """
        shared = tree.shared
        if shared is None:
            return False
        return self._macros.rpf_neighbor(shared) == self._macros.rpf_neighbor(tree)

    # The shortest-path tree (4.2)

    def spt_switch_desired(self, tree: SourceTree) -> bool:
        """CheckSwitchToSpt(S,G): pim_include(*,G) (-) pim_exclude(S,G) (+) pim_include(S,G) != NULL
        AND SwitchToSptDesired(S,G)"""
        macros, shared = self._macros, tree.shared
        if shared is None or not self.switch_to_spt_desired(shared):
            return False
        members = macros.pim_include(shared) - macros.pim_exclude(tree)
        return bool(members | macros.pim_include(tree))

    def switch_to_spt_desired(self, shared: SharedTree) -> bool:
        """SwitchToSptDesired(S,G): the operator's policy, the same for all sources of a group."""
        match self._spt:
            case SptPolicy.IMMEDIATE:
                return True
            case SptPolicy.THRESHOLD:
                return shared.is_busy
            case SptPolicy.NEVER:
                return False

    def spt_complete(self, tree: SourceTree) -> bool:
        """Update_SPTbit(S,G,iif): whether a packet that came in on RPF_interface(S) shows that the
        source's tree is there, so that the SPTbit is set."""
        if not self.join_desired(tree):
            return False
        other = tree.shared is None or rpf_interface(tree.shared) != rpf_interface(tree)
        return other or self.is_spt_indistinct(tree)

    def is_spt_indistinct(self, tree: SourceTree) -> bool:
        """The conditions of Update_SPTbit that hold wherever packets of the shared tree come in:
        DirectlyConnected(S) == TRUE OR inherited_olist(S,G,rpt) == NULL
        OR ( ( RPF'(S,G) == RPF'(*,G) ) AND ( RPF'(S,G) != NULL ) ) OR I_Am_Assert_Loser(S,G,iif)"""
        if tree.is_directly_connected or not self._macros.inherited_olist_rpt(tree):
            return True
        rpf = self._macros.rpf_neighbor(tree)
        if rpf is None:
            return False
        common = rpf.neighbor is not None and self._shares_upstream(tree)
        return common or i_am_assert_loser(tree, rpf.interface)

    # Registering (4.4.1)

    def could_register(self, tree: SourceTree) -> bool:
        """CouldRegister(S,G) = ( I_am_DR( RPF_interface(S) ) AND KeepaliveTimer(S,G) is running
        AND DirectlyConnected(S) == TRUE )

        Never in the SSM range (4.8.1).
        """
        if tree.shared is None or tree.route is None or not tree.is_active:
            return False
        if tree.is_bidirectional:
            return False
        return tree.is_directly_connected and self._macros.i_am_dr(tree.route.interface)

    # Asserts (4.6.1, 4.6.2)

    def could_assert(self, tree: Tree, interface: str) -> bool:
        """CouldAssert(*,G,I) = ( I in ( joins(*,G) (+) pim_include(*,G)) )
        AND (RPF_interface(RP(G)) != I), and CouldAssert(S,G,I) = SPTbit(S,G)==TRUE
        AND (RPF_interface(S) != I) AND I in the inherited_olist(S,G) without (S,G) Asserts

        In the SSM range the SPTbit is "always being set" (4.8.2).
        """
        if interface == REGISTER_TUNNEL or rpf_interface(tree) in (None, interface):
            return False
        if isinstance(tree, SharedTree):
            if tree.bidirectional:
                return False
            return interface in (joins(tree) | self._macros.pim_include(tree))
        if tree.shared is not None and not tree.spt_bit:
            return False
        return interface in (self._tracked(tree) | self._macros.pim_include(tree))

    def assert_tracking_desired(self, tree: Tree, interface: str) -> bool:
        """AssertTrackingDesired(*,G,I) or (S,G,I): whether an Assert on I might affect us."""
        if isinstance(tree, SharedTree):
            return self._shared_tracking_desired(tree, interface)
        return (
            interface in self._tracked(tree)
            or self._answers_for_members(tree, interface)
            or (rpf_interface(tree) == interface and self.join_desired(tree))
            or self._comes_by_rpt(tree, interface)
        )

    def _shared_tracking_desired(self, tree: SharedTree, interface: str) -> bool:
        """CouldAssert(*,G,I)
        OR (local_receiver_include(*,G,I)==TRUE AND (I_am_DR(I) OR AssertWinner(*,G,I) == me))
        OR (RPF_interface(RP(G)) == I AND RPTJoinDesired(G))"""
        return (
            self.could_assert(tree, interface)
            or self._answers_for_members(tree, interface)
            or (rpf_interface(tree) == interface and self.join_desired(tree))
        )

    def _tracked(self, tree: SourceTree) -> Interfaces:
        """( joins(*,G) (-) prunes(S,G,rpt) ) (+) ( pim_include(*,G) (-) pim_exclude(S,G) )
        (-) lost_assert(*,G) (+) joins(S,G)"""
        if tree.shared is None:
            return joins(tree)
        wanted = self._macros.rpt_wanted(tree) - self._macros.lost_assert(tree.shared)
        return wanted | joins(tree)

    def _answers_for_members(self, tree: Tree, interface: str) -> bool:
        """local_receiver_include(I) == TRUE AND (I_am_DR(I) OR (AssertWinner(I) == me))"""
        if interface not in tree.members:
            return False
        won = interface in tree.asserts and not i_am_assert_loser(tree, interface)
        return won or self._macros.i_am_dr(interface)

    def _comes_by_rpt(self, tree: SourceTree, interface: str) -> bool:
        """(RPF_interface(RP(G)) == I) AND (JoinDesired(*,G) == TRUE) AND (SPTbit(S,G) == FALSE)"""
        shared = tree.shared
        if shared is None or tree.spt_bit or rpf_interface(shared) != interface:
            return False
        return self.join_desired(shared)
