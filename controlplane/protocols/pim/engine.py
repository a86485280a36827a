"""The PIM engine of one VRF: every input and timer goes to the machine of its chapter of RFC 7761.

    4.3    neighbors, dr, lan_delay, and sender for our own Hellos
    4.5.2  downstream: what others want from us
    4.5.5  upstream: what we want from others
    4.1    tib: the state of trees and the macros over it

Machines note what changed and queue what is to be sent. When an input is through, `_settle` lets
each changed tree decide again whether it is wanted, and from where, and tells its new forwarding
state; then the queue goes out, in as few messages as can be.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived
from controlplane.engine.liveness import NeighborFailed
from controlplane.engine.time import Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim import show
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.downstream import Downstream, DownstreamEvent
from controlplane.protocols.pim.events import (
    NeighborsExpected,
    PimEnabled,
    PimInput,
    PimOutput,
    RoutesChanged,
    RpfLookup,
    TreeRemoved,
    TreeUpdate,
)
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interfaces import Interfaces
from controlplane.protocols.pim.join_prune import JoinPrunes
from controlplane.protocols.pim.neighbors import Neighbors
from controlplane.protocols.pim.receiver import Receiver
from controlplane.protocols.pim.sender import Sender
from controlplane.protocols.pim.tib import (
    Tree,
    UpstreamState,
    is_source_specific,
    join_desired,
    oiflist,
)
from controlplane.protocols.pim.timers import (
    ExpiryTimer,
    HelloTimer,
    JoinTimer,
    NeighborLivenessTimer,
    PimTimer,
    PrunePendingTimer,
    TriggeredHelloTimer,
)
from controlplane.protocols.pim.upstream import JoinDesired, JoinTimerExpires, RpfChanges, Upstream


class PimEngine:
    """An Engine[PimInput, PimOutput]."""

    def __init__(self, *, rpf: RpfLookup, rng: Random) -> None:
        self._instance = PimInstance(rpf, rng)
        self._sender = Sender(self._instance)
        self._downstream = Downstream(self._instance)
        self._upstream = Upstream(self._instance)
        self._neighbors = Neighbors(self._instance, self._upstream)
        join_prunes = JoinPrunes(self._instance, self._downstream, self._upstream)
        self._receiver = Receiver(self._instance, self._neighbors, join_prunes)
        self._interfaces = Interfaces(
            self._instance, self._sender, self._neighbors, self._downstream
        )

    @property
    def counters(self) -> Counter[str]:
        """How often what happened; keys are those of `Count`."""
        return self._instance.counters

    def neighbors(self, now: Instant) -> tuple[show.NeighborView, ...]:
        return show.neighbors(self._instance, now)

    def interfaces(self, now: Instant) -> tuple[show.InterfaceView, ...]:
        return show.interfaces(self._instance, now)

    def trees(self, now: Instant) -> tuple[show.TreeView, ...]:
        return show.trees(self._instance, now)

    def next_deadline(self) -> Instant | None:
        return self._instance.timers.next_deadline()

    def handle(self, event: PimInput, now: Instant) -> list[PimOutput]:
        match event:
            case PacketReceived():
                self._receiver.receive(event, now)
            case MembershipChanged():
                self._membership_changed(event, now)
            case RoutesChanged():
                self._instance.touch_all()
            case NeighborsExpected(interface=interface):
                self._neighbors.expect(interface, now)
            case NeighborFailed():
                self._neighbors.fail(event)
            case PimEnabled():
                self._interfaces.enable(event.interface, event.settings, now)
            case InterfaceUp():
                self._interface_up(event, now)
            case InterfaceDown():
                self._interfaces.down(event.name)
        return self._finish(now)

    def advance(self, now: Instant) -> list[PimOutput]:
        for name in self._instance.timers.expired(now):
            self._expire(name, now)
        return self._finish(now)

    def _interface_up(self, event: InterfaceUp, now: Instant) -> None:
        """RFC 7761 4.3.1: with another address it is another interface; the old one goes first."""
        if self._interfaces.has_other_address(event.interface):
            self._interfaces.down(event.interface.name)
            self._settle(now)
            self._interfaces.up(event.interface, now)
            self._interfaces.hello_at_once(event.interface.name)
        else:
            self._interfaces.up(event.interface, now)

    def _expire(self, name: PimTimer, now: Instant) -> None:
        interfaces, trees = self._instance.interfaces, self._instance.trees
        match name:
            case HelloTimer(interface):
                self._interfaces.hello_timer_expires(interfaces[interface], now)
            case TriggeredHelloTimer(interface):
                self._sender.hello(interfaces[interface])
            case NeighborLivenessTimer(interface, neighbor):
                self._neighbors.remove(interfaces[interface], neighbor, "its holdtime ran out")
            case ExpiryTimer(sg, interface):
                event = DownstreamEvent.EXPIRY_TIMER_EXPIRES
                self._downstream.handle(trees[sg], interfaces[interface], event, now)
            case PrunePendingTimer(sg, interface):
                event = DownstreamEvent.PRUNE_PENDING_TIMER_EXPIRES
                self._downstream.handle(trees[sg], interfaces[interface], event, now)
            case JoinTimer(sg):
                self._upstream.handle(trees[sg], JoinTimerExpires(), now)

    def _membership_changed(self, event: MembershipChanged, now: Instant) -> None:
        if event.source is None:
            self.counters[Count.IGNORED_ANY_SOURCE_MEMBER] += 1
            return
        sg = SourceGroup(event.source, event.group)
        if not is_source_specific(sg):
            self.counters[Count.IGNORED_NOT_SSM] += 1
            return
        tree = self._instance.trees.setdefault(sg, Tree(sg, now))
        if event.joined:
            tree.members.add(event.interface)
        else:
            tree.members.discard(event.interface)
        self._instance.touch(tree)

    def _finish(self, now: Instant) -> list[PimOutput]:
        self._settle(now)
        outputs, self._instance.outputs = self._instance.outputs, []
        return outputs

    def _settle(self, now: Instant) -> None:
        """Let changed trees decide, then send what all of this asked for."""
        changed, self._instance.changed = self._instance.changed, {}
        for sg in changed:
            self._decide(self._instance.trees[sg], now)
        self._sender.flush()

    def _decide(self, tree: Tree, now: Instant) -> None:
        """A tree that is not wanted any more is pruned where it was joined, whatever RPF' is now;
        one that is newly wanted is joined where RPF' is now."""
        desired = join_desired(tree, self._instance.interfaces)
        if not desired:
            self._upstream.handle(tree, JoinDesired(False), now)
        if (rpf := self._instance.rpf(tree.sg)) != tree.rpf:
            self._upstream.handle(tree, RpfChanges(rpf), now)
        if desired:
            self._upstream.handle(tree, JoinDesired(True), now)
        self._publish(tree)
        if tree.is_empty:
            del self._instance.trees[tree.sg]

    def _publish(self, tree: Tree) -> None:
        """Tell the forwarding state: RFC 7761 4.8.2 forwards while UpstreamJPState is Joined."""
        update = self._forwarding(tree) if tree.upstream is UpstreamState.JOINED else None
        if update == tree.published:
            return
        self._instance.outputs.append(TreeRemoved(sg=tree.sg) if update is None else update)
        tree.published = update

    def _forwarding(self, tree: Tree) -> TreeUpdate:
        return TreeUpdate(
            sg=tree.sg,
            incoming=tree.rpf.interface if tree.rpf else None,
            rpf_neighbor=tree.rpf.neighbor if tree.rpf else None,
            outgoing=oiflist(tree, self._instance.interfaces),
        )
