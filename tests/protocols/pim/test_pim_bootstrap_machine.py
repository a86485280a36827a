"""RFC 5059 3.1.1, 3.1.2, 3.1.4 and BS_Rand_Override of 5, cell by cell."""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.protocols.pim.bootstrap_machine import (
    TRANSITIONS,
    BsrAction,
    BsrEvent,
    BsrState,
    Weight,
    event_of,
    random_override,
)

A, B = IPv4Address("10.9.0.1"), IPv4Address("10.9.0.2")
TABLES = """
candidate BSR    | RECEIVE_PREFERRED                  | candidate BSR    | FORWARD_BSM STORE_RP_SET TIMEOUT
candidate BSR    | BOOTSTRAP_TIMER_EXPIRES            | pending BSR      | RANDOM_OVERRIDE
candidate BSR    | RECEIVE_NON_PREFERRED_FROM_ELECTED | pending BSR      | FORWARD_BSM RANDOM_OVERRIDE
pending BSR      | RECEIVE_PREFERRED                  | candidate BSR    | FORWARD_BSM STORE_RP_SET TIMEOUT
pending BSR      | BOOTSTRAP_TIMER_EXPIRES            | elected BSR      | ORIGINATE_BSM PERIOD
pending BSR      | RECEIVE_NON_PREFERRED              | pending BSR      | FORWARD_BSM
elected BSR      | RECEIVE_PREFERRED                  | candidate BSR    | FORWARD_BSM STORE_RP_SET TIMEOUT
elected BSR      | BOOTSTRAP_TIMER_EXPIRES            | elected BSR      | ORIGINATE_BSM PERIOD
elected BSR      | RECEIVE_NON_PREFERRED              | elected BSR      | ORIGINATE_BSM PERIOD
accept any       | RECEIVE_BSM                        | accept preferred | FORWARD_BSM STORE_RP_SET TIMEOUT
accept preferred | RECEIVE_PREFERRED                  | accept preferred | FORWARD_BSM STORE_RP_SET TIMEOUT
accept preferred | BOOTSTRAP_TIMER_EXPIRES            | accept any       | REFRESH_RP_SET REMOVE_BSR_STATE
"""  # noqa: E501
CELLS = {
    (BsrState(state), BsrEvent[event]): (
        BsrState(new),
        tuple(BsrAction[action] for action in actions.split()),
    )
    for state, event, new, actions in (
        (cell.strip() for cell in line.split("|")) for line in TABLES.strip().splitlines()
    )
}


@pytest.mark.parametrize(("state", "event"), list(product(BsrState, BsrEvent)))
def test_a_cell_of_the_tables(state: BsrState, event: BsrEvent) -> None:
    assert TRANSITIONS.get((state, event)) == CELLS.get((state, event))


EVENTS = {
    "anything, where no BSR is known": (
        (BsrState.ACCEPT_ANY, Weight(0, A), None, None),
        BsrEvent.RECEIVE_BSM,
    ),
    "the elected one again": (
        (BsrState.ACCEPT_PREFERRED, Weight(64, A), Weight(64, A), None),
        BsrEvent.RECEIVE_PREFERRED,
    ),
    "one with a higher priority": (
        (BsrState.ACCEPT_PREFERRED, Weight(65, A), Weight(64, B), None),
        BsrEvent.RECEIVE_PREFERRED,
    ),
    "one with a higher address": (
        (BsrState.ACCEPT_PREFERRED, Weight(64, B), Weight(64, A), None),
        BsrEvent.RECEIVE_PREFERRED,
    ),
    "one with a lower priority": (
        (BsrState.ACCEPT_PREFERRED, Weight(63, B), Weight(64, A), None),
        BsrEvent.RECEIVE_NON_PREFERRED,
    ),
    "the elected one, with less weight than before": (
        (BsrState.ACCEPT_PREFERRED, Weight(1, A), Weight(64, A), None),
        BsrEvent.RECEIVE_PREFERRED,
    ),
    "the elected one, with less weight than before, but more than ours": (
        (BsrState.CANDIDATE, Weight(9, A), Weight(64, A), Weight(8, B)),
        BsrEvent.RECEIVE_PREFERRED,
    ),
    "the elected one, with less weight than ours now": (
        (BsrState.CANDIDATE, Weight(7, A), Weight(64, A), Weight(8, B)),
        BsrEvent.RECEIVE_NON_PREFERRED_FROM_ELECTED,
    ),
    "another one than the elected, with less weight than that": (
        (BsrState.CANDIDATE, Weight(63, A), Weight(64, B), Weight(8, B)),
        BsrEvent.RECEIVE_NON_PREFERRED,
    ),
    "while pending, one with more weight than ours and less than the last one's": (
        (BsrState.PENDING, Weight(9, A), Weight(64, A), Weight(8, B)),
        BsrEvent.RECEIVE_PREFERRED,
    ),
    "while pending, one with less weight than ours": (
        (BsrState.PENDING, Weight(7, A), None, Weight(8, B)),
        BsrEvent.RECEIVE_NON_PREFERRED,
    ),
    "while elected, one with less weight than ours": (
        (BsrState.ELECTED, Weight(7, A), Weight(64, A), Weight(8, B)),
        BsrEvent.RECEIVE_NON_PREFERRED,
    ),
    "while elected, one with more weight than ours": (
        (BsrState.ELECTED, Weight(9, A), None, Weight(8, B)),
        BsrEvent.RECEIVE_PREFERRED,
    ),
}


@pytest.mark.parametrize(("heard", "event"), EVENTS.values(), ids=EVENTS)
def test_what_a_message_is(
    heard: tuple[BsrState, Weight, Weight | None, Weight | None], event: BsrEvent
) -> None:
    assert event_of(*heard) is event


OVERRIDES = {
    "nobody is known": (Weight(64, A), None, 5.0),
    "our own weight is the best": (Weight(64, B), Weight(64, A), 5.0),
    "a higher address by one": (Weight(64, A), Weight(64, B), 5.0 + 1 / 16),
    "a higher priority by three": (
        Weight(61, IPv4Address("128.0.0.0")),
        Weight(64, A),
        5.0 + 2 * 2 + (2 - 1),
    ),
}


@pytest.mark.parametrize(("own", "elected", "delay"), OVERRIDES.values(), ids=OVERRIDES)
def test_the_random_override(own: Weight, elected: Weight | None, delay: float) -> None:
    assert random_override(own, elected) == delay


addresses = st.integers(1, 2**32 - 1).map(IPv4Address)
weights = st.builds(Weight, st.integers(0, 255), addresses)


@given(weights, weights | st.none())
def test_the_random_override_is_between_5_and_23_seconds(
    own: Weight, elected: Weight | None
) -> None:
    assert 5 <= random_override(own, elected) <= 23
