"""The election of the Bootstrap Router: states, events and the tables of RFC 5059 3.1.1 and 3.1.2.

A candidate BSR is in one of three states, any other router in one of two. The weight of a BSR is
its priority and then its address; who hears no better one for BS_Rand_Override, which is the longer
the less weight it has, elects itself. A router that is no candidate takes the first message that
comes (Accept Any), and from then on those of that BSR or of a better one (Accept Preferred).

There is one machine, for the zone of all groups. Admin-scope zones have none here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from ipaddress import IPv4Address
from math import log2
from typing import Final, TypeAlias

from controlplane.engine.time import Duration


@dataclass(frozen=True, slots=True, order=True)
class Weight:
    """RFC 5059 3.1: the priority is the high-order part of it."""

    priority: int
    address: IPv4Address


class BsrState(StrEnum):
    ACCEPT_ANY = "accept any"
    ACCEPT_PREFERRED = "accept preferred"
    CANDIDATE = "candidate BSR"
    PENDING = "pending BSR"
    ELECTED = "elected BSR"


class BsrEvent(Enum):
    RECEIVE_BSM = auto()
    RECEIVE_PREFERRED = auto()
    RECEIVE_NON_PREFERRED = auto()
    RECEIVE_NON_PREFERRED_FROM_ELECTED = auto()
    BOOTSTRAP_TIMER_EXPIRES = auto()


class BsrAction(Enum):
    """In the words of RFC 5059 3.1.5; the last three set the Bootstrap Timer."""

    FORWARD_BSM = auto()
    STORE_RP_SET = auto()
    REFRESH_RP_SET = auto()
    REMOVE_BSR_STATE = auto()
    ORIGINATE_BSM = auto()
    TIMEOUT = auto()
    RANDOM_OVERRIDE = auto()
    PERIOD = auto()


Transition: TypeAlias = tuple[BsrState, tuple[BsrAction, ...]]

_FOLLOW: Final = (BsrAction.FORWARD_BSM, BsrAction.STORE_RP_SET, BsrAction.TIMEOUT)
_ORIGINATE: Final = (BsrAction.ORIGINATE_BSM, BsrAction.PERIOD)

TRANSITIONS: Final[Mapping[tuple[BsrState, BsrEvent], Transition]] = {
    (BsrState.CANDIDATE, BsrEvent.RECEIVE_PREFERRED): (BsrState.CANDIDATE, _FOLLOW),
    (BsrState.CANDIDATE, BsrEvent.BOOTSTRAP_TIMER_EXPIRES): (
        BsrState.PENDING,
        (BsrAction.RANDOM_OVERRIDE,),
    ),
    (BsrState.CANDIDATE, BsrEvent.RECEIVE_NON_PREFERRED_FROM_ELECTED): (
        BsrState.PENDING,
        (BsrAction.FORWARD_BSM, BsrAction.RANDOM_OVERRIDE),
    ),
    (BsrState.PENDING, BsrEvent.RECEIVE_PREFERRED): (BsrState.CANDIDATE, _FOLLOW),
    (BsrState.PENDING, BsrEvent.BOOTSTRAP_TIMER_EXPIRES): (BsrState.ELECTED, _ORIGINATE),
    (BsrState.PENDING, BsrEvent.RECEIVE_NON_PREFERRED): (
        BsrState.PENDING,
        (BsrAction.FORWARD_BSM,),
    ),
    (BsrState.ELECTED, BsrEvent.RECEIVE_PREFERRED): (BsrState.CANDIDATE, _FOLLOW),
    (BsrState.ELECTED, BsrEvent.BOOTSTRAP_TIMER_EXPIRES): (BsrState.ELECTED, _ORIGINATE),
    (BsrState.ELECTED, BsrEvent.RECEIVE_NON_PREFERRED): (BsrState.ELECTED, _ORIGINATE),
    (BsrState.ACCEPT_ANY, BsrEvent.RECEIVE_BSM): (BsrState.ACCEPT_PREFERRED, _FOLLOW),
    (BsrState.ACCEPT_PREFERRED, BsrEvent.RECEIVE_PREFERRED): (BsrState.ACCEPT_PREFERRED, _FOLLOW),
    (BsrState.ACCEPT_PREFERRED, BsrEvent.BOOTSTRAP_TIMER_EXPIRES): (
        BsrState.ACCEPT_ANY,
        (BsrAction.REFRESH_RP_SET, BsrAction.REMOVE_BSR_STATE),
    ),
}
"""What is not in the tables changes nothing."""


def event_of(
    state: BsrState, received: Weight, elected: Weight | None, own: Weight | None
) -> BsrEvent:
    """RFC 5059 3.1.4. `own` is the weight of a candidate; pending, it stands for the elected."""
    if state is BsrState.ACCEPT_ANY:
        return BsrEvent.RECEIVE_BSM
    if state in (BsrState.PENDING, BsrState.ELECTED):
        elected = own
    assert elected is not None
    if received >= elected:
        return BsrEvent.RECEIVE_PREFERRED
    if received.address != elected.address:
        return BsrEvent.RECEIVE_NON_PREFERRED
    # The elected BSR itself has less weight than before.
    if own is None or received >= own:
        return BsrEvent.RECEIVE_PREFERRED
    return BsrEvent.RECEIVE_NON_PREFERRED_FROM_ELECTED


def random_override(own: Weight, elected: Weight | None) -> Duration:
    """BS_Rand_Override (RFC 5059 5): nothing in it is random but the weights."""
    best = max(own.priority, elected.priority) if elected else own.priority
    priority_delay = 2 * log2(1 + best - own.priority)
    return 5 + priority_delay + _address_delay(own, elected, best)


def _address_delay(own: Weight, elected: Weight | None, best_priority: int) -> Duration:
    if best_priority != own.priority:
        return 2 - int(own.address) / 2**31
    best = max(own.address, elected.address) if elected else own.address
    return log2(1 + int(best) - int(own.address)) / 16
