"""What the ARP engine counts."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TypeAlias


class ArpCount(Enum):
    RECEIVED_REQUEST = "requests received"
    RECEIVED_REPLY = "replies received"
    SENT_REQUEST = "requests sent"
    SENT_REPLY = "replies sent"
    CONFLICT = "packets from a station with this router's address"
    DROPPED_NOT_ENABLED = "dropped: ARP does not run on the interface"
    DROPPED_MALFORMED = "dropped: malformed"
    DROPPED_BAD_SENDER_MAC = "dropped: the sender's MAC address is no station's"
    DROPPED_OWN_MAC = "dropped: from this router's own MAC address"
    DROPPED_FOREIGN_SENDER = (
        "dropped: no station of the interface's subnet can have the sender's address"
    )


ArpCounters: TypeAlias = Counter[ArpCount]
