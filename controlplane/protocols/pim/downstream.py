"""Receiving (*,G) and (S,G) Joins and Prunes: what routers behind an interface want.

One machine for each tree and interface, the same for both kinds (RFC 7761 4.5.1, 4.5.2). Only
messages whose Upstream Neighbor Address is our primary address there reach it. Its states are
NoInfo (NI), Join (J) and Prune-Pending (PP), where a Prune waits for another router of the LAN to
override it; PP forwards as J does.

    state | Join             | Prune            | PPT expires       | ET expires
    ------+------------------+------------------+-------------------+-----------
    NI    | J, start ET      | -                | cannot be         | cannot be
    J     | J, restart ET    | PP, start PPT    | cannot be         | NI
    PP    | J, restart ET    | -                | NI, PruneEcho     | NI

ET is restarted to the later of its old value and the message's holdtime; with holdtime 0xffff it
does not run. PPT is J/P_Override_Interval(I), and 0 where the pruning router is the only neighbour:
nobody is there to object. A PruneEcho is a Prune to ourselves, which makes those hear it who missed
the first one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from controlplane.engine.time import Instant
from controlplane.protocols.pim.aggregation import Request
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.lan_delay import prune_pending_interval
from controlplane.protocols.pim.tib import DownstreamState, Tree, set_downstream
from controlplane.protocols.pim.timers import (
    ExpiryTimer,
    PrunePendingTimer,
    restart_expiry,
    start_expiry,
)


@dataclass(frozen=True, slots=True)
class ReceiveJoin:
    holdtime: int


class DownstreamEvent(Enum):
    RECEIVE_PRUNE = "Receive Prune"
    PRUNE_PENDING_TIMER_EXPIRES = "Prune-Pending Timer Expires"
    EXPIRY_TIMER_EXPIRES = "Expiry Timer Expires"


Event: TypeAlias = ReceiveJoin | DownstreamEvent


class Downstream:
    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._timers = instance.timers

    def handle(self, tree: Tree, interface: PimInterface, event: Event, now: Instant) -> None:
        """The table above."""
        match tree.downstream.get(interface.name), event:
            case None, ReceiveJoin(holdtime):
                self._enter_join(tree, interface)
                self._instance.touch(tree)
                start_expiry(self._timers, ExpiryTimer(tree.name, interface.name), holdtime, now)
            case DownstreamState.JOIN | DownstreamState.PRUNE_PENDING, ReceiveJoin(holdtime):
                self._enter_join(tree, interface)
                restart_expiry(self._timers, ExpiryTimer(tree.name, interface.name), holdtime, now)
            case DownstreamState.JOIN, DownstreamEvent.RECEIVE_PRUNE:
                self._enter_prune_pending(tree, interface, now)
            case DownstreamState.PRUNE_PENDING, DownstreamEvent.PRUNE_PENDING_TIMER_EXPIRES:
                self.forget(tree, interface.name)
                self._send_prune_echo(tree, interface)
            case _, DownstreamEvent.EXPIRY_TIMER_EXPIRES:
                self.forget(tree, interface.name)
            case _:
                pass  # "-" in the table

    def forget(self, tree: Tree, interface: str) -> None:
        """Enter NoInfo."""
        set_downstream(tree, interface, None)
        self._timers.cancel(ExpiryTimer(tree.name, interface))
        self._timers.cancel(PrunePendingTimer(tree.name, interface))
        self._instance.touch(tree)

    def _enter_join(self, tree: Tree, interface: PimInterface) -> None:
        set_downstream(tree, interface.name, DownstreamState.JOIN)
        self._timers.cancel(PrunePendingTimer(tree.name, interface.name))

    def _enter_prune_pending(self, tree: Tree, interface: PimInterface, now: Instant) -> None:
        set_downstream(tree, interface.name, DownstreamState.PRUNE_PENDING)
        at = now + prune_pending_interval(interface)
        self._timers.set(PrunePendingTimer(tree.name, interface.name), at)

    def _send_prune_echo(self, tree: Tree, interface: PimInterface) -> None:
        """RFC 7761 4.5.2: "need not be sent on an interface that contains only a single" one."""
        if len(interface.neighbors) > 1:
            queue = self._instance.queue
            queue.add(interface.name, interface.address, tree.name, Request.PRUNE)
