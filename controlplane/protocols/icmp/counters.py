"""What the ICMP engine counts."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TypeAlias


class IcmpCount(Enum):
    RECEIVED_ECHO_REQUEST = "echo requests received"
    RECEIVED_OTHER = "other messages received"
    SENT_ECHO_REPLY = "echo replies sent"
    SENT_TIME_EXCEEDED = "time exceeded sent"
    SENT_UNREACHABLE = "destination unreachable sent"
    DROPPED_MALFORMED = "dropped: malformed"
    DROPPED_NOT_MINE = "dropped: not to an address of this router"
    DROPPED_NO_SENDER = "dropped: the source is no host's address"
    UNSENT_NO_INTERFACE = "errors not sent: the interface is not up"
    UNSENT_MALFORMED = "errors not sent: the datagram is malformed"
    UNSENT_ABOUT_ICMP_ERROR = "errors not sent: about an ICMP error"
    UNSENT_ABOUT_FRAGMENT = "errors not sent: about a fragment other than the first"
    UNSENT_ABOUT_MULTICAST = "errors not sent: about a multicast or broadcast"
    UNSENT_NO_SENDER = "errors not sent: the source is no host's address"
    UNSENT_RATE = "errors not sent: too many"


IcmpCounters: TypeAlias = Counter[IcmpCount]
