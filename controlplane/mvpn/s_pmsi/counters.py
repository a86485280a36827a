"""Names of what the engine counts; the keys of its `counters`."""

from __future__ import annotations

from enum import StrEnum


class Count(StrEnum):
    SENT = "tx S-PMSI Join"
    SENT_DATAGRAM = "tx datagram"
    RECEIVED = "rx S-PMSI Join"
    RECEIVED_DATAGRAM = "rx datagram"
    DROP_NOT_ON_PMSI = "drop: not received over the PMSI"
    DROP_DESTINATION = "drop: not to all PIM routers"
    DROP_UNKNOWN_PE = "drop: from no PE of the MVPN that is known"
    DROP_MALFORMED = "drop: malformed datagram"
    SKIPPED_TYPE = "skipped: S-PMSI Join of another type"
    REFUSED_FLOW = "refused: a flow that cannot be one"
    REFUSED_GROUP = "refused: a P-group that source-specific trees are not for"
    REFUSED_LIMIT = "refused: more bindings than are kept"
