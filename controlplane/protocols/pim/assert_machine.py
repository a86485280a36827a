"""The Assert state machines as tables: which action a state and an event ask for (RFC 7761 4.6).

Two machines on each interface: (S,G) (4.6.1) and (*,G) (4.6.2). Their states are NoInfo (NI), "I am
Assert Winner" (W) and "I am Assert Loser" (L).

    state | event                                                 | (S,G) | (*,G)
    ------+-------------------------------------------------------+-------+------
    NI    | inferior Assert with RPTbit clear                     | A1, W | -
    NI    | Assert with RPTbit set and CouldAssert                | A1, W | A1, W if inferior
    NI    | data arrives and CouldAssert                          | A1, W | A1, W
    NI    | acceptable Assert and AssertTrackingDesired,          |       |
          |     with RPTbit clear for (S,G), set for (*,G)        | A6, L | A2, L
    W     | Assert Timer expires, or inferior Assert              | A3, W | A3, W
    W     | preferred Assert                                      | A2, L | A2, L
    W     | CouldAssert -> FALSE                                  | A4, NI| A4, NI
    L     | preferred Assert                                      | A2, L | A2, L
    L     | acceptable Assert of the winner, RPTbit as in NI      | A2, L | A2, L
    L     | inferior Assert, or AssertCancel, of the winner       | A5, NI| A5, NI
    L     | Assert Timer expires; the winner is gone or restarted | A5, NI| A5, NI
    L     | AssertTrackingDesired -> FALSE; own metric is better; |       |
          |     the RPF interface moved away; Join to us on I     | A5, NI| A5, NI

In words: A1 claims the link with an Assert, A3 repeats the claim, A4 withdraws it with an
AssertCancel; A2 and A6 accept another one's claim, A5 forgets it. A6 may set the SPTbit besides.

An Assert is preferred when it is better than that of the current winner, acceptable when it is
better than our own metric and not infinite, inferior when it is worse than ours and ours is not
infinite. A winner's own metric is what it would send now, as its route may have changed since.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address

from controlplane.protocols.pim.assert_metric import AssertMetric
from controlplane.protocols.pim.assert_state import AssertInfo, AssertState


class Action(Enum):
    """RFC 7761 4.6.1, "(S,G) Assert State Machine Actions", and the same of 4.6.2."""

    CLAIM = "A1"
    ACCEPT = "A2"
    REPEAT = "A3"
    CANCEL = "A4"
    FORGET = "A5"
    ACCEPT_ON_SPT = "A6"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a machine looks at: its state on I, and its macros there.

    `metric` is my_assert_metric.
    """

    info: AssertInfo | None
    could_assert: bool
    tracking_desired: bool
    metric: AssertMetric

    @property
    def state(self) -> AssertState:
        return self.info.state if self.info else AssertState.NO_INFO

    @property
    def winner(self) -> IPv4Address | None:
        return self.info.winner if self.info else None

    def prefers(self, received: AssertMetric) -> bool:
        """Whether it is a preferred Assert."""
        if self.info is None or self.info.state is AssertState.WINNER:
            return self.accepts(received)
        return received.is_better_than(self.info.metric) and not received.is_infinite

    def accepts(self, received: AssertMetric) -> bool:
        """Whether it is an acceptable Assert."""
        return received.is_better_than(self.metric) and not received.is_infinite

    def looks_down_on(self, received: AssertMetric) -> bool:
        """Whether it is an inferior Assert."""
        return self.metric.is_better_than(received) and not self.metric.is_infinite


def on_source_assert(standing: Standing, received: AssertMetric) -> Action | None:
    """(S,G): an Assert that names S arrives."""
    match standing.state:
        case AssertState.NO_INFO if received.rpt_bit:
            return Action.CLAIM if standing.could_assert else None
        case AssertState.NO_INFO if standing.looks_down_on(received):
            return Action.CLAIM
        case AssertState.NO_INFO if standing.accepts(received) and standing.tracking_desired:
            return Action.ACCEPT_ON_SPT
        case AssertState.NO_INFO:
            return None
        case AssertState.WINNER:
            return _on_assert_as_winner(standing, received)
        case AssertState.LOSER:
            return _on_assert_as_loser(standing, received, wanted=not received.rpt_bit)


def on_group_assert(standing: Standing, received: AssertMetric) -> Action | None:
    """(*,G): an Assert arrives which the (S,G) machine, in NoInfo, made nothing of.

    One with RPTbit clear is of another tree: it is better than any of ours, and would stop the
    traffic of the sources that it does not speak of.
    """
    if not received.rpt_bit:
        return None
    match standing.state:
        case AssertState.NO_INFO if standing.looks_down_on(received) and standing.could_assert:
            return Action.CLAIM
        case AssertState.NO_INFO if standing.accepts(received) and standing.tracking_desired:
            return Action.ACCEPT
        case AssertState.NO_INFO:
            return None
        case AssertState.WINNER:
            return _on_assert_as_winner(standing, received)
        case AssertState.LOSER:
            return _on_assert_as_loser(standing, received, wanted=True)


def on_data(standing: Standing) -> Action | None:
    """Data arrives on I. A winner that hears some has not been heard: RFC 7761 4.2 sends again."""
    if not standing.could_assert:
        return None
    match standing.state:
        case AssertState.NO_INFO:
            return Action.CLAIM
        case AssertState.WINNER:
            return Action.REPEAT
        case AssertState.LOSER:
            return None


def on_change(standing: Standing, *, rpf_interface_left: bool) -> Action | None:
    """The macros may have changed."""
    match standing.state:
        case AssertState.NO_INFO:
            return None
        case AssertState.WINNER:
            return None if standing.could_assert else Action.CANCEL
        case AssertState.LOSER:
            assert standing.info is not None
            stronger = standing.metric.is_better_than(standing.info.metric)
            lost_interest = not standing.tracking_desired or rpf_interface_left
            return Action.FORGET if stronger or lost_interest else None


def on_timer(state: AssertState) -> Action:
    """The Assert Timer expires."""
    return Action.REPEAT if state is AssertState.WINNER else Action.FORGET


def _on_assert_as_winner(standing: Standing, received: AssertMetric) -> Action | None:
    if standing.looks_down_on(received):
        return Action.REPEAT
    return Action.ACCEPT if standing.prefers(received) else None


def _on_assert_as_loser(
    standing: Standing, received: AssertMetric, *, wanted: bool
) -> Action | None:
    """`wanted` is whether its RPT bit is that of the machine's own tree."""
    if standing.prefers(received):
        return Action.ACCEPT
    if received.address != standing.winner:
        return None
    if standing.accepts(received) and wanted:
        return Action.ACCEPT
    if standing.looks_down_on(received) or received.is_infinite:
        return Action.FORGET
    return None
