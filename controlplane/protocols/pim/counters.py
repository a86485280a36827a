"""Names of what the engine counts; the keys of its `counters`, beside those of `malformed`."""

from __future__ import annotations

import re
from enum import StrEnum

from controlplane.wire.reader import DecodeError


class Count(StrEnum):
    RX_HELLO = "rx hello"
    RX_JOIN_PRUNE = "rx join/prune"
    RX_OTHER = "rx message of an unsupported type"
    TX_HELLO = "tx hello"
    TX_JOIN_PRUNE = "tx join/prune"

    DROP_NOT_ENABLED = "drop: PIM is not enabled on the interface"
    DROP_OWN = "drop: own packet looped back"
    DROP_DESTINATION = "drop: not to ALL-PIM-ROUTERS"
    DROP_TTL = "drop: TTL above 1"
    DROP_SOURCE = "drop: source is not on the link"
    DROP_NO_NEIGHBOR = "drop: join/prune of an unknown neighbor"

    IGNORED_SHARED_TREE = "ignored: (*,G) or (S,G,rpt) entry"
    IGNORED_NOT_SSM = "ignored: (S,G) outside the SSM range"
    IGNORED_GROUP_RANGE = "ignored: group range instead of a group"
    IGNORED_ANY_SOURCE_MEMBER = "ignored: local member of any source"


def malformed(error: DecodeError) -> str:
    """The counter of malformed packets of this kind: without the numbers that a peer can choose."""
    return "drop: malformed: " + re.sub(r"\d+", "N", error.what)
