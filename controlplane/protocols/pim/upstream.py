"""Sending (S,G) Joins and Prunes: what we want from RPF'(S,G) (RFC 7761 4.5.5).

One machine for each (S,G), Not Joined or Joined, and its Join Timer (JT):

    state      | JoinDesired -> True      | JoinDesired -> False
    -----------+--------------------------+-------------------------------
    Not Joined | Joined, send Join,       | -
               | JT = t_periodic          |
    Joined     | -                        | Not Joined, send Prune, stop JT

    In Joined: | JT expires          | send Join, JT = t_periodic
               | see Join to RPF'    | JT at least min(t_suppressed, its holdtime)
               | see Prune to RPF'   | JT at most t_override
               | RPF' changes        | Join to the new, Prune to the old, JT = t_periodic
               | GenID of RPF' is new| JT at most t_override

"See" are messages on the RPF interface for the same upstream neighbour, of other routers there: a
LAN or a PMSI. Where there is no RPF' (we are the root, there is no route, or the next hop is no PIM
neighbour) nothing is sent and JT does not run; RPF' coming up is then a change of it.

When JT expires as a period ends, the trees with the same RPF' whose timers wait for the end of a
period too are refreshed with it, early, so that from then on their Joins share messages. Timers
that wait for suppression or override to end keep their own time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.pim.aggregation import Request
from controlplane.protocols.pim.events import Rpf
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.lan_delay import t_override
from controlplane.protocols.pim.tib import Tree, UpstreamState, Waiting
from controlplane.protocols.pim.timers import JoinTimer


@dataclass(frozen=True, slots=True)
class JoinDesired:
    value: bool


@dataclass(frozen=True, slots=True)
class JoinTimerExpires:
    pass


@dataclass(frozen=True, slots=True)
class SeeJoin:
    """See Join(S,G) to RPF'(S,G)."""

    t_joinsuppress: Duration


@dataclass(frozen=True, slots=True)
class SeePrune:
    """See Prune(S,G) to RPF'(S,G)."""

    t_override: Duration


@dataclass(frozen=True, slots=True)
class RpfChanges:
    """RPF'(S,G) changes not due to an Assert."""

    rpf: Rpf | None


@dataclass(frozen=True, slots=True)
class GenIdChanges:
    """RPF'(S,G) GenID changes."""

    t_override: Duration


Event: TypeAlias = JoinDesired | JoinTimerExpires | SeeJoin | SeePrune | RpfChanges | GenIdChanges


class Upstream:
    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._timers = instance.timers

    def handle(self, tree: Tree, event: Event, now: Instant) -> None:
        """The tables above."""
        match tree.upstream, event:
            case UpstreamState.NOT_JOINED, JoinDesired(True):
                tree.upstream = UpstreamState.JOINED
                self._send_join(tree, now)
            case UpstreamState.NOT_JOINED, RpfChanges(rpf):
                tree.rpf = rpf
            case UpstreamState.JOINED, JoinDesired(False):
                tree.upstream = UpstreamState.NOT_JOINED
                self._request(tree, Request.PRUNE)
                self._timers.cancel(JoinTimer(tree.sg))
            case UpstreamState.JOINED, JoinTimerExpires():
                self._refresh(tree, now)
            case UpstreamState.JOINED, SeeJoin(t_joinsuppress):
                self._increase_join_timer(tree, now + t_joinsuppress)
            case UpstreamState.JOINED, SeePrune(delay) | GenIdChanges(delay):
                self._decrease_join_timer(tree, now + delay)
            case UpstreamState.JOINED, RpfChanges(rpf):
                self._request(tree, Request.PRUNE)
                tree.rpf = rpf
                self._send_join(tree, now)
            case _:
                pass  # "-" in the table, and what is seen while Not Joined

    def neighbor_restarted(self, rpf: Rpf, now: Instant) -> None:
        """The GenID of a neighbour changed: all that it should know is told again."""
        delay = t_override(self._instance.interfaces[rpf.interface], self._instance.rng)
        for tree in self._instance.trees.values():
            if tree.rpf == rpf:
                self.handle(tree, GenIdChanges(delay), now)

    def _refresh(self, tree: Tree, now: Instant) -> None:
        ends_period = tree.waiting is Waiting.PERIOD
        self._send_join(tree, now)
        if ends_period:
            for other in self._instance.trees.values():
                if self._shares_period(other, tree):
                    self._send_join(other, now)

    @staticmethod
    def _shares_period(other: Tree, tree: Tree) -> bool:
        refreshed = other.upstream is UpstreamState.JOINED and other.waiting is Waiting.PERIOD
        return refreshed and other.rpf == tree.rpf and other is not tree

    def _send_join(self, tree: Tree, now: Instant) -> None:
        """Send Join(S,G) to RPF'(S,G), set the Join Timer to t_periodic."""
        tree.waiting = Waiting.PERIOD
        if tree.rpf is None or tree.rpf.neighbor is None:
            self._timers.cancel(JoinTimer(tree.sg))
            return
        self._request(tree, Request.JOIN)
        settings = self._instance.interfaces[tree.rpf.interface].settings
        self._timers.set(JoinTimer(tree.sg), now + settings.join_prune_period)

    def _request(self, tree: Tree, what: Request) -> None:
        if tree.rpf is not None and tree.rpf.neighbor is not None:
            self._instance.queue.add(tree.rpf.interface, tree.rpf.neighbor, tree.sg, what)

    def _increase_join_timer(self, tree: Tree, at: Instant) -> None:
        current = self._timers.deadline(JoinTimer(tree.sg))
        if current is not None and current < at:
            self._set_join_timer(tree, at, Waiting.SUPPRESSION)

    def _decrease_join_timer(self, tree: Tree, at: Instant) -> None:
        current = self._timers.deadline(JoinTimer(tree.sg))
        if current is not None and current > at:
            self._set_join_timer(tree, at, Waiting.OVERRIDE)

    def _set_join_timer(self, tree: Tree, at: Instant, waiting: Waiting) -> None:
        self._timers.set(JoinTimer(tree.sg), at)
        tree.waiting = waiting
