"""What auto-discovery makes of one route: a PE with a tunnel to join, or why there is none.

Several routes may speak of the same PE: of both kinds while a network migrates, or of two VRFs of
it. It has one tunnel here, that of the claim with the least `rank`.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.mvpn.config import DiscoveredPe
from controlplane.net.vpn import RouteDistinguisher
from controlplane.wire.bgp.nlri import NlriKey

Source: TypeAlias = NlriKey | DiscoveredPe
"""What speaks of a PE: the key of a route, or a row of the static list."""


_NO_RD: Final = RouteDistinguisher(0, 0, 0)


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """The kind of source first, then whether the PE's VRF is of our VPN, then its RD."""

    kind: int
    is_foreign: bool = False
    rd: RouteDistinguisher = _NO_RD


@dataclass(frozen=True, slots=True)
class Claim:
    """`said_by` names the source in words."""

    pe: DiscoveredPe
    said_by: str
    rank: Rank


@dataclass(frozen=True, slots=True)
class Refusal:
    """A PE of the MVPN that cannot be heard, and why."""

    pe: IPv4Address
    said_by: str
    why: str


Judgement: TypeAlias = Claim | Refusal
