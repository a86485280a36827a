"""The election of a Designated Forwarder: states, events and the tables of RFC 5015 3.5.3.5.

On each link one router, the DF, forwards between the link and the rendezvous point of bidirectional
groups: the one with the best route. A router makes Offers until it has won (nobody answered
Election_Robustness of them) or hears that another one has. The DF lets a better one have its place:
Backoff holds the others off for a while, in which still better ones may come, then Pass names the
new DF.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.wire.pim.df_election import DfMetric


@dataclass(frozen=True, slots=True)
class Contender:
    """A router, and its metric to the RP."""

    address: IPv4Address
    metric: DfMetric

    def is_better_than(self, other: Contender) -> bool:
        """RFC 5015 3.5.1: "the same comparison rules used by the PIM-SM assert process"."""
        return (self.metric, -int(self.address)) < (other.metric, -int(other.address))


class DfState(StrEnum):
    OFFER = "offer"
    LOSE = "lose"
    WIN = "win"
    BACKOFF = "backoff"


class DfEvent(Enum):
    """Better and worse are what a message tells, compared with this router.

    A DFT that expires with MC less than Election_Robustness is no event but that; later ones tell
    whether there is a path to the RPA.
    """

    BETTER_PASS_OR_WINNER = auto()
    BETTER_BACKOFF = auto()
    BETTER_OFFER = auto()
    BACKOFF_FOR_US = auto()
    PASS_FOR_US = auto()
    WORSE_PASS_WINNER_OR_BACKOFF = auto()
    WORSE_OFFER = auto()
    TIMER_EXPIRES = auto()
    LAST_TIMER_EXPIRES = auto()
    LAST_TIMER_EXPIRES_WITHOUT_PATH = auto()
    METRIC_IS_WORSE = auto()
    METRIC_IS_BETTER_THAN_DF = auto()
    METRIC_IS_BETTER_THAN_BEST = auto()
    PATH_LOST = auto()
    DF_FAILS = auto()


class DfAction(Enum):
    """What the cells say; "?=" lowers a timer, or starts it."""

    SET_DF_TO_SENDER_OR_TARGET = auto()
    SET_DF_TO_SENDER = auto()
    SET_DF_TO_BEST = auto()
    SET_DF_TO_US = auto()
    SET_DF_TO_NONE = auto()
    SET_BEST_TO_SENDER = auto()
    RESET_COUNT = auto()
    COUNT = auto()
    SEND_OFFER = auto()
    SEND_WINNER = auto()
    SEND_BACKOFF = auto()
    SEND_PASS = auto()
    STOP_TIMER = auto()
    TIMER_LOW = auto()
    LOWER_TIMER_TO_LOW = auto()
    TIMER_HIGH = auto()
    TIMER_BACKOFF = auto()
    TIMER_TOLD_BACKOFF = auto()


Transition: TypeAlias = tuple[DfState, tuple[DfAction, ...]]

_OFFER, _LOSE, _WIN, _BACKOFF = DfState.OFFER, DfState.LOSE, DfState.WIN, DfState.BACKOFF
_E, _A = DfEvent, DfAction

_START: Final = (_A.TIMER_LOW, _A.RESET_COUNT)
_HELD_OFF: Final = (_A.TIMER_TOLD_BACKOFF, _A.RESET_COUNT)
_AFTER_BETTER: Final = (_A.TIMER_HIGH, _A.RESET_COUNT)
_CONTEST: Final[Transition] = (_OFFER, (_A.SET_DF_TO_SENDER_OR_TARGET, *_START))
_CONTEST_SENDER: Final[Transition] = (_OFFER, (_A.SET_DF_TO_SENDER, *_START))
_YIELD: Final[Transition] = (_LOSE, (_A.SET_DF_TO_SENDER_OR_TARGET, _A.STOP_TIMER))
_HOLD_OFF: Final[Transition] = (
    _BACKOFF,
    (_A.SET_BEST_TO_SENDER, _A.SEND_BACKOFF, _A.TIMER_BACKOFF),
)
_LOSE_PATH: Final[Transition] = (_OFFER, (_A.SET_DF_TO_NONE, *_START))
_PASS_ON: Final[Transition] = (_LOSE, (_A.SEND_PASS, _A.SET_DF_TO_BEST))

TRANSITIONS: Final[Mapping[tuple[DfState, DfEvent], Transition]] = {
    (_OFFER, _E.BETTER_PASS_OR_WINNER): _YIELD,
    (_OFFER, _E.BETTER_BACKOFF): (_OFFER, _HELD_OFF),
    (_OFFER, _E.BETTER_OFFER): (_OFFER, _AFTER_BETTER),
    (_OFFER, _E.BACKOFF_FOR_US): (_OFFER, _HELD_OFF),
    (_OFFER, _E.PASS_FOR_US): (_WIN, (_A.STOP_TIMER, _A.SET_DF_TO_US)),
    (_OFFER, _E.WORSE_PASS_WINNER_OR_BACKOFF): (
        _OFFER,
        (_A.SET_DF_TO_SENDER_OR_TARGET, _A.LOWER_TIMER_TO_LOW, _A.RESET_COUNT),
    ),
    (_OFFER, _E.WORSE_OFFER): (_OFFER, (_A.LOWER_TIMER_TO_LOW, _A.RESET_COUNT)),
    (_OFFER, _E.TIMER_EXPIRES): (_OFFER, (_A.SEND_OFFER, _A.TIMER_LOW, _A.COUNT)),
    (_OFFER, _E.LAST_TIMER_EXPIRES): (_WIN, (_A.SEND_WINNER, _A.SET_DF_TO_US)),
    (_OFFER, _E.LAST_TIMER_EXPIRES_WITHOUT_PATH): (_LOSE, (_A.SET_DF_TO_NONE,)),
    (_OFFER, _E.METRIC_IS_WORSE): (_OFFER, (_A.LOWER_TIMER_TO_LOW, _A.RESET_COUNT)),
    (_LOSE, _E.BETTER_PASS_OR_WINNER): (_LOSE, (_A.SET_DF_TO_SENDER_OR_TARGET,)),
    (_LOSE, _E.BETTER_BACKOFF): (_LOSE, (_A.SET_DF_TO_SENDER,)),
    (_LOSE, _E.BETTER_OFFER): (_OFFER, _AFTER_BETTER),
    (_LOSE, _E.BACKOFF_FOR_US): _CONTEST_SENDER,
    (_LOSE, _E.PASS_FOR_US): _CONTEST_SENDER,
    (_LOSE, _E.WORSE_PASS_WINNER_OR_BACKOFF): _CONTEST,
    (_LOSE, _E.WORSE_OFFER): (_OFFER, _START),
    (_LOSE, _E.DF_FAILS): _LOSE_PATH,
    (_LOSE, _E.METRIC_IS_BETTER_THAN_DF): (_OFFER, _START),
    (_WIN, _E.BETTER_PASS_OR_WINNER): _YIELD,
    (_WIN, _E.BETTER_BACKOFF): _YIELD,
    (_WIN, _E.BETTER_OFFER): _HOLD_OFF,
    (_WIN, _E.BACKOFF_FOR_US): _CONTEST_SENDER,
    (_WIN, _E.PASS_FOR_US): _CONTEST_SENDER,
    (_WIN, _E.WORSE_PASS_WINNER_OR_BACKOFF): _CONTEST,
    (_WIN, _E.WORSE_OFFER): (_WIN, (_A.SEND_WINNER,)),
    (_WIN, _E.METRIC_IS_WORSE): (_WIN, _START),
    (_WIN, _E.TIMER_EXPIRES): (_WIN, (_A.SEND_WINNER, _A.TIMER_LOW, _A.COUNT)),
    (_WIN, _E.PATH_LOST): _LOSE_PATH,
    (_BACKOFF, _E.BETTER_PASS_OR_WINNER): _YIELD,
    (_BACKOFF, _E.BETTER_BACKOFF): _YIELD,
    (_BACKOFF, _E.BETTER_OFFER): _HOLD_OFF,
    (_BACKOFF, _E.BACKOFF_FOR_US): _CONTEST_SENDER,
    (_BACKOFF, _E.PASS_FOR_US): _CONTEST_SENDER,
    (_BACKOFF, _E.WORSE_PASS_WINNER_OR_BACKOFF): _CONTEST,
    (_BACKOFF, _E.WORSE_OFFER): (_WIN, (_A.SEND_WINNER, _A.STOP_TIMER)),
    (_BACKOFF, _E.METRIC_IS_BETTER_THAN_BEST): (_WIN, (_A.STOP_TIMER,)),
    (_BACKOFF, _E.TIMER_EXPIRES): _PASS_ON,
    (_BACKOFF, _E.LAST_TIMER_EXPIRES): _PASS_ON,
    (_BACKOFF, _E.PATH_LOST): _LOSE_PATH,
}
"""What is not in the tables changes nothing."""
