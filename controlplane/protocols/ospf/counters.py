"""Names of what the engine counts; the keys of its `counters`, beside those of `malformed`."""

from __future__ import annotations

import re
from enum import StrEnum

from controlplane.wire.reader import DecodeError


class Count(StrEnum):
    RX_HELLO = "rx hello"
    RX_DESCRIPTION = "rx database description"
    RX_REQUEST = "rx link state request"
    RX_UPDATE = "rx link state update"
    RX_ACK = "rx link state acknowledgment"
    TX_HELLO = "tx hello"
    TX_DESCRIPTION = "tx database description"
    TX_REQUEST = "tx link state request"
    TX_UPDATE = "tx link state update"
    TX_ACK = "tx link state acknowledgment"

    RX_LSA_NEWER = "rx LSA: newer than ours"
    RX_LSA_DUPLICATE = "rx LSA: the same as ours"
    RX_LSA_OLDER = "rx LSA: older than ours"
    LSA_ORIGINATED = "LSA originated"
    LSA_FLUSHED = "own LSA flushed"
    LSA_AGED_OUT = "LSA reached MaxAge"
    LSA_RETRANSMITTED = "LSA retransmitted"
    SPF_RUN = "routes calculated"

    DROP_NOT_ENABLED = "drop: OSPF is not enabled on the interface"
    DROP_PASSIVE = "drop: the interface is passive"
    DROP_OWN = "drop: own packet looped back"
    DROP_DESTINATION = "drop: not to this router"
    DROP_SOURCE = "drop: source is not on the link"
    DROP_OWN_ROUTER_ID = "drop: sender has the router id of this router"
    DROP_AREA = "drop: another area"
    DROP_AUTHENTICATION = "drop: authentication"
    DROP_REPLAYED = "drop: authentication sequence number is an old one"
    DROP_HELLO_MISMATCH = "drop: hello with other parameters"
    DROP_NO_NEIGHBOR = "drop: not from a neighbor"
    DROP_NEIGHBOR_STATE = "drop: not in this state of the neighbor"
    DROP_MTU = "drop: database description with a larger MTU"
    DROP_LSA_CHECKSUM = "drop LSA: wrong checksum"
    DROP_LSA_UNREADABLE = "drop LSA: unknown type or malformed"
    DROP_LSA_NOT_IN_AREA = "drop LSA: of a type that the area does not take"
    DROP_LSA_TOO_SOON = "drop LSA: within MinLSArrival of the one before"
    IGNORED_ACK = "ignored: acknowledgment of another instance"


def malformed(error: DecodeError) -> str:
    """The counter of malformed packets of this kind: without the numbers that a peer can choose."""
    return "drop: malformed: " + re.sub(r"\d+", "N", error.what)
