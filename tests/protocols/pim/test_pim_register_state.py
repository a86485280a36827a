"""RFC 7761 4.4.1, figure 1: every cell of the Register state machine."""

from __future__ import annotations

from itertools import product

import pytest

from controlplane.protocols.pim.register_state import TRANSITIONS, RegisterEvent, RegisterState

FIGURE = """
NI | -  | J | -  | - | -
J  | -  | - | NI | P | J
JP | J  | - | NI | P | J
P  | JP | - | NI | - | J
"""
"""Rows are states, columns events in the order of RegisterEvent."""

ROWS = [[cell.strip() for cell in line.split("|")] for line in FIGURE.split("\n") if line]
CELLS = {
    (RegisterState(state), event): RegisterState(cell) if cell != "-" else None
    for state, *cells in ROWS
    for event, cell in zip(RegisterEvent, cells, strict=True)
}


@pytest.mark.parametrize(("state", "event"), list(product(RegisterState, RegisterEvent)))
def test_a_state_and_an_event_give_what_the_figure_says(
    state: RegisterState, event: RegisterEvent
) -> None:
    assert TRANSITIONS.get((state, event)) is CELLS[state, event]
