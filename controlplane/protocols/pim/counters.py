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
    RX_REGISTER = "rx register"
    TX_REGISTER = "tx register"
    RX_REGISTER_STOP = "rx register-stop"
    TX_REGISTER_STOP = "tx register-stop"
    RX_ASSERT = "rx assert"
    TX_ASSERT = "tx assert"

    DROP_NOT_ENABLED = "drop: PIM is not enabled on the interface"
    DROP_OWN = "drop: own packet looped back"
    DROP_DESTINATION = "drop: not to ALL-PIM-ROUTERS"
    DROP_TTL = "drop: TTL above 1"
    DROP_SOURCE = "drop: source is not on the link"
    DROP_NEIGHBOR_REFUSED = "drop: hello of a neighbor that is not accepted"
    DROP_NO_NEIGHBOR = "drop: join/prune of an unknown neighbor"
    DROP_ASSERT_NO_NEIGHBOR = "drop: assert of an unknown neighbor"

    IGNORED_SHARED_TREE = "ignored: (*,G) or (S,G,rpt) entry of an SSM group"
    IGNORED_BIDIRECTIONAL = "ignored: source of a bidirectional group"
    IGNORED_RP = "ignored: (*,G) join with another RP"
    IGNORED_SOURCE = "ignored: source that is no host"
    IGNORED_GROUP = "ignored: group that has no RP tree and no source trees"
    STATE_LIMIT = "refused: tree beyond the limit of state"
    REFUSED_REGISTER = "refused: register of a source or group that this RP does not serve"
    IGNORED_REGISTER_STOP = "ignored: register-stop of a router that is not the RP"
    IGNORED_BIDIRECTIONAL_ASSERT = "ignored: assert of a bidirectional group"
    IGNORED_GROUP_RANGE = "ignored: group range instead of a group"
    IGNORED_ANY_SOURCE_MEMBER = "ignored: local member of any source of an SSM group"

    RX_BOOTSTRAP = "rx bootstrap"
    TX_BOOTSTRAP = "tx bootstrap"
    RX_CANDIDATE_RP = "rx candidate-RP advertisement"
    TX_CANDIDATE_RP = "tx candidate-RP advertisement"
    DROP_BSM_NO_NEIGHBOR = "drop: bootstrap of an unknown neighbor"
    DROP_BSM_RPF = "drop: bootstrap from another router than the way to the BSR"
    DROP_BSM_LATE = "drop: bootstrap for a router that has just started"
    DROP_BSM_UNICAST = "drop: unicast bootstrap"
    DROP_BSM_BORDER = "drop: bootstrap at a border of the domain"
    DROP_BSM_SCOPED = "drop: bootstrap of an admin-scope zone"
    DROP_CANDIDATE_RP_NOT_BSR = "drop: candidate-RP advertisement to a router that is not the BSR"
    DROP_CANDIDATE_RP_REFUSED = "drop: advertisement of a candidate RP that is not accepted"
    RX_DF_ELECTION = "rx DF election"
    TX_DF_ELECTION = "tx DF election"
    DROP_DF_NO_NEIGHBOR = "drop: DF election of an unknown neighbor"
    IGNORED_DF_ELECTION = "ignored: DF election for another RP or on its own link"
    IGNORED_RP_RANGE = "ignored: RP for a range that is not of groups"


def malformed(error: DecodeError) -> str:
    """The counter of malformed packets of this kind: without the numbers that a peer can choose."""
    return "drop: malformed: " + re.sub(r"\d+", "N", error.what)
