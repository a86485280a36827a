"""What pings and traceroutes found out; the same in both worlds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address

from controlplane.engine.time import Duration
from controlplane.wire.mpls import LabelStackEntry


class Outcome(Enum):
    REPLY = "reply"
    TIME_EXCEEDED = "time exceeded"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Who answered one packet, how, and after what time.

    `code` is that of an UNREACHABLE. `labels` are those which the packet came with to the router
    that answered (RFC 4950), the top first.
    """

    address: IPv4Address
    outcome: Outcome
    rtt: Duration
    code: int = 0
    labels: tuple[LabelStackEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class PingResult:
    """An answer for each packet sent so far, None while there is none."""

    answers: tuple[Answer | None, ...]

    @property
    def replies(self) -> int:
        """How many packets the destination itself has answered."""
        return sum(a is not None and a.outcome is Outcome.REPLY for a in self.answers)


@dataclass(frozen=True, slots=True)
class Hop:
    """The answers to the packets of one TTL; several addresses where ways are equal."""

    ttl: int
    answers: tuple[Answer | None, ...]


@dataclass(frozen=True, slots=True)
class TracerouteResult:
    """`reached` says that the destination itself answered the last hop."""

    hops: tuple[Hop, ...]
    reached: bool
