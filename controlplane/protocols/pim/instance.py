"""What the machines of one PIM instance share: state, timers, and the outputs of this input."""

from __future__ import annotations

from collections import Counter
from random import Random

from controlplane.engine.timers import Timers
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.aggregation import JoinPruneQueue
from controlplane.protocols.pim.events import PimOutput, Rpf, RpfLookup
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.notices import DrChanged
from controlplane.protocols.pim.tib import Tree
from controlplane.protocols.pim.timers import PimTimer


class PimInstance:
    """`interfaces` are those that PIM runs on now; `changed` are trees to look at again."""

    def __init__(self, rpf: RpfLookup, rng: Random) -> None:
        self.mrib = rpf
        self.rng = rng
        self.timers: Timers[PimTimer] = Timers()
        self.interfaces: dict[str, PimInterface] = {}
        self.trees: dict[SourceGroup, Tree] = {}
        self.changed: dict[SourceGroup, None] = {}
        self.queue = JoinPruneQueue()
        self.outputs: list[PimOutput] = []
        self.counters: Counter[str] = Counter()

    def touch(self, tree: Tree) -> None:
        """What a tree's forwarding state depends on changed."""
        self.changed[tree.sg] = None

    def touch_all(self) -> None:
        """What RPF'(S,G) depends on changed."""
        self.changed |= dict.fromkeys(self.trees)

    def rpf(self, sg: SourceGroup) -> Rpf | None:
        """RPF_interface(S), and RPF'(S,G) = NBR(RPF_interface(S), MRIB.next_hop(S))."""
        route = self.mrib(sg.source, sg.group)
        if route is None or route.neighbor is None:
            return route
        interface = self.interfaces.get(route.interface)
        return Rpf(route.interface, interface.nbr(route.neighbor) if interface else None)

    def elect_dr(self, interface: PimInterface) -> None:
        """Elect again after a change of Hello information; the DR decides on local members."""
        old, interface.dr = interface.dr, interface.dr_election()
        if interface.dr.winner == old.winner:
            return
        self.outputs.append(DrChanged(interface.name, interface.dr.winner, interface.dr.reason))
        for tree in self.trees.values():
            if interface.name in tree.members:
                self.touch(tree)
