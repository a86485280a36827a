"""From the state of trees to what the switch shall do with their packets (RFC 7761 4.2).

4.2 decides for each packet. The switch has one route for (*,G) and one for an (S,G) that needs
another, so what 4.2 would do is said in advance:

    (S,G) on its own tree       accepted on RPF_interface(S), to inherited_olist(S,G)
    (S,G) on the shared tree    accepted on RPF_interface(RP(G)), to inherited_olist(S,G,rpt)
    (*,G)                       accepted on RPF_interface(RP(G)), to immediate_olist(*,G)

An (S,G) is on its own tree when its SPTbit is set, and as well when the next packet on
RPF_interface(S) would set it and none of the shared tree is wanted elsewhere: such a packet is
taken and shown to this router at once. Where both trees come in on different interfaces, the
shared one is taken until the switch shows the first packet of the other, as one that failed RPF.

On a PMSI a switch tells the PEs' packets apart, which 4.2 does not. Those of an (S,G) on its own
tree are taken of RPF'(S,G) alone. On the shared tree they are taken of every PE: when the PE of the
RP gets them from the source's PE, across the PMSI, it does not send them there once more.

In the SSM range a tree forwards while it is Joined (4.8.2).
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address

from controlplane.net.interface import InterfaceKind
from controlplane.protocols.pim import bidir
from controlplane.protocols.pim.config import ANYWHERE
from controlplane.protocols.pim.events import Registering, TreeUpdate
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.macros import Interfaces, rpf_interface
from controlplane.protocols.pim.register_dr import registering
from controlplane.protocols.pim.tib import (
    NOWHERE,
    REGISTER_TUNNEL,
    RpfNeighbor,
    SharedTree,
    SourceTree,
    Tree,
    UpstreamState,
)


class Forwarding:
    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._macros = instance.macros
        self._desires = instance.desires

    def of(self, tree: Tree) -> TreeUpdate | None:
        """What the switch needs of a tree; None when it needs nothing."""
        if isinstance(tree, SharedTree):
            if tree.upstream is not UpstreamState.JOINED:
                return None
            bidirectional = tree.bidirectional
            return bidir.forwarding(self._instance, tree) if bidirectional else self._shared(tree)
        if tree.is_bidirectional or not self._is_needed(tree):
            return None
        return self._on_spt(tree) if self._is_on_spt(tree) else self._on_rpt(tree)

    def _shared(self, tree: SharedTree) -> TreeUpdate:
        return self._update(
            tree,
            tree,
            tree.rpf,
            self._macros.immediate_olist(tree),
            watch_sources=self._wants_new_sources(tree),
        )

    def _on_spt(self, tree: SourceTree) -> TreeUpdate:
        return self._update(
            tree,
            tree,
            tree.rpf,
            self._macros.inherited_olist(tree),
            watch_sources=self._awaits_first_packet(tree),
        )

    def _on_rpt(self, tree: SourceTree) -> TreeUpdate:
        shared = tree.shared
        assert shared is not None  # a tree of the SSM range is on its own
        may_switch = not tree.is_active and self._desires.spt_switch_desired(tree)
        return self._update(
            tree,
            shared,
            self._macros.rpf_neighbor_rpt(tree),
            self._macros.inherited_olist_rpt(tree),
            watch_sources=shared.i_am_rp or may_switch or self._awaits_other_pe(tree, shared),
            awaited=self._awaited(tree, shared),
        )

    def _update(
        self,
        tree: Tree,
        source: Tree,
        rpf: RpfNeighbor | None,
        outgoing: Interfaces,
        *,
        watch_sources: bool,
        awaited: IPv4Address | None = None,
    ) -> TreeUpdate:
        """`source` is the tree whose packets come: that of (S,G), or the shared one."""
        incoming = rpf_interface(source)
        at_rp = incoming == REGISTER_TUNNEL
        of_all_pes = isinstance(source, SharedTree) and self._is_pmsi(incoming)
        return TreeUpdate(
            tree=tree.name,
            incoming=None if at_rp else incoming,
            rpf_neighbor=rpf.neighbor if rpf is not None else None,
            outgoing=_shared(frozenset(outgoing - {incoming, REGISTER_TUNNEL})),
            accepted=frozenset({incoming}) if incoming and of_all_pes else NOWHERE,
            registering=self._registering(tree, outgoing),
            from_registers=at_rp and self._takes_registers(tree),
            watch_sources=watch_sources,
            awaited=awaited,
        )

    def _takes_registers(self, tree: Tree) -> bool:
        """An RP that accepts some sources alone: the route of a group cannot tell them, so then
        each Register is shown, until its (S,G) has a route."""
        config = self._instance.config
        if isinstance(tree, SharedTree):
            return config.accepted_sources == ANYWHERE
        return config.accepts_source(tree.name.source)

    def _is_needed(self, tree: SourceTree) -> bool:
        """Whether packets of S meet something else than those of (*,G), or of no tree."""
        if tree.upstream is UpstreamState.JOINED or tree.is_active:
            return True
        shared = tree.shared
        if shared is None:
            return False
        other_list = self._macros.inherited_olist_rpt(tree) != self._macros.immediate_olist(shared)
        return other_list or self._desires.is_rpt_diverted(tree)

    def _is_on_spt(self, tree: SourceTree) -> bool:
        if tree.shared is None or tree.spt_bit or tree.is_directly_connected:
            return True
        return self._desires.join_desired(tree) and self._desires.is_spt_indistinct(tree)

    def _awaits_first_packet(self, tree: SourceTree) -> bool:
        """Whether a packet on RPF_interface(S) would set the SPTbit, or start the Keepalive Timer
        of a directly connected source."""
        if tree.shared is None or tree.spt_bit:
            return False
        unknown = tree.is_directly_connected and not tree.is_active
        return unknown or self._desires.join_desired(tree)

    def _awaits_other_pe(self, tree: SourceTree, shared: SharedTree) -> bool:
        """Whether packets of both trees are taken on a PMSI, and those of the source's own would
        set the SPTbit."""
        common = rpf_interface(tree) == rpf_interface(shared)
        return common and self._is_pmsi(rpf_interface(tree)) and self._desires.join_desired(tree)

    def _awaited(self, tree: SourceTree, shared: SharedTree) -> IPv4Address | None:
        """The PE whose packets are joined on a PMSI, and not taken yet, as the shared tree's are
        taken elsewhere."""
        joined = rpf_interface(tree)
        if tree.rpf is None or joined == rpf_interface(shared) or not self._is_pmsi(joined):
            return None
        return tree.rpf.neighbor if self._desires.join_desired(tree) else None

    def _wants_new_sources(self, tree: SharedTree) -> bool:
        """The RP joins sources that it hears of in Registers, a router with local members as its
        policy says; the DR of the link that the shared tree comes in on registers its sources."""
        if tree.i_am_rp:
            return True
        if self._desires.switch_to_spt_desired(tree) and self._macros.pim_include(tree):
            return True
        incoming = rpf_interface(tree)
        if incoming not in self._instance.interfaces or self._is_pmsi(incoming):
            return False
        return self._macros.i_am_dr(incoming)

    def _is_pmsi(self, interface: str | None) -> bool:
        link = self._instance.links.get(interface) if interface is not None else None
        return link is not None and link.kind is InterfaceKind.PMSI

    def _registering(self, tree: Tree, outgoing: Interfaces) -> Registering | None:
        if REGISTER_TUNNEL not in outgoing or isinstance(tree, SharedTree):
            return None
        return registering(self._instance, tree)


@lru_cache(maxsize=1 << 12)
def _shared(outgoing: frozenset[str]) -> frozenset[str]:
    """One set for all trees that leave by the same interfaces, which are many."""
    return outgoing
