"""Receiving (S,G,rpt) Joins and Prunes: whose packets an interface does not want (RFC 7761 4.5.3).

One machine for each (S,G) and interface. Its states are NoInfo (NI), Prune (P), Prune-Pending (PP),
which forwards as NI, and two that last until the end of a message with a Join(*,G): P' is Prune and
PP' Prune-Pending, unless the message says so again.

    state | Join(*,G) | Join(S,G,rpt) | Prune(S,G,rpt)      | End of  | PPT     | ET
          |           |               |                     | Message | expires | expires
    ------+-----------+---------------+---------------------+---------+---------+--------
    NI    | -         | -             | PP, start PPT, ET   | -       | -       | -
    P     | P'        | NI            | P, restart ET       | -       | -       | NI
    PP    | PP'       | NI            | -                   | -       | P       | NI
    P'    | -         | -             | P, restart ET       | NI      | -       | -
    PP'   | -         | -             | PP, restart ET      | NI      | -       | -

ET is restarted to the later of its old value and the message's holdtime. The RFC has "-" where ET
expires in PP, as a holdtime is longer than PPT; of a sender that has it shorter the Prune ends
then.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from controlplane.engine.time import Instant
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.lan_delay import prune_pending_interval
from controlplane.protocols.pim.tib import RptDownstreamState, SharedTree, SourceTree
from controlplane.protocols.pim.timers import (
    RptExpiryTimer,
    RptPrunePendingTimer,
    restart_expiry,
    start_expiry,
)


@dataclass(frozen=True, slots=True)
class ReceivePrune:
    holdtime: int


class RptDownstreamEvent(Enum):
    RECEIVE_JOIN_ANY_SOURCE = "Receive Join(*,G)"
    RECEIVE_JOIN = "Receive Join(S,G,rpt)"
    END_OF_MESSAGE = "End of Message"
    PRUNE_PENDING_TIMER_EXPIRES = "Prune-Pending Timer Expires"
    EXPIRY_TIMER_EXPIRES = "Expiry Timer Expires"


Event: TypeAlias = ReceivePrune | RptDownstreamEvent

_State = RptDownstreamState

_AFTER_JOIN_ANY_SOURCE: Final = {
    _State.PRUNE: _State.PRUNE_TMP,
    _State.PRUNE_PENDING: _State.PRUNE_PENDING_TMP,
}
_AFTER_PRUNE: Final = {
    _State.PRUNE: _State.PRUNE,
    _State.PRUNE_TMP: _State.PRUNE,
    _State.PRUNE_PENDING_TMP: _State.PRUNE_PENDING,
}
_UNTIL_END_OF_MESSAGE: Final = (_State.PRUNE_TMP, _State.PRUNE_PENDING_TMP)


class RptDownstream:
    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._timers = instance.timers

    def handle(self, tree: SourceTree, interface: PimInterface, event: Event, now: Instant) -> None:
        """The table above."""
        state = tree.rpt_downstream.get(interface.name)
        match state, event:
            case None, ReceivePrune(holdtime):
                self._enter_prune_pending(tree, interface, holdtime, now)
            case None, _:
                pass
            case _, ReceivePrune(holdtime) if state in _AFTER_PRUNE:
                tree.set_rpt(interface.name, _AFTER_PRUNE[state])
                name = RptExpiryTimer(tree.name, interface.name)
                restart_expiry(self._timers, name, holdtime, now)
            case _, RptDownstreamEvent.RECEIVE_JOIN_ANY_SOURCE if state in _AFTER_JOIN_ANY_SOURCE:
                tree.set_rpt(interface.name, _AFTER_JOIN_ANY_SOURCE[state])
            case _State.PRUNE | _State.PRUNE_PENDING, RptDownstreamEvent.RECEIVE_JOIN:
                self.forget(tree, interface.name)
            case _, RptDownstreamEvent.END_OF_MESSAGE if state in _UNTIL_END_OF_MESSAGE:
                self.forget(tree, interface.name)
            case _State.PRUNE_PENDING, RptDownstreamEvent.PRUNE_PENDING_TIMER_EXPIRES:
                tree.set_rpt(interface.name, _State.PRUNE)
                self._instance.touch(tree)
            case _, RptDownstreamEvent.EXPIRY_TIMER_EXPIRES:
                self.forget(tree, interface.name)
            case _:
                pass  # "-" in the table

    def handle_all(
        self, shared: SharedTree, interface: PimInterface, event: RptDownstreamEvent, now: Instant
    ) -> None:
        """What a Join(*,G), or the end of its message, means to every (S,G,rpt) of the group."""
        for tree in shared.sources.values():
            if tree.rpt_downstream:
                self.handle(tree, interface, event, now)

    def forget(self, tree: SourceTree, interface: str) -> None:
        """Enter NoInfo."""
        tree.set_rpt(interface, None)
        self._timers.cancel(RptExpiryTimer(tree.name, interface))
        self._timers.cancel(RptPrunePendingTimer(tree.name, interface))
        self._instance.touch(tree)

    def _enter_prune_pending(
        self, tree: SourceTree, interface: PimInterface, holdtime: int, now: Instant
    ) -> None:
        tree.set_rpt(interface.name, _State.PRUNE_PENDING)
        self._instance.touch(tree)
        at = now + prune_pending_interval(interface)
        self._timers.set(RptPrunePendingTimer(tree.name, interface.name), at)
        start_expiry(self._timers, RptExpiryTimer(tree.name, interface.name), holdtime, now)
