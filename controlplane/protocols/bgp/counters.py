"""Names of what the engine counts; the keys of its `counters`, beside those of the functions."""

from __future__ import annotations

import re
from enum import StrEnum

from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.update import Remedy
from controlplane.wire.reader import DecodeError


class Count(StrEnum):
    REJECTED_UNKNOWN_PEER = "rejected: connection of nobody who is configured"
    REJECTED_IDLE = "rejected: connection while the peer is in Idle"
    COLLISION = "connection closed: collision"

    IGNORED_REFRESH_FAMILY = "ignored: ROUTE-REFRESH of a family that was not agreed on"
    IGNORED_REFRESH_SUBTYPE = "ignored: ROUTE-REFRESH of a subtype that was not agreed on"
    IGNORED_EARLY_REFRESH = "ignored: BoRR before the End-of-RIB"
    IGNORED_REFRESH_END = "ignored: EoRR without BoRR"

    FILTERED = "filtered: VPN route whose targets no VRF imports"


def spoken(kind: MessageType) -> str:
    """A message's type in words, as the keys of a peer's `received` and `sent`."""
    return kind.name.lower().replace("_", " ")


def received(kind: MessageType) -> str:
    return f"rx {spoken(kind)}"


def sent(kind: MessageType) -> str:
    return f"tx {spoken(kind)}"


def faulty(remedy: Remedy) -> str:
    """The counter of errors in UPDATEs that the session survives (RFC 7606 2)."""
    return f"faulty update: {remedy.value}"


def malformed(error: DecodeError) -> str:
    """The counter of errors of this kind that end sessions."""
    return f"session ended: {without_numbers(error.what)}"


def without_numbers(what: str) -> str:
    """An error's kind: its words without those that the peer chooses, so that kinds are few."""
    return re.sub(r"0x[0-9a-f]+|\d+", "N", what)
