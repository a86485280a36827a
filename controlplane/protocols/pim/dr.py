"""DR election (RFC 7761 4.3.2): one router of a link acts for its hosts.

Every router computes the winner from the Hellos that it heard and from its own. The higher DR
priority wins, then the higher address; where one neighbour sends no DR priority, nobody's counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address

from controlplane.protocols.pim.neighbor import Neighbor


class Reason(StrEnum):
    """Which rule decided."""

    ALONE = "the only router"
    PRIORITY = "highest DR priority"
    ADDRESS = "highest address among equal DR priorities"
    ADDRESS_ALONE = "highest address, as not every router sends a DR priority"


@dataclass(frozen=True, slots=True)
class DrElection:
    winner: IPv4Address
    reason: Reason


@dataclass(frozen=True, slots=True, order=True)
class _Candidate:
    """Ordered as dr_is_better is."""

    priority: int
    address: IPv4Address


def elect(own_address: IPv4Address, own_priority: int, neighbors: Iterable[Neighbor]) -> DrElection:
    """DR(I) and why."""
    others = tuple(neighbors)
    if not others:
        return DrElection(own_address, Reason.ALONE)
    priorities = {n.address: n.hello.dr_priority for n in others} | {own_address: own_priority}
    if None in priorities.values():
        return DrElection(max(priorities), Reason.ADDRESS_ALONE)
    ranking = sorted(_Candidate(p or 0, a) for a, p in priorities.items())
    winner, second = ranking[-1], ranking[-2]
    by_priority = winner.priority > second.priority
    return DrElection(winner.address, Reason.PRIORITY if by_priority else Reason.ADDRESS)
