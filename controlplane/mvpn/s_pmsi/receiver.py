"""The leaf's side of S-PMSIs (RFC 6513 7.1.2, RFC 6037 6.2): bindings, and the trees joined.

A binding says that a PE sends a flow in one of its trees. All that are heard are kept, so a
receiver that comes later is served at once; each lasts S-PMSI_TIMEOUT from when it was last heard,
as RFC 6037 has it. (RFC 6513 counts packets of the tree instead; a silent source would lose its
leaves so, which Joins still speak of.) Another P-group for the same flow is another binding: leaves
stay in the old tree until that one ends, and miss nothing of what still comes there.

A tree is joined while one of its flows "needs to be received" from its root: this PE has interfaces
to send it out of and the root is its upstream PE; or it sends the flow to the PMSI itself, and has
to see the other's packets for PIM's Assert; or it has joined the flow there and still gets it by a
shared tree from elsewhere, which the first packet of the root ends. A PE that has no state of the
flow but (*,G) takes its packets as those of the group, and on a shared tree packets count of every
PE (`pim/forwarding`): so such a leaf joins whichever tree brings them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.engine.time import Instant
from controlplane.mvpn.s_pmsi.counters import Count
from controlplane.mvpn.s_pmsi.events import LeafChanged
from controlplane.mvpn.s_pmsi.instance import SPmsiInstance
from controlplane.mvpn.s_pmsi.notices import BindingExpired, TreeJoined, TreeLeft
from controlplane.mvpn.s_pmsi.timers import TimeoutTimer
from controlplane.net.multicast import SSM_RANGE, AnySource, SourceGroup, TreeName
from controlplane.protocols.pim.events import TreeUpdate
from controlplane.wire.s_pmsi import Join, SPmsiJoin

MAXIMUM_BINDINGS: Final = 16_384
"""As many C-routes as the data plane holds behind tunnels."""

Tree: TypeAlias = SourceGroup

_NO_FLOWS: Final[frozenset[SourceGroup]] = frozenset()


@dataclass(frozen=True, slots=True)
class Binding:
    flow: SourceGroup
    tree: Tree


@dataclass(frozen=True, slots=True)
class _Need:
    """From which PE a flow is to be received; `of_all`: from any that sends it."""

    upstream: IPv4Address | None = None
    of_all: bool = False

    def includes(self, root: IPv4Address) -> bool:
        return self.of_all or self.upstream == root


_NONE: Final = _Need()
_OF_ALL: Final = _Need(of_all=True)


class Receiver:
    def __init__(self, instance: SPmsiInstance) -> None:
        self._instance = instance
        self.bindings: dict[Binding, Instant] = {}
        """Those that are known, and since when."""
        self.leaves: dict[Tree, frozenset[SourceGroup]] = {}
        """The trees that are joined, and for which flows."""
        self._bound: dict[SourceGroup, set[Binding]] = {}
        self._bound_of: dict[IPv4Address, set[SourceGroup]] = {}
        """The flows that are bound, by their groups."""
        self._needs: dict[TreeName, _Need] = {}
        """Of each C-tree that PIM has."""

    def hear(self, root: IPv4Address, joins: Iterable[Join], now: Instant) -> None:
        """What a datagram of a PE says."""
        fresh: list[Binding] = []
        for join in joins:
            if isinstance(join, SPmsiJoin):
                self._instance.counters[Count.RECEIVED] += 1
                fresh += self._learn(Binding(join.flow, SourceGroup(root, join.group)), now)
            else:
                self._instance.counters[Count.SKIPPED_TYPE] += 1
        self._settle(fresh)

    def tree_changed(self, name: TreeName, tree: TreeUpdate | None) -> None:
        """PIM of the VRF has this state of a C-tree now; None for no state."""
        before = self._needs.pop(name, None)
        if tree is not None:
            self._needs[name] = self._need(tree)
        if before != self._needs.get(name):
            self._settle([one for flow in self._flows_in(name) for one in self._bound[flow]])

    def _flows_in(self, name: TreeName) -> list[SourceGroup]:
        """The bound flows of a tree; of a shared one, those without state of their own."""
        if isinstance(name, SourceGroup):
            return [name] if name in self._bound else []
        return [flow for flow in self._bound_of.get(name.group, ()) if flow not in self._needs]

    def roots_changed(self, roots: frozenset[IPv4Address]) -> None:
        """Of a PE that is gone nothing counts any more."""
        gone = [one for one in self.bindings if one.tree.source not in roots]
        for binding in gone:
            self._instance.timers.cancel(TimeoutTimer(binding.flow, binding.tree))
            self._forget(binding)
        self._settle(gone)

    def timeout_expires(self, flow: SourceGroup, tree: Tree) -> None:
        """S-PMSI_TIMEOUT."""
        binding = Binding(flow, tree)
        self._forget(binding)
        self._instance.outputs.append(BindingExpired(flow, tree))
        self._settle((binding,))

    def _learn(self, binding: Binding, now: Instant) -> Iterable[Binding]:
        """The binding, if it is a new one."""
        if (why := self._why_refused(binding)) is not None:
            self._instance.counters[why] += 1
            return ()
        end = now + self._instance.config.timers.timeout
        self._instance.timers.set(TimeoutTimer(binding.flow, binding.tree), end)
        if binding in self.bindings:
            return ()
        self.bindings[binding] = now
        self._bound.setdefault(binding.flow, set()).add(binding)
        self._bound_of.setdefault(binding.flow.group, set()).add(binding.flow)
        return (binding,)

    def _why_refused(self, binding: Binding) -> Count | None:
        flow = binding.flow
        if flow.source.is_multicast or not flow.group.is_multicast:
            return Count.REFUSED_FLOW
        if binding.tree.group not in SSM_RANGE:
            # draft-rosen-l3vpn-mvpn-profiles-00 2.5: "a PIM source tree in SSM mode"
            return Count.REFUSED_GROUP
        if binding not in self.bindings and len(self.bindings) == MAXIMUM_BINDINGS:
            return Count.REFUSED_LIMIT
        return None

    def _forget(self, binding: Binding) -> None:
        flow = binding.flow
        del self.bindings[binding]
        self._bound[flow].remove(binding)
        if not self._bound[flow]:
            del self._bound[flow]
            self._bound_of[flow.group].remove(flow)
            if not self._bound_of[flow.group]:
                del self._bound_of[flow.group]

    def _need(self, tree: TreeUpdate) -> _Need:
        pmsi = self._instance.pmsi
        if pmsi in tree.outgoing:
            return _OF_ALL
        if tree.incoming != pmsi or not tree.outgoing:
            return _Need(upstream=tree.awaited)
        return _OF_ALL if pmsi in tree.accepted else _Need(upstream=tree.rpf_neighbor)

    def _settle(self, bindings: Iterable[Binding]) -> None:
        """These bindings are new or gone, or their flows are needed from others now."""
        touched: dict[Tree, frozenset[SourceGroup]] = {}
        for binding in bindings:
            tree = binding.tree
            before = touched.get(tree, self.leaves.get(tree, _NO_FLOWS))
            change = before.union if self._is_needed(binding) else before.difference
            touched[tree] = change((binding.flow,))
        for tree, flows in sorted(touched.items(), key=_by_tree):
            if flows != self.leaves.get(tree, _NO_FLOWS):
                self._change_leaf(tree, flows)

    def _is_needed(self, binding: Binding) -> bool:
        flow = binding.flow
        need = self._needs.get(flow) or self._needs.get(AnySource.of(flow.group), _NONE)
        return binding in self.bindings and need.includes(binding.tree.source)

    def _change_leaf(self, tree: Tree, flows: frozenset[SourceGroup]) -> None:
        was_joined = tree in self.leaves
        self._instance.outputs.append(LeafChanged(tree=tree, flows=flows))
        if flows:
            self.leaves[tree] = flows
            if not was_joined:
                self._instance.outputs.append(TreeJoined(tree, min(flows)))
        else:
            del self.leaves[tree]
            self._instance.outputs.append(TreeLeft(tree))


def _by_tree(item: tuple[Tree, object]) -> Tree:
    return item[0]
