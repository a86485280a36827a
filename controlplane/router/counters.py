"""What a router counts of packets that no engine got, or that ended in one.

Keys that a sender can choose are bounded in number: a flood of made-up sources fills a table of
fixed size and no more.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.wire.reader import DecodeError


class Layer(StrEnum):
    FRAME = "frame"
    MPLS = "mpls"
    IPV4 = "ipv4"
    UDP = "udp"
    TUNNEL = "tunnel"
    FORWARD = "forward"
    SEND = "send"


class Count(NamedTuple):
    layer: Layer
    reason: str


@dataclass(frozen=True, slots=True)
class Unrouted:
    """Multicast that the pipeline has no use for: of which VRF, and why."""

    reason: PuntReason
    vrf: str
    sg: SourceGroup


MAXIMUM_UNROUTED: Final = 1024

OTHERS: Final = Count(Layer.FORWARD, "multicast without a route, of more (S,G) than are counted")


class RouterCounters:
    def __init__(self) -> None:
        self.drops: Counter[Count] = Counter()
        self.unrouted: Counter[Unrouted] = Counter()

    def drop(self, layer: Layer, reason: str) -> None:
        self.drops[Count(layer, reason)] += 1

    def malformed(self, layer: Layer, error: DecodeError) -> None:
        """Without the numbers in the reason, which the sender chooses."""
        self.drop(layer, re.sub(r"\b(0x[0-9a-f]+|\d+)\b", "N", error.what))

    def count_unrouted(self, what: Unrouted) -> None:
        if what in self.unrouted or len(self.unrouted) < MAXIMUM_UNROUTED:
            self.unrouted[what] += 1
        else:
            self.drops[OTHERS] += 1
