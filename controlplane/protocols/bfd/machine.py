"""The state machine of a session (RFC 5880 6.2), as the table of what is received in which state.

    received    Down         Init     Up
    AdminDown   -            Down     Down
    Down        Init         -        Down
    Init        Up           Up       -
    Up          -            Up       -

Whoever falls to Down in this table was told so by its neighbour. A session that is AdminDown stays
so whatever it hears; one that hears nothing for its Detection Time goes Down (6.8.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from controlplane.wire.bfd import SessionState

_ADMIN_DOWN, _DOWN = SessionState.ADMIN_DOWN, SessionState.DOWN
_INIT, _UP = SessionState.INIT, SessionState.UP

_NEXT: Final[Mapping[tuple[SessionState, SessionState], SessionState]] = {
    (_DOWN, _DOWN): _INIT,
    (_DOWN, _INIT): _UP,
    (_INIT, _ADMIN_DOWN): _DOWN,
    (_INIT, _INIT): _UP,
    (_INIT, _UP): _UP,
    (_UP, _ADMIN_DOWN): _DOWN,
    (_UP, _DOWN): _DOWN,
}


def next_state(state: SessionState, received: SessionState) -> SessionState:
    """The state after a packet of this state was heard."""
    return _NEXT.get((state, received), state)
