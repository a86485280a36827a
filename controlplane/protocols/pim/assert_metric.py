"""Assert metrics: of two routers that forward onto one link, which one shall (RFC 7761 4.6.3).

A router on the shortest-path tree wins over one on the RP tree; then the route to the root counts,
its preference before its metric; then the higher address, so that two metrics are never equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

INFINITE_PREFERENCE: Final = 0x7FFF_FFFF
INFINITE_METRIC: Final = 0xFFFF_FFFF
"""All bits of the fields (RFC 7761 4.9.6); the preference shares its word with the RPT bit."""


@dataclass(frozen=True, slots=True)
class AssertMetric:
    """struct assert_metric. `rpt_bit` is True for a router that forwards on the RP tree."""

    rpt_bit: bool
    preference: int
    metric: int
    address: IPv4Address

    def is_better_than(self, other: AssertMetric) -> bool:
        """ "the first lower value wins ... with the highest IP address winning" """
        mine = (self.rpt_bit, self.preference, self.metric, -int(self.address))
        theirs = (other.rpt_bit, other.preference, other.metric, -int(other.address))
        return mine < theirs

    @property
    def is_infinite(self) -> bool:
        """Whether it says that its router forwards nothing: of an AssertCancel (RFC 7761 4.6.4)."""
        return (self.preference, self.metric) == (INFINITE_PREFERENCE, INFINITE_METRIC)

    def __str__(self) -> str:
        if self.is_infinite:
            return "infinite"
        tree = "RP tree" if self.rpt_bit else "shortest-path tree"
        return f"{self.preference}/{self.metric} on the {tree}"


INFINITE: Final = AssertMetric(True, INFINITE_PREFERENCE, INFINITE_METRIC, IPv4Address(0))
"""infinite_assert_metric()."""
