"""What the IGMP engine counts: messages taken in and sent, and those dropped, by reason."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TypeAlias


class IgmpCount(Enum):
    RECEIVED_QUERY = "queries received"
    RECEIVED_REPORT_V1 = "version 1 reports received"
    RECEIVED_REPORT_V2 = "version 2 reports received"
    RECEIVED_LEAVE_V2 = "version 2 leaves received"
    RECEIVED_REPORT_V3 = "version 3 reports received"
    SENT_QUERY = "queries sent"
    DROPPED_NOT_ENABLED = "dropped: IGMP does not run on the interface"
    DROPPED_TTL = "dropped: TTL is not 1"
    DROPPED_OWN_ADDRESS = "dropped: from this router's own address"
    DROPPED_FOREIGN_SOURCE = "dropped: source not on the interface's subnet"
    DROPPED_MALFORMED = "dropped: malformed"
    DROPPED_UNKNOWN_TYPE = "dropped: unknown type"
    DROPPED_VERSION = "dropped: of a newer version than the interface is set to"
    IGNORED_NOT_FORWARDED = "records ignored: not a group that is forwarded"
    IGNORED_SSM_WITHOUT_SOURCE = "records ignored: no source in the SSM range"


IgmpCounters: TypeAlias = Counter[IgmpCount]
