"""The Register state machine of a DR as a table (RFC 7761 4.4.1, figure 1).

A DR sends the packets of directly connected sources to the RP, each in a Register, until the RP
has joined the source's tree and says stop. Shortly before that is forgotten it asks again, with a
Null-Register.

    state        | RST expires     | CouldRegister | CouldRegister | Register-Stop | RP changed
                 |                 | -> True       | -> False      | received      |
    -------------+-----------------+---------------+---------------+---------------+---------------
    NoInfo       | -               | J, add tunnel | -             | -             | -
    Join         | -               | -             | NI, remove    | P, remove,    | J, update
                 |                 |               |               | set RST       |
    Join-Pending | J, add tunnel   | -             | NI            | P, set RST    | J, add,
                 |                 |               |               |               | cancel RST
    Prune        | JP, set RST to  | -             | NI            | -             | J, add,
                 | probe time,     |               |               |               | cancel RST
                 | Null-Register   |               |               |               |

The tunnel is there exactly in Join. The Register-Stop Timer (RST) runs exactly in Prune and
Join-Pending, and is set exactly on entering them.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class RegisterState(Enum):
    """Register state of (S,G)."""

    NO_INFO = "NI"
    JOIN = "J"
    PRUNE = "P"
    JOIN_PENDING = "JP"


class RegisterEvent(Enum):
    REGISTER_STOP_TIMER_EXPIRES = "Register-Stop Timer expires"
    COULD_REGISTER = "CouldRegister -> True"
    COULD_NOT_REGISTER = "CouldRegister -> False"
    REGISTER_STOP_RECEIVED = "Register-Stop received"
    RP_CHANGED = "RP changed"


_NI, _J, _P, _JP = RegisterState
_Event = RegisterEvent

TRANSITIONS: Final = {
    (_NI, _Event.COULD_REGISTER): _J,
    (_J, _Event.COULD_NOT_REGISTER): _NI,
    (_J, _Event.REGISTER_STOP_RECEIVED): _P,
    (_J, _Event.RP_CHANGED): _J,
    (_JP, _Event.REGISTER_STOP_TIMER_EXPIRES): _J,
    (_JP, _Event.COULD_NOT_REGISTER): _NI,
    (_JP, _Event.REGISTER_STOP_RECEIVED): _P,
    (_JP, _Event.RP_CHANGED): _J,
    (_P, _Event.REGISTER_STOP_TIMER_EXPIRES): _JP,
    (_P, _Event.COULD_NOT_REGISTER): _NI,
    (_P, _Event.RP_CHANGED): _J,
}
"""What is not here is "-" in the table."""
