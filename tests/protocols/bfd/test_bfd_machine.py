"""The state machine: RFC 5880 6.2 and 6.8.6."""

from __future__ import annotations

import pytest

from controlplane.protocols.bfd.machine import next_state
from controlplane.wire.bfd import SessionState

ADMIN_DOWN, DOWN = SessionState.ADMIN_DOWN, SessionState.DOWN
INIT, UP = SessionState.INIT, SessionState.UP


@pytest.mark.parametrize(
    ("state", "received", "then"),
    [
        (DOWN, ADMIN_DOWN, DOWN),
        (DOWN, DOWN, INIT),
        (DOWN, INIT, UP),
        (DOWN, UP, DOWN),
        (INIT, ADMIN_DOWN, DOWN),
        (INIT, DOWN, INIT),
        (INIT, INIT, UP),
        (INIT, UP, UP),
        (UP, ADMIN_DOWN, DOWN),
        (UP, DOWN, DOWN),
        (UP, INIT, UP),
        (UP, UP, UP),
    ],
)
def test_the_state_after_a_packet_is_that_of_rfc_5880_6_8_6(
    state: SessionState, received: SessionState, then: SessionState
) -> None:
    assert next_state(state, received) is then


@pytest.mark.parametrize("received", list(SessionState))
def test_a_session_that_is_administratively_down_stays_so(received: SessionState) -> None:
    assert next_state(ADMIN_DOWN, received) is ADMIN_DOWN
