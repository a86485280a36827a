"""Sending (*,G) and (S,G) Joins and Prunes: what we want from RPF' (RFC 7761 4.5.4, 4.5.5).

One machine for each tree, Not Joined or Joined, and its Join Timer (JT); the same for both kinds:

    state      | JoinDesired -> True      | JoinDesired -> False
    -----------+--------------------------+-------------------------------
    Not Joined | Joined, send Join,       | -
               | JT = t_periodic          |
    Joined     | -                        | Not Joined, send Prune, stop JT,
               |                          | of (S,G): SPTbit = FALSE

    In Joined: | JT expires          | send Join, JT = t_periodic
               | see Join to RPF'    | JT at least min(t_suppressed, its holdtime)
               | see Prune to RPF'   | JT at most t_override
               | RPF' changes        | Join to the new, Prune to the old, JT = t_periodic
               |   due to an Assert  | JT at most t_override
               | GenID of RPF' is new| JT at most t_override

"See" are messages on the RPF interface for the same upstream neighbour, of other routers there: a
LAN or a PMSI. For (S,G), a Prune of (S,G,rpt) or (*,G) is seen as one of (S,G), as routers of RFC
2362 take it for one. Where there is no RPF' (we are the root, there is no route, or the next hop is
no PIM neighbour) nothing is sent and JT does not run; RPF' coming up is then a change of it.

When JT expires as a period ends, the trees with the same RPF' whose timers wait for the end of a
period too are refreshed with it, early, so that from then on their Joins share messages. Timers
that wait for suppression or override to end keep their own time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.pim.aggregation import Request
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.lan_delay import t_override
from controlplane.protocols.pim.tib import RpfNeighbor, SourceTree, Tree, UpstreamState, Waiting
from controlplane.protocols.pim.timers import JoinTimer, decrease, increase


@dataclass(frozen=True, slots=True)
class JoinDesired:
    value: bool


@dataclass(frozen=True, slots=True)
class JoinTimerExpires:
    pass


@dataclass(frozen=True, slots=True)
class SeeJoin:
    """See Join to RPF'."""

    t_joinsuppress: Duration


@dataclass(frozen=True, slots=True)
class SeePrune:
    """See Prune to RPF'."""

    t_override: Duration


@dataclass(frozen=True, slots=True)
class RpfChanges:
    """RPF' changes not due to an Assert."""

    rpf: RpfNeighbor | None


@dataclass(frozen=True, slots=True)
class RpfChangesByAssert:
    """RPF' changes due to an Assert."""

    rpf: RpfNeighbor
    t_override: Duration


@dataclass(frozen=True, slots=True)
class GenIdChanges:
    """RPF' GenID changes."""

    t_override: Duration


Event: TypeAlias = (
    JoinDesired
    | JoinTimerExpires
    | SeeJoin
    | SeePrune
    | RpfChanges
    | RpfChangesByAssert
    | GenIdChanges
)


class Upstream:
    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._timers = instance.timers

    def decide(self, tree: Tree, now: Instant) -> None:
        """See what changed of JoinDesired and RPF'.

        A tree that is not wanted any more is pruned where it was joined, whatever RPF' is now; one
        that is newly wanted is joined where RPF' is now.
        """
        rp_changed = self._find_root(tree)
        desired = self._instance.desires.join_desired(tree)
        if not desired:
            self.handle(tree, JoinDesired(False), now)
        rpf = self._instance.macros.rpf_neighbor(tree)
        if rp_changed or rpf != tree.rpf:
            self.handle(tree, self._rpf_change(tree, rpf), now)
        tree.rpf = rpf
        if desired:
            self.handle(tree, JoinDesired(True), now)

    def handle(self, tree: Tree, event: Event, now: Instant) -> None:
        """The tables above."""
        match tree.upstream, event:
            case UpstreamState.NOT_JOINED, JoinDesired(True):
                tree.upstream = UpstreamState.JOINED
                self._send_join(tree, now)
            case UpstreamState.NOT_JOINED, RpfChanges(rpf) | RpfChangesByAssert(rpf):
                tree.rpf = rpf
            case UpstreamState.JOINED, JoinDesired(False):
                self._leave(tree)
            case UpstreamState.JOINED, JoinTimerExpires():
                self._refresh(tree, now)
            case UpstreamState.JOINED, SeeJoin(t_joinsuppress):
                self._increase_join_timer(tree, now + t_joinsuppress)
            case UpstreamState.JOINED, SeePrune(delay) | GenIdChanges(delay):
                self._decrease_join_timer(tree, now + delay)
            case UpstreamState.JOINED, RpfChangesByAssert(rpf, delay):
                tree.rpf = rpf
                self._decrease_join_timer(tree, now + delay)
            case UpstreamState.JOINED, RpfChanges(rpf):
                self._request(tree, Request.PRUNE)
                tree.rpf = rpf
                self._send_join(tree, now)
            case _:
                pass  # "-" in the table, and what is seen while Not Joined

    def neighbor_restarted(self, rpf: RpfNeighbor, now: Instant) -> None:
        """The GenID of a neighbour changed: all that it should know is told again."""
        delay = t_override(self._instance.interfaces[rpf.interface], self._instance.rng)
        for tree in self._instance.tib:
            if tree.rpf == rpf:
                self.handle(tree, GenIdChanges(delay), now)

    def _find_root(self, tree: Tree) -> bool:
        """Look up the way to the tree's root; whether this is another RP now.

        Before a tree decides for the first time, that was done as it was made.
        """
        if tree.rpf is None and tree.route is not None:
            return False
        if isinstance(tree, SourceTree):
            self._instance.find_route(tree)
            return False
        old = tree.rp
        self._instance.find_route(tree)
        return tree.rp != old

    def _rpf_change(self, tree: Tree, rpf: RpfNeighbor | None) -> Event:
        """RFC 7761 4.5.5: a change of the MRIB is none "if an Assert is active and the upstream
        interface does not change"."""
        old = tree.rpf
        if rpf is None or old is None or rpf.interface != old.interface:
            return RpfChanges(rpf)
        interface = self._instance.interfaces.get(rpf.interface)
        by_assert = rpf.asserted or old.asserted
        if interface is None or old.neighbor is None or not by_assert:
            return RpfChanges(rpf)
        return RpfChangesByAssert(rpf, t_override(interface, self._instance.rng))

    def _leave(self, tree: Tree) -> None:
        tree.upstream = UpstreamState.NOT_JOINED
        self._request(tree, Request.PRUNE)
        self._timers.cancel(JoinTimer(tree.name))
        if isinstance(tree, SourceTree):
            tree.spt_bit = False

    def _refresh(self, tree: Tree, now: Instant) -> None:
        ends_period = tree.waiting is Waiting.PERIOD
        self._send_join(tree, now)
        if ends_period:
            for other in self._instance.tib:
                if self._shares_period(other, tree):
                    self._send_join(other, now)

    @staticmethod
    def _shares_period(other: Tree, tree: Tree) -> bool:
        refreshed = other.upstream is UpstreamState.JOINED and other.waiting is Waiting.PERIOD
        return refreshed and other.rpf == tree.rpf and other is not tree

    def _send_join(self, tree: Tree, now: Instant) -> None:
        """Send Join to RPF', set the Join Timer to t_periodic."""
        tree.waiting = Waiting.PERIOD
        if tree.rpf is None or tree.rpf.neighbor is None:
            self._timers.cancel(JoinTimer(tree.name))
            return
        self._request(tree, Request.JOIN)
        settings = self._instance.interfaces[tree.rpf.interface].settings
        self._timers.set(JoinTimer(tree.name), now + settings.join_prune_period)

    def _request(self, tree: Tree, what: Request) -> None:
        if tree.rpf is not None and tree.rpf.neighbor is not None:
            self._instance.queue.add(tree.rpf.interface, tree.rpf.neighbor, tree.name, what)

    def _increase_join_timer(self, tree: Tree, at: Instant) -> None:
        if increase(self._timers, JoinTimer(tree.name), at):
            tree.waiting = Waiting.SUPPRESSION

    def _decrease_join_timer(self, tree: Tree, at: Instant) -> None:
        if decrease(self._timers, JoinTimer(tree.name), at):
            tree.waiting = Waiting.OVERRIDE
