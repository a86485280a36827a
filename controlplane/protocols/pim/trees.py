"""Trees decide, tell what the switch shall do, and end (RFC 7761 4.1).

A tree that was touched compares what its machines did with what its state asks for now. That may
touch others, or itself once more, so it goes on until no tree is touched any more; only then is
what came of it told, once for each tree.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import TreeRemoved
from controlplane.protocols.pim.forwarding import Forwarding
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.machines import Machines
from controlplane.protocols.pim.tib import SharedTree, SourceTree, Tree


class Trees:
    def __init__(self, instance: PimInstance, machines: Machines) -> None:
        self._instance = instance
        self._machines = machines
        self._forwarding = Forwarding(instance)
        self._decided_shared: dict[IPv4Address, SharedTree] = {}
        self._decided_sources: dict[SourceGroup, SourceTree] = {}

    def settle(self, now: Instant) -> None:
        """Let the trees that were touched decide; a (*,G) before its (S,G)."""
        instance = self._instance
        while instance.changed_shared or instance.changed_sources:
            groups, instance.changed_shared = instance.changed_shared, {}
            for group in groups:
                self._decide_shared(instance.tib.shared[group], now)
            sgs, instance.changed_sources = instance.changed_sources, {}
            for sg in sgs:
                self._decide_source(instance.tib.sources[sg], now)

    def publish(self) -> None:
        """Tell the new forwarding state of what decided, and forget what has no state left."""
        groups, self._decided_shared = self._decided_shared, {}
        sources, self._decided_sources = self._decided_sources, {}
        for shared in groups.values():
            self._publish(shared)
        for source in sources.values():
            self._publish(source)
            if source.is_empty:
                self._instance.tib.discard_source(source)
                if source.shared is not None:
                    groups[source.shared.group] = source.shared
        for shared in groups.values():
            self._instance.tib.discard_shared(shared)

    def _decide_shared(self, tree: SharedTree, now: Instant) -> None:
        self._machines.upstream.decide(tree, now)
        self._machines.asserts.decide(tree, now)
        self._decided_shared[tree.group] = tree

    def _decide_source(self, tree: SourceTree, now: Instant) -> None:
        self._machines.upstream.decide(tree, now)
        if tree.shared is not None:
            self._machines.rpt_upstream.decide(tree, now)
            self._machines.register_dr.decide(tree, now)
        self._machines.asserts.decide(tree, now)
        self._decided_sources[tree.name] = tree

    def _publish(self, tree: Tree) -> None:
        update = self._forwarding.of(tree)
        if update == tree.published:
            return
        self._instance.outputs.append(TreeRemoved(tree=tree.name) if update is None else update)
        tree.published = update
