"""Names of what the engine counts; the keys of its `counters`, beside those of `malformed`."""

from __future__ import annotations

import re
from enum import StrEnum

from controlplane.wire.reader import DecodeError


class Count(StrEnum):
    RX_CONTROL = "rx control packet"
    TX_CONTROL = "tx control packet"

    DROP_PORT = "drop: not to the port of single hop control packets"
    DROP_TTL = "drop: TTL less than 255"
    DROP_NO_SESSION = "drop: no session with this discriminator"
    DROP_NO_NEIGHBOR = "drop: not from a neighbor that is watched"
    DROP_INTERFACE = "drop: on another interface than the session's"
    DROP_INTERFACE_DOWN = "drop: the interface is down"
    DROP_STATE = "drop: in state Init or Up, and names no session"
    DROP_AUTHENTICATED = "drop: authenticated, and the session is not"


def malformed(error: DecodeError) -> str:
    """The counter of malformed packets of this kind: without the numbers that a peer can choose."""
    return "drop: malformed: " + re.sub(r"\d+", "N", error.what)
