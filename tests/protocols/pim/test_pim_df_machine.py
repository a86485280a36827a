"""RFC 5015 3.5.3.5: the tables of the DF election, cell by cell."""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import product

import pytest

from controlplane.protocols.pim.df_machine import (
    TRANSITIONS,
    Contender,
    DfAction,
    DfEvent,
    DfState,
)
from controlplane.wire.pim.df_election import INFINITE_METRIC, DfMetric

DF = "SET_DF_TO_SENDER_OR_TARGET"
START = "TIMER_LOW RESET_COUNT"
TABLES = f"""
OFFER   | BETTER_PASS_OR_WINNER           | LOSE    | {DF} STOP_TIMER
OFFER   | BETTER_BACKOFF                  | OFFER   | TIMER_TOLD_BACKOFF RESET_COUNT
OFFER   | BETTER_OFFER                    | OFFER   | TIMER_HIGH RESET_COUNT
OFFER   | BACKOFF_FOR_US                  | OFFER   | TIMER_TOLD_BACKOFF RESET_COUNT
OFFER   | PASS_FOR_US                     | WIN     | STOP_TIMER SET_DF_TO_US
OFFER   | WORSE_PASS_WINNER_OR_BACKOFF    | OFFER   | {DF} LOWER_TIMER_TO_LOW RESET_COUNT
OFFER   | WORSE_OFFER                     | OFFER   | LOWER_TIMER_TO_LOW RESET_COUNT
OFFER   | TIMER_EXPIRES                   | OFFER   | SEND_OFFER TIMER_LOW COUNT
OFFER   | LAST_TIMER_EXPIRES              | WIN     | SEND_WINNER SET_DF_TO_US
OFFER   | LAST_TIMER_EXPIRES_WITHOUT_PATH | LOSE    | SET_DF_TO_NONE
OFFER   | METRIC_IS_WORSE                 | OFFER   | LOWER_TIMER_TO_LOW RESET_COUNT
LOSE    | BETTER_PASS_OR_WINNER           | LOSE    | {DF}
LOSE    | BETTER_BACKOFF                  | LOSE    | SET_DF_TO_SENDER
LOSE    | BETTER_OFFER                    | OFFER   | TIMER_HIGH RESET_COUNT
LOSE    | BACKOFF_FOR_US                  | OFFER   | SET_DF_TO_SENDER {START}
LOSE    | PASS_FOR_US                     | OFFER   | SET_DF_TO_SENDER {START}
LOSE    | WORSE_PASS_WINNER_OR_BACKOFF    | OFFER   | {DF} {START}
LOSE    | WORSE_OFFER                     | OFFER   | {START}
LOSE    | DF_FAILS                        | OFFER   | SET_DF_TO_NONE {START}
LOSE    | METRIC_IS_BETTER_THAN_DF        | OFFER   | {START}
WIN     | BETTER_PASS_OR_WINNER           | LOSE    | {DF} STOP_TIMER
WIN     | BETTER_BACKOFF                  | LOSE    | {DF} STOP_TIMER
WIN     | BETTER_OFFER                    | BACKOFF | SET_BEST_TO_SENDER SEND_BACKOFF TIMER_BACKOFF
WIN     | BACKOFF_FOR_US                  | OFFER   | SET_DF_TO_SENDER {START}
WIN     | PASS_FOR_US                     | OFFER   | SET_DF_TO_SENDER {START}
WIN     | WORSE_PASS_WINNER_OR_BACKOFF    | OFFER   | {DF} {START}
WIN     | WORSE_OFFER                     | WIN     | SEND_WINNER
WIN     | METRIC_IS_WORSE                 | WIN     | {START}
WIN     | TIMER_EXPIRES                   | WIN     | SEND_WINNER TIMER_LOW COUNT
WIN     | PATH_LOST                       | OFFER   | SET_DF_TO_NONE {START}
BACKOFF | BETTER_PASS_OR_WINNER           | LOSE    | {DF} STOP_TIMER
BACKOFF | BETTER_BACKOFF                  | LOSE    | {DF} STOP_TIMER
BACKOFF | BETTER_OFFER                    | BACKOFF | SET_BEST_TO_SENDER SEND_BACKOFF TIMER_BACKOFF
BACKOFF | BACKOFF_FOR_US                  | OFFER   | SET_DF_TO_SENDER {START}
BACKOFF | PASS_FOR_US                     | OFFER   | SET_DF_TO_SENDER {START}
BACKOFF | WORSE_PASS_WINNER_OR_BACKOFF    | OFFER   | {DF} {START}
BACKOFF | WORSE_OFFER                     | WIN     | SEND_WINNER STOP_TIMER
BACKOFF | METRIC_IS_BETTER_THAN_BEST      | WIN     | STOP_TIMER
BACKOFF | TIMER_EXPIRES                   | LOSE    | SEND_PASS SET_DF_TO_BEST
BACKOFF | LAST_TIMER_EXPIRES              | LOSE    | SEND_PASS SET_DF_TO_BEST
BACKOFF | PATH_LOST                       | OFFER   | SET_DF_TO_NONE {START}
"""
CELLS = {
    (DfState[state], DfEvent[event]): (
        DfState[new],
        tuple(DfAction[action] for action in actions.split()),
    )
    for state, event, new, actions in (
        (cell.strip() for cell in line.split("|")) for line in TABLES.strip().splitlines()
    )
}


@pytest.mark.parametrize(("state", "event"), list(product(DfState, DfEvent)))
def test_a_cell_of_the_tables(state: DfState, event: DfEvent) -> None:
    assert TRANSITIONS.get((state, event)) == CELLS.get((state, event))


A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
BETTER = {
    "the lower preference": (Contender(A, DfMetric(1, 9)), Contender(B, DfMetric(2, 1))),
    "the lower metric": (Contender(A, DfMetric(1, 1)), Contender(B, DfMetric(1, 2))),
    "the higher address": (Contender(B, DfMetric(1, 1)), Contender(A, DfMetric(1, 1))),
    "a path": (Contender(A, DfMetric(255, 99)), Contender(B, INFINITE_METRIC)),
}


@pytest.mark.parametrize(("better", "worse"), BETTER.values(), ids=BETTER)
def test_who_is_better(better: Contender, worse: Contender) -> None:
    assert better.is_better_than(worse)
    assert not worse.is_better_than(better)
    assert not better.is_better_than(better)
