"""Names of what the engine counts; the keys of its `counters`, beside those of the functions."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from controlplane.wire.ldp.numbers import MessageType
from controlplane.wire.reader import DecodeError


class Count(StrEnum):
    DROP_NOT_ENABLED = "drop: LDP is not enabled on the interface"
    DROP_OWN = "drop: own Hello looped back"
    DROP_ROUTER_ID = "drop: Hello with this router's LDP identifier"
    DROP_DESTINATION = "drop: Link Hello not to all routers of the link"
    DROP_SOURCE = "drop: source is not on the link"
    DROP_TARGETED = "drop: Targeted Hello that nobody asked for"
    DROP_NOT_A_HELLO = "drop: message over UDP that is no Hello"
    DROP_TRANSPORT_ADDRESS = "drop: Hello with this router's transport address"

    IGNORED_UNKNOWN_MESSAGE = "ignored: message of unknown type with the U bit"
    IGNORED_UNEXPECTED = "ignored: message that says nothing on an operational session"


@cache
def received(kind: MessageType) -> str:
    return f"rx {_spoken(kind)}"


@cache
def sent(kind: MessageType) -> str:
    return f"tx {_spoken(kind)}"


def malformed(error: DecodeError) -> str:
    """The counter of malformed messages of this kind: without the numbers that a peer chooses."""
    return "drop: malformed: " + re.sub(r"0x[0-9a-f]+|\d+", "N", error.what)


def _spoken(kind: MessageType) -> str:
    return kind.name.lower().replace("_", " ")
