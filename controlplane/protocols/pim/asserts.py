"""Asserts: routers that forward the same packets onto one link agree on one (RFC 7761 4.6).

Nothing prevents that two routers forward onto a LAN, or onto a PMSI: their neighbours there follow
different routes. The data plane shows it to both, as packets of a tree come in where they go out.
Each claims the link with an Assert, and the better metric has it. Routers downstream hear that too,
and from then on join the winner: RPF' is AssertWinner.

`assert_machine` says what to do when, and this module does it. An Assert that names a source is for
the (S,G) machine; for the (*,G) machine only if that one is in NoInfo, and stays there (4.6.2).
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.assert_actions import CLAIM_TIME, NO_SOURCE, AssertActions
from controlplane.protocols.pim.assert_machine import (
    Standing,
    on_change,
    on_data,
    on_group_assert,
    on_source_assert,
    on_timer,
)
from controlplane.protocols.pim.assert_metric import INFINITE, AssertMetric
from controlplane.protocols.pim.assert_state import AssertState
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.macros import rpf_interface
from controlplane.protocols.pim.rp_set import GroupMode
from controlplane.protocols.pim.sender import Sender
from controlplane.protocols.pim.tib import SharedTree, SourceTree, Tree, set_assert
from controlplane.protocols.pim.timers import AssertTimer
from controlplane.wire.pim.assert_message import Assert

_DATA_INTERVAL: Final[Duration] = 1.0
"""RFC 7761 4.2: "Data-triggered PIM-Assert messages SHOULD be rate-limited"."""


class Asserts:
    def __init__(self, instance: PimInstance, sender: Sender) -> None:
        self._instance = instance
        self._actions = AssertActions(instance, sender)

    # Events

    def receive(
        self, interface: PimInterface, source: IPv4Address, message: Assert, now: Instant
    ) -> None:
        """Take a message of a neighbour; of a stranger it "SHOULD be discarded"."""
        counters = self._instance.counters
        if source not in interface.neighbors:
            counters[Count.DROP_ASSERT_NO_NEIGHBOR] += 1
        elif not message.group.is_single:
            counters[Count.IGNORED_GROUP_RANGE] += 1
        elif self._mode(message.group.address) is GroupMode.BIDIRECTIONAL:
            counters[Count.IGNORED_BIDIRECTIONAL_ASSERT] += 1
        else:
            metric = AssertMetric(message.rpt, message.preference, message.metric, source)
            self._compare(interface, message, metric, now)

    def data_arrived(self, interface: PimInterface, sg: SourceGroup, now: Instant) -> None:
        """RFC 7761 4.2: packets of S came in where they should not, but may go out."""
        tree = self._instance.tib.sources.get(sg)
        if self._mode(sg.group) is GroupMode.BIDIRECTIONAL:
            return
        if tree is None:
            shared = self._instance.tib.shared.get(sg.group)
            if shared is not None:
                self._data_arrived(shared, interface, sg.source, now)
        elif tree.shared is None or tree.spt_bit:
            self._data_arrived(tree, interface, sg.source, now)
        elif interface.name in self._instance.macros.inherited_olist_rpt(tree):
            self._data_arrived(tree.shared, interface, sg.source, now)

    def joined(self, tree: Tree, interface: PimInterface) -> None:
        """Receive Join on I: its sender may know that the winner has died."""
        info = tree.asserts.get(interface.name)
        if info is not None and info.state is AssertState.LOSER:
            self._actions.forget(tree, interface.name, "a router joined here")

    def group_joined(
        self, shared: SharedTree, interface: PimInterface, pruned: frozenset[IPv4Address]
    ) -> None:
        """Receive Join(*,G) on I. RFC 7761 4.6.5, rule 7: it is for all sources of the group but
        those that a Prune(S,G,rpt) of the same message names."""
        self.joined(shared, interface)
        for source, tree in shared.sources.items():
            if source not in pruned:
                self.joined(tree, interface)

    def winner_gone(self, interface: PimInterface, neighbor: IPv4Address) -> None:
        """Current Winner's GenID Changes or NLT Expires."""
        for tree in self._instance.tib:
            info = tree.asserts.get(interface.name)
            if info is not None and info.winner == neighbor:
                self._actions.forget(tree, interface.name, "the winner is gone or restarted")

    def expire(self, timer: AssertTimer, now: Instant) -> None:
        tree = self._instance.tib.get(timer.tree)
        interface = self._instance.interfaces[timer.interface]
        assert tree is not None
        action = on_timer(tree.asserts[interface.name].state)
        self._actions.perform(action, tree, interface, now, why="the Assert Timer expired")

    def decide(self, tree: Tree, now: Instant) -> None:
        """What the machines of a tree look at may have changed."""
        for name in tuple(tree.asserts):
            interface = self._instance.interfaces.get(name)
            if interface is None:
                self._actions.forget(tree, name, "the interface went down")
            elif self._mode(tree.name.group) is GroupMode.BIDIRECTIONAL:
                self._actions.forget(tree, name, "the group has become bidirectional")
            else:
                self._reconsider(tree, interface, now)

    # Which machine, and what it sees

    def _mode(self, group: IPv4Address) -> GroupMode:
        return self._instance.rp_set.mode(group)

    def _compare(
        self, interface: PimInterface, message: Assert, received: AssertMetric, now: Instant
    ) -> None:
        group = message.group.address
        shared = self._instance.tib.shared.get(group)
        if message.source != NO_SOURCE:
            tree = self._source_tree(SourceGroup(message.source, group), received, now)
            if tree is not None and self._source_machine_takes(tree, interface, received, now):
                return
        if shared is not None:
            action = on_group_assert(self._standing(shared, interface), received)
            self._actions.perform(action, shared, interface, now, received)

    def _source_tree(
        self, sg: SourceGroup, received: AssertMetric, now: Instant
    ) -> SourceTree | None:
        """The (S,G) state. It is made where it may have to differ from (*,G) state: a router with
        RPTbit clear forwards S."""
        if received.rpt_bit or sg.group not in self._instance.tib.shared:
            return self._instance.tib.sources.get(sg)
        return self._instance.make_source(sg, now)

    def _source_machine_takes(
        self, tree: SourceTree, interface: PimInterface, received: AssertMetric, now: Instant
    ) -> bool:
        """Whether the Assert is none of the (*,G) machine's business any more."""
        standing = self._standing(tree, interface)
        action = on_source_assert(standing, received)
        self._actions.perform(action, tree, interface, now, received)
        self._instance.touch(tree)
        return action is not None or standing.state is not AssertState.NO_INFO

    def _standing(self, tree: Tree, interface: PimInterface) -> Standing:
        desires, name = self._instance.desires, interface.name
        return Standing(
            info=tree.asserts.get(name),
            could_assert=desires.could_assert(tree, name),
            tracking_desired=desires.assert_tracking_desired(tree, name),
            metric=self._my_metric(tree, name),
        )

    def _my_metric(self, tree: Tree, interface: str) -> AssertMetric:
        """my_assert_metric(S,G,I), and the same without its first line for (*,G)."""
        if self._instance.desires.could_assert(tree, interface):
            return self._actions.claim(tree, interface)
        if isinstance(tree, SourceTree) and tree.shared is not None:
            return self._my_metric(tree.shared, interface)
        return INFINITE

    def _data_arrived(
        self, tree: Tree, interface: PimInterface, source: IPv4Address, now: Instant
    ) -> None:
        spoken = self._instance.timers.remaining(AssertTimer(tree.name, interface.name), now)
        if spoken is None or spoken <= CLAIM_TIME - _DATA_INTERVAL:
            action = on_data(self._standing(tree, interface))
            self._actions.perform(action, tree, interface, now, source=source)

    def _reconsider(self, tree: Tree, interface: PimInterface, now: Instant) -> None:
        info = tree.asserts[interface.name]
        on_rpf_interface = rpf_interface(tree) == interface.name
        left = info.on_rpf_interface and not on_rpf_interface
        action = on_change(self._standing(tree, interface), rpf_interface_left=left)
        self._actions.perform(action, tree, interface, now, why="our own state changed")
        if action is None and info.on_rpf_interface != on_rpf_interface:
            set_assert(tree, interface.name, replace(info, on_rpf_interface=on_rpf_interface))
