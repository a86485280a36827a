"""Sending (S,G,rpt) Joins and Prunes: whose packets we do not want on the RP tree.

Triggered messages have a machine for each (S,G) whose (*,G) is joined (RFC 7761 4.5.7):

    state        | PruneDesired | PruneDesired | RPTJoinDesired | inherited_olist
                 | -> True      | -> False     | -> False       | -> non-NULL
    -------------+--------------+--------------+----------------+----------------
    RPTNotJoined | P            | -            | -              | NP
    Pruned       | -            | NP, Join     | NJ             | -
    NotPruned    | P, Prune,    | -            | NJ, stop OT    | -
                 | stop OT      |              |                |

    In NotPruned: | Override Timer expires              | send Join, if RPF'(S,G,rpt) = RPF'(*,G)
                  | see Prune(S,G,rpt) or Prune(S,G)    | OT at most t_override
                  | see Join(S,G,rpt)                   | stop OT
                  | RPF'(S,G,rpt) -> RPF'(*,G)          | OT at most t_override

"See" are messages of others to RPF'(S,G,rpt). A joined (*,G) stands for every (S,G,rpt) in
NotPruned that there is no object of; one is made when an override is due.

Periodic ones go with each Join(*,G) (4.5.6): `add_to_joins` puts them there as it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.protocols.pim.aggregation import UNKNOWN_RP, GroupRequests, Request, Requests
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.lan_delay import t_override
from controlplane.protocols.pim.tib import RptUpstreamState, SourceTree
from controlplane.protocols.pim.timers import OverrideTimer

_State = RptUpstreamState


class RptUpstream:
    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._timers = instance.timers

    def decide(self, tree: SourceTree, now: Instant) -> None:
        """See what changed of the macros: the first table."""
        desires = self._instance.desires
        if not desires.rpt_join_desired(tree):
            self._enter_not_joined(tree)
            return
        match tree.rpt_upstream, desires.prune_desired_rpt(tree):
            case _State.RPT_NOT_JOINED, True:
                tree.rpt_upstream = _State.PRUNED
            case _State.RPT_NOT_JOINED, False:
                tree.rpt_upstream = _State.NOT_PRUNED
            case _State.PRUNED, False:
                tree.rpt_upstream = _State.NOT_PRUNED
                self._request(tree, Request.JOIN)
            case _State.NOT_PRUNED, True:
                tree.rpt_upstream = _State.PRUNED
                self._request(tree, Request.PRUNE)
                self._stop_override(tree)
            case _:
                pass
        self._follow_diversion(tree, now)

    def see_prune(self, tree: SourceTree, at: Instant) -> None:
        """See Prune(S,G,rpt) or Prune(S,G) to RPF'(S,G,rpt): OT = min(OT, t_override)."""
        if tree.rpt_upstream is not _State.NOT_PRUNED:
            return
        name = OverrideTimer(tree.name)
        current = self._timers.deadline(name)
        if current is None or current > at:
            self._timers.set(name, at)
        tree.rpt_override = True

    def see_join(self, tree: SourceTree) -> None:
        """See Join(S,G,rpt) to RPF'(S,G,rpt): somebody else did what we were about to do."""
        if tree.rpt_override:
            self._stop_override(tree)
            self._instance.touch(tree)

    def override_timer_expires(self, tree: SourceTree) -> None:
        """Otherwise "the Join might be sent to a router that does not have (*,G) Join state"."""
        tree.rpt_override = False
        if not self._instance.desires.is_rpt_diverted(tree):
            self._request(tree, Request.JOIN)
        self._instance.touch(tree)

    def add_to_joins(self, requests: Requests) -> None:
        """Complete the requests to one neighbour: each Join(*,G) says all that is to be pruned.

        A Join(S,G,rpt) beside it is redundant, and beside a Prune(*,G) no (S,G,rpt) entry means
        anything (4.9.5.1).
        """
        for group, asked in requests.items():
            if asked.shared is not None:
                self._complete(group, asked)

    def _complete(self, group: IPv4Address, asked: GroupRequests) -> None:
        asked.rp = self._instance.rp_set.rp(group) or UNKNOWN_RP
        pruned = self._pruned(group) if asked.shared is Request.JOIN else ()
        asked.rpt = dict.fromkeys(pruned, Request.PRUNE)

    def _pruned(self, group: IPv4Address) -> Iterator[IPv4Address]:
        shared = self._instance.tib.shared[group]
        for source, tree in shared.sources.items():
            if self._instance.desires.is_pruned_in_join(tree):
                yield source

    def _enter_not_joined(self, tree: SourceTree) -> None:
        tree.rpt_upstream = _State.RPT_NOT_JOINED
        tree.rpt_diverted = False
        if tree.rpt_override:
            self._stop_override(tree)

    def _follow_diversion(self, tree: SourceTree, now: Instant) -> None:
        """RPF'(S,G,rpt) changes to become equal to RPF'(*,G): an Assert of (S,G) is over."""
        was_diverted, tree.rpt_diverted = tree.rpt_diverted, False
        if self._instance.desires.is_rpt_diverted(tree):
            tree.rpt_diverted = True
        elif was_diverted and (rpf := self._instance.macros.rpf_neighbor_rpt(tree)) is not None:
            interface = self._instance.interfaces.get(rpf.interface)
            if interface is not None:
                self.see_prune(tree, now + t_override(interface, self._instance.rng))

    def _stop_override(self, tree: SourceTree) -> None:
        self._timers.cancel(OverrideTimer(tree.name))
        tree.rpt_override = False

    def _request(self, tree: SourceTree, what: Request) -> None:
        """Send Join(S,G,rpt) or Prune(S,G,rpt) to RPF'(S,G,rpt)."""
        rpf = self._instance.macros.rpf_neighbor_rpt(tree)
        if rpf is not None and rpf.neighbor is not None:
            self._instance.queue.add_rpt(rpf.interface, rpf.neighbor, tree.name, what)
