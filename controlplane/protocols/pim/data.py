"""What packets that the data plane shows mean to the trees (RFC 7761 4.2, 4.2.1, 4.2.2).

The switch forwards by the routes that it has. It shows a packet that no route takes, that came in
on another interface than its route's, or whose route watches for new sources; and it says from
time to time which (S,G) had packets. This runs 4.2's pseudo-code for such packets: it restarts
the Keepalive Timer, sets the SPTbit, begins the switch to the shortest-path tree, and finds Asserts
due. What changed of the trees then goes to the switch as routes.
"""

from __future__ import annotations

from collections import defaultdict
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.net.multicast import AnySource, TreeName
from controlplane.protocols.pim.asserts import Asserts
from controlplane.protocols.pim.config import SptPolicy
from controlplane.protocols.pim.events import DataArrived, SourcesActive, TreeRates
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.keepalive import KEEPALIVE_PERIOD, Keepalive
from controlplane.protocols.pim.macros import rpf_interface
from controlplane.protocols.pim.rp_set import GroupMode
from controlplane.protocols.pim.tib import SourceTree, UpstreamState


class DataPlane:
    """`arrived` starts timers; `compare` looks at the trees after they decided on that."""

    def __init__(self, instance: PimInstance, keepalive: Keepalive, asserts: Asserts) -> None:
        self._instance = instance
        self._keepalive = keepalive
        self._asserts = asserts

    def arrived(self, event: DataArrived, now: Instant) -> None:
        """On receipt of data from S to G on interface iif: restart KeepaliveTimer(S,G).

        "A register state transition or UpstreamJPState(S,G) transition may happen as a result".
        """
        if self._instance.rp_set.mode(event.sg.group) is not GroupMode.SPARSE:
            return
        if (tree := self._tree(event, now)) is not None:
            came_by_spt = rpf_interface(tree) == event.interface
            self._restart_keepalive(tree, now, came_by_spt=came_by_spt)

    def compare(self, event: DataArrived, now: Instant) -> None:
        """Update_SPTbit(S,G,iif); and then, is iif where packets of S should come in?"""
        tree = self._instance.tib.sources.get(event.sg)
        if tree is not None and tree.shared is not None:
            self._update_spt_bit(tree, event)
        if (interface := self._instance.interfaces.get(event.interface)) is not None:
            self._asserts.data_arrived(interface, event.sg, now)

    def _update_spt_bit(self, tree: SourceTree, event: DataArrived) -> None:
        if not tree.spt_bit and self._came_by_spt(tree, event):
            tree.spt_bit = True
            self._instance.touch(tree)

    def _came_by_spt(self, tree: SourceTree, event: DataArrived) -> bool:
        """Whether the packet shows that the source's tree is complete: on a PMSI by the PE that
        sent it, elsewhere as far as its interface tells."""
        desires = self._instance.desires
        if rpf_interface(tree) != event.interface:
            return False
        if event.neighbor is None:
            return desires.spt_complete(tree)
        of_rpf = tree.rpf is not None and tree.rpf.neighbor == event.neighbor
        return of_rpf and desires.join_desired(tree)

    def active(self, event: SourcesActive, now: Instant) -> None:
        """Packets of trees were forwarded: they came in where their routes take them."""
        for sg in event.sgs:
            tree = self._instance.tib.sources.get(sg)
            if tree is not None and tree.published is not None:
                came_by_spt = tree.published.incoming == rpf_interface(tree)
                self._restart_keepalive(tree, now, came_by_spt=came_by_spt)

    def measured(self, event: TreeRates) -> None:
        """The rates of trees; the policy of a threshold follows that of the whole group on its
        shared tree, as most of its sources have no route of their own."""
        config = self._instance.config
        if config.spt is not SptPolicy.THRESHOLD:
            return
        shared: defaultdict[IPv4Address, float] = defaultdict(float)
        for name, rate in event.rates.items():
            if self._comes_by_shared(name):
                shared[name.group] += rate
        for group, tree in self._instance.tib.shared.items():
            is_busy = shared[group] >= config.spt_threshold
            if is_busy is not tree.is_busy:
                tree.is_busy = is_busy
                self._instance.touch(tree)

    def _comes_by_shared(self, name: TreeName) -> bool:
        """(*,G), an (S,G) that is not on its own tree yet, or one that there is no state of: a
        switch has a route for it where an S-PMSI brings it."""
        if isinstance(name, AnySource):
            return True
        tree = self._instance.tib.sources.get(name)
        return tree is None or not tree.spt_bit

    def _tree(self, event: DataArrived, now: Instant) -> SourceTree | None:
        """The (S,G), made where the packet may be of interest: at a directly connected source, and
        where there is a (*,G)."""
        sg = event.sg
        if (known := self._instance.tib.sources.get(sg)) is not None:
            return known
        if sg.group not in self._instance.tib.shared and not self._is_of_our_link(event):
            return None
        return self._instance.make_source(sg, now)

    def _is_of_our_link(self, event: DataArrived) -> bool:
        """DirectlyConnected(S) == TRUE AND iif == RPF_interface(S)"""
        route = self._instance.mrib(event.sg.source, event.sg.group)
        return route is not None and route.neighbor is None and route.interface == event.interface

    def _restart_keepalive(self, tree: SourceTree, now: Instant, *, came_by_spt: bool) -> None:
        if self._counts_for_spt(tree) if came_by_spt else self._switches_to_spt(tree):
            self._keepalive.start(tree, KEEPALIVE_PERIOD, now)

    def _counts_for_spt(self, tree: SourceTree) -> bool:
        """DirectlyConnected(S) == TRUE, or UpstreamJPState(S,G) == Joined AND inherited_olist(S,G)
        != NULL, or CheckSwitchToSpt(S,G) where the RP tree comes in here too"""
        joined = tree.upstream is UpstreamState.JOINED
        if joined and self._instance.macros.inherited_olist(tree):
            return True
        return tree.is_directly_connected or self._switches_to_spt(tree)

    def _switches_to_spt(self, tree: SourceTree) -> bool:
        return not tree.spt_bit and self._instance.desires.spt_switch_desired(tree)
