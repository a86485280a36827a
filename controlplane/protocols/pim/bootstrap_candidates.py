"""The C-RP-Set of the elected BSR, and the RP-Set that it makes of it (RFC 5059 3.3).

Candidate RPs advertise themselves for ranges of groups; a candidacy lasts for the holdtime of the
advertisement (CGET). All of them are announced, but where both bidirectional and sparse-mode RPs
offer themselves for one range: then the bidirectional ones alone.

An RP that withdraws is announced once more with holdtime zero. A range that has no RP any more is
announced as empty for BS_Timeout, as routers cannot tell a range that is gone from one that is lost
(RFC 5059 4.1.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import groupby

from controlplane.engine.time import Instant
from controlplane.engine.timers import Timers
from controlplane.protocols.pim.config import ALL_GROUPS, BootstrapTimes
from controlplane.protocols.pim.rp_set import GroupMode, mode_of
from controlplane.protocols.pim.timers import CandidateRpTimer, PimTimer
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.bootstrap import (
    MAXIMUM_RPS,
    BootstrapRange,
    BootstrapRp,
    CandidateRpAdvertisement,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidacy:
    """One RP that offers itself for one range; its holdtime is zero when it withdraws."""

    groups: IPv4Network
    rp: IPv4Address
    priority: int
    holdtime: int
    bidirectional: bool

    @property
    def mode(self) -> GroupMode:
        return mode_of(self.bidirectional)


class CandidateRpSet:
    """`candidacies` are those that the next message announces."""

    def __init__(self, timers: Timers[PimTimer], times: BootstrapTimes) -> None:
        self._timers = timers
        self._times = times
        self.candidacies: dict[CandidateRpTimer, Candidacy] = {}
        self._announced: frozenset[IPv4Network] = frozenset()
        self._empty_until: dict[IPv4Network, Instant] = {}

    def receive(self, advertisement: CandidateRpAdvertisement, now: Instant) -> bool:
        """Take an advertisement; whether the RP-Set is another one now."""
        changes = [self._take(candidacy, now) for candidacy in _candidacies(advertisement)]
        return any(changes)

    def expire(self, timer: CandidateRpTimer) -> None:
        """CGET(M) expires."""
        del self.candidacies[timer]

    def forget_all(self) -> None:
        """Somebody else is the BSR."""
        for timer in self.candidacies:
            self._timers.cancel(timer)
        self.candidacies.clear()
        self._announced = frozenset()
        self._empty_until.clear()

    def announce(self, now: Instant) -> tuple[BootstrapRange, ...]:
        """The RP-Set for one Bootstrap message; who withdrew is in it for the last time."""
        ranges = tuple(self._ranges())
        served = frozenset(groups.group.groups for groups in ranges)
        lasting = {g: at for g, at in self._empty_until.items() if at > now and g not in served}
        until = now + self._times.timeout
        self._empty_until = lasting | dict.fromkeys(self._announced - served, until)
        self._announced = served
        self._forget_withdrawn()
        return (*ranges, *map(_empty, sorted(self._empty_until)))

    def _take(self, candidacy: Candidacy, now: Instant) -> bool:
        timer = CandidateRpTimer(candidacy.groups, candidacy.rp)
        old = self.candidacies.get(timer)
        if not candidacy.holdtime:
            self._timers.cancel(timer)
            if old is None:
                return False
        else:
            self._timers.set(timer, now + candidacy.holdtime)
        self.candidacies[timer] = candidacy
        return old is None or _as_announced(old) != _as_announced(candidacy)

    def _forget_withdrawn(self) -> None:
        self.candidacies = {t: c for t, c in self.candidacies.items() if c.holdtime}

    def _ranges(self) -> Iterator[BootstrapRange]:
        ordered = sorted(
            self.candidacies.values(), key=lambda c: (c.groups, c.priority, -int(c.rp))
        )
        for groups, of_range in groupby(ordered, key=lambda c: c.groups):
            chosen = _of_one_mode(tuple(of_range))[:MAXIMUM_RPS]
            yield BootstrapRange(
                group=EncodedGroup.of(groups, bidirectional=chosen[0].bidirectional),
                rp_count=len(chosen),
                rps=tuple(map(self._rp, chosen)),
            )

    def _rp(self, candidacy: Candidacy) -> BootstrapRp:
        return BootstrapRp(
            address=candidacy.rp,
            holdtime=self._announced_holdtime(candidacy.holdtime),
            priority=candidacy.priority,
        )

    def _announced_holdtime(self, holdtime: int) -> int:
        """RFC 5059 3.3: it must be larger than BS_Period, and should be than 2.5 times that."""
        if holdtime == 0 or holdtime > self._times.period:
            return holdtime
        return int(2.5 * self._times.period) + 1


def _candidacies(advertisement: CandidateRpAdvertisement) -> Iterator[Candidacy]:
    # RFC 5059 3.3: one without ranges "SHOULD be treated as though it contained ... 224/4".
    for group in advertisement.groups or (EncodedGroup.of(ALL_GROUPS),):
        if group.groups.subnet_of(ALL_GROUPS):
            yield Candidacy(
                groups=group.groups,
                rp=advertisement.rp_address,
                priority=advertisement.priority,
                holdtime=advertisement.holdtime,
                bidirectional=group.bidirectional,
            )


def _as_announced(candidacy: Candidacy) -> tuple[int, bool, bool]:
    return candidacy.priority, candidacy.bidirectional, candidacy.holdtime > 0


def _of_one_mode(candidacies: tuple[Candidacy, ...]) -> tuple[Candidacy, ...]:
    """RFC 5059 3.3: "The default behavior SHOULD be to prefer BIDIR"."""
    bidirectional = tuple(c for c in candidacies if c.bidirectional)
    return bidirectional or candidacies


def _empty(groups: IPv4Network) -> BootstrapRange:
    return BootstrapRange(group=EncodedGroup.of(groups), rp_count=0)
