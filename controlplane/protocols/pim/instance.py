"""What the machines of one PIM instance share: state, timers, and the outputs of this input."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address
from random import Random

from controlplane.engine.time import Instant
from controlplane.engine.timers import Timers
from controlplane.net.interface import Interface
from controlplane.net.multicast import ALL_PIM_ROUTERS, LINK_LOCAL, SourceGroup
from controlplane.protocols.pim.aggregation import JoinPruneQueue
from controlplane.protocols.pim.config import PimConfig
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.desires import Desires
from controlplane.protocols.pim.events import PimOutput, Rpf, RpfLookup
from controlplane.protocols.pim.forwarders import Forwarders
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.macros import Macros
from controlplane.protocols.pim.notices import DrChanged
from controlplane.protocols.pim.rp_set import GroupMode, RpSet
from controlplane.protocols.pim.tib import SharedTree, SourceTree, Tib, Tree
from controlplane.protocols.pim.timers import PimTimer
from controlplane.wire.pim.address import EncodedGroup


class PimInstance:
    """`links` are the interfaces that are up, `interfaces` those of them that PIM runs on.

    `changed_shared` and `changed_sources` name the trees to decide on again; a (*,G) has all of its
    (S,G) decide again with it.
    """

    def __init__(self, rpf: RpfLookup, rng: Random, config: PimConfig) -> None:
        self.mrib = rpf
        self.rng = rng
        self.config = config
        self.rp_set = RpSet(config.rps)
        self.timers: Timers[PimTimer] = Timers()
        self.links: dict[str, Interface] = {}
        self.interfaces: dict[str, PimInterface] = {}
        self.tib = Tib()
        self.forwarders = Forwarders()
        self.macros = Macros(self.interfaces, self.forwarders)
        self.desires = Desires(self.macros, config.spt)
        self.surroundings_changed = True
        self.changed_shared: dict[IPv4Address, None] = {}
        self.changed_sources: dict[SourceGroup, None] = {}
        self.queue = JoinPruneQueue()
        self.outputs: list[PimOutput] = []
        self.counters: Counter[str] = Counter()

    def touch(self, tree: Tree) -> None:
        """What a tree's forwarding state depends on changed."""
        if isinstance(tree, SourceTree):
            self.changed_sources[tree.name] = None
            return
        self.changed_shared[tree.group] = None
        for source in tree.sources.values():
            self.changed_sources[source.name] = None

    def touch_all(self) -> None:
        """What all trees depend on changed: routes, neighbours, the RP-Set."""
        self.surroundings_changed = True
        self.changed_shared |= dict.fromkeys(self.tib.shared)
        self.changed_sources |= dict.fromkeys(self.tib.sources)

    def find_route(self, tree: Tree) -> None:
        """Ask the MRIB for the way to a tree's root; that of (*,G) is RP(G) now."""
        if isinstance(tree, SourceTree):
            tree.route = self.mrib(tree.name.source, tree.name.group)
            return
        tree.rp = self.rp_set.rp(tree.group)
        tree.bidirectional = self.rp_set.mode(tree.group) is GroupMode.BIDIRECTIONAL
        if tree.rp is None:
            tree.route = None
        elif tree.bidirectional:
            tree.route = self.route_to_rpa(tree.rp)
        else:
            tree.route = self.mrib(tree.rp, tree.group)

    def route_to_rpa(self, rpa: IPv4Address) -> Rpf | None:
        """The way to a bidirectional RP, which is one for all groups."""
        return self.mrib(rpa, ALL_PIM_ROUTERS)

    def make_shared(self, group: IPv4Address, now: Instant) -> SharedTree | None:
        """(*,G) state, made when there was none; None where there may be none."""
        if (known := self.tib.shared.get(group)) is not None:
            return known
        if not self._is_shared(group) or self._is_full():
            return None
        tree = self.tib.make_shared(group, now)
        self.find_route(tree)
        self.touch(tree)
        return tree

    def make_source(self, sg: SourceGroup, now: Instant) -> SourceTree | None:
        """(S,G) state, made when there was none; None where there may be none."""
        if (known := self.tib.sources.get(sg)) is not None:
            return known
        if not _is_unicast(sg.source):
            self.counters[Count.IGNORED_SOURCE] += 1
            return None
        mode = self.rp_set.mode(sg.group)
        if mode is GroupMode.BIDIRECTIONAL:
            self.counters[Count.IGNORED_BIDIRECTIONAL] += 1
            return None
        if mode is GroupMode.SSM:
            shared = None
            if self._is_full():
                return None
        elif (shared := self.make_shared(sg.group, now)) is None:
            return None
        tree = self.tib.make_source(sg, shared, now)
        self.find_route(tree)
        self.touch(tree)
        return tree

    def _is_shared(self, group: IPv4Address) -> bool:
        """Whether a group has a tree that sources share."""
        usable = group.is_multicast and group not in LINK_LOCAL
        shared = usable and self.rp_set.mode(group) is not GroupMode.SSM
        if not shared:
            self.counters[Count.IGNORED_GROUP] += 1
        return shared

    def _is_full(self) -> bool:
        limit = self.config.state_limit
        full = limit is not None and len(self.tib) >= limit
        if full:
            self.counters[Count.STATE_LIMIT] += 1
        return full

    def mode_of(self, group: EncodedGroup) -> GroupMode | None:
        """The mode of a group of a Join/Prune; None when its entries are for no machine here."""
        if not group.is_single:
            self.counters[Count.IGNORED_GROUP_RANGE] += 1
            return None
        return self.rp_set.mode(group.address)

    def elect_dr(self, interface: PimInterface) -> None:
        """Elect again after a change of Hello information; the DR decides on local members, and
        registers local sources."""
        old, interface.dr = interface.dr, interface.dr_election()
        if interface.dr.winner == old.winner:
            return
        self.outputs.append(DrChanged(interface.name, interface.dr.winner, interface.dr.reason))
        for tree in self.tib:
            if _depends_on_dr(tree, interface.name):
                self.touch(tree)


def _depends_on_dr(tree: Tree, interface: str) -> bool:
    from_here = tree.route is not None and tree.route.interface == interface
    return from_here or interface in tree.members


def _is_unicast(source: IPv4Address) -> bool:
    return not (source.is_multicast or source.is_unspecified or source.is_loopback)
