"""One seed: random tables and random packets, other tables and more packets, then holes in them.

And what was counted meanwhile is read back from all.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

from controlplane.p4rt.counters import Counters
from tests.p4.differential.packets import Packets, Stimulus
from tests.p4.differential.switches import Outcome, Twins
from tests.p4.differential.tables import changed_fib, random_fib

PACKETS: Final = 80
"""In each of the three states."""
_FORGOTTEN: Final = 0.1


class Difference(AssertionError):
    """The switches do not agree; the message has all that is needed to see it again."""


def play(seed: int, twins: Twins) -> list[tuple[Stimulus, Outcome]]:
    """What the first switch did with each packet; Difference where another did something else."""
    seen: list[tuple[Stimulus, Outcome]] = []
    twins.clear()
    for packets in _states(random.Random(seed), twins):
        for _ in range(PACKETS):
            stimulus = packets.next()
            first, *others = twins.play(stimulus)
            for other in others:
                _require_same(f"seed {seed}, packet {len(seen)}: {stimulus}", first, other)
            seen.append((stimulus, first))
    _require_same_counts(seed, twins.counters())
    return seen


def _states(rng: random.Random, twins: Twins) -> Iterator[Packets]:
    """The packets for each state, when the switches are in it."""
    fib = random_fib(rng)
    twins.program(fib)
    yield Packets(rng, fib)
    fib = changed_fib(rng, fib)
    twins.program(fib)
    yield Packets(rng, fib)
    twins.forget(_FORGOTTEN, rng)
    yield Packets(rng, fib)


def _require_same(what: str, ours: Outcome, theirs: Outcome) -> None:
    if ours != theirs:
        copies = _words(ours.copies, theirs.copies)
        punted = _words(ours.punted, theirs.punted)
        raise Difference(f"{what}\ncopies: {copies}\npunted: {punted}")


def _words(ours: Counter[Any], theirs: Counter[Any]) -> str:
    return f"ours alone {dict(ours - theirs)}, theirs alone {dict(theirs - ours)}"


def _require_same_counts(seed: int, counters: list[Counters]) -> None:
    first, *others = counters
    for other in others:
        for kind in fields(Counters):
            ours, theirs = getattr(first, kind.name), getattr(other, kind.name)
            wrong = {
                key: (ours.get(key), theirs.get(key))
                for key in ours.keys() | theirs.keys()
                if ours.get(key) != theirs.get(key)
            }
            if wrong:
                raise Difference(f"seed {seed}, {kind.name} counts, ours and theirs: {wrong}")
