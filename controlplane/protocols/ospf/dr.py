"""Electing the Designated Router of a broadcast network (RFC 2328 9.4).

Each router elects for itself, from what the Hellos of the others declare. Two things keep the
result still: who declares itself Designated Router stays it, whatever the priority of those that
come later, and the Backup takes over before a new Backup is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Final, NamedTuple

NOBODY: Final = IPv4Address(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A router on the network; `dr` and `bdr` are what it says they are, in its Hellos."""

    address: IPv4Address
    router_id: IPv4Address
    priority: int
    dr: IPv4Address = NOBODY
    bdr: IPv4Address = NOBODY

    @property
    def declares_dr(self) -> bool:
        return self.dr == self.address

    @property
    def declares_bdr(self) -> bool:
        return self.bdr == self.address


class Elected(NamedTuple):
    """Addresses of the Designated Router and its Backup; NOBODY where there is none."""

    dr: IPv4Address = NOBODY
    bdr: IPv4Address = NOBODY


NOBODY_ELECTED: Final = Elected()


def elect(me: Candidate, bidirectional: Iterable[Candidate]) -> Elected:
    """What router X, `me`, elects; its own `dr` and `bdr` are the outcome of the last election."""
    others = [candidate for candidate in bidirectional if candidate.priority > 0]
    first = _once(me, others)
    if _role(me.address, first) == _role(me.address, Elected(me.dr, me.bdr)):
        return first
    return _once(replace(me, dr=first.dr, bdr=first.bdr), others)  # step 4


def _once(me: Candidate, others: Sequence[Candidate]) -> Elected:
    """Steps 2 and 3."""
    candidates = [me, *others] if me.priority > 0 else others
    backup = _backup(candidates)
    declared = _best(candidates, lambda candidate: candidate.declares_dr)
    return Elected(declared or backup, backup)


def _backup(candidates: Sequence[Candidate]) -> IPv4Address:
    """Step 2: who declares itself Backup, else anybody who is not the Designated Router."""
    eligible = [candidate for candidate in candidates if not candidate.declares_dr]
    declared = _best(eligible, lambda candidate: candidate.declares_bdr)
    return declared or _best(eligible, lambda candidate: True) or NOBODY


def _best(
    candidates: Iterable[Candidate], counts: Callable[[Candidate], bool]
) -> IPv4Address | None:
    """The highest priority wins, then the highest router id."""
    best = max(filter(counts, candidates), key=lambda c: (c.priority, c.router_id), default=None)
    return best.address if best else None


def _role(address: IPv4Address, elected: Elected) -> tuple[bool, bool]:
    return (elected.dr == address, elected.bdr == address)
