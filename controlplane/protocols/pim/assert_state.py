"""What a router remembers of an Assert on one interface (RFC 7761 4.1.2, 4.1.3).

NoInfo is the absence of this. AssertWinner and AssertWinnerMetric are then NULL and infinite.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address

from controlplane.protocols.pim.assert_metric import AssertMetric


class AssertState(Enum):
    """The state of (S,G) or (*,G) on an interface."""

    NO_INFO = "NI"
    WINNER = "W"
    LOSER = "L"


@dataclass(frozen=True, slots=True)
class AssertInfo:
    """`winner` is AssertWinner(S,G,I), this router's primary address on I where `state` is W.

    `metric` is AssertWinnerMetric(S,G,I); `on_rpf_interface` is whether I was the RPF interface of
    the tree's root when last looked at.
    """

    state: AssertState
    winner: IPv4Address
    metric: AssertMetric
    on_rpf_interface: bool = False
