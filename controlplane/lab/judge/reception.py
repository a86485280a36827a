"""What a host received of a stream, against what it should have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import pairwise

from controlplane.engine.time import Instant
from controlplane.lab.judge.window import Window
from controlplane.lab.verdict import Seen
from controlplane.lab.world import Received


def judge_received(
    received: Received, sent: Sequence[Instant], window: Window, repeats: int = 0
) -> Seen:
    """Each packet of the window exactly once, but for so many repeats; the first one in time.

    They come in order, where a packet's place is that of its first copy.
    """
    counted, required = window.counted(sent), window.required(sent)
    got = [
        (number, at)
        for number, at in zip(received.numbers, received.times, strict=True)
        if number in counted
    ]
    copies = Counter(number for number, _ in got)  # keeps the order of the first ones
    repeated = [number for number, count in copies.items() if count > 1]
    faults = [
        *_missing(required, copies.keys(), sent),
        *_repeated(repeated, repeats),
        *_disordered([number for number in copies if number in required]),
        *_late([at for _, at in got], window),
    ]
    if not required:
        faults = ["no packet was sent in this time"]
    words = f"{len(copies.keys() & set(required)):,} of {len(required):,}"
    if repeats:
        words += f", {len(repeated):,} more than once"
    first = round(got[0][1] - window.start, 3) if window.due > window.start and got else None
    if first is not None:
        words += f", the first after {first:.3f} s"
    return Seen(not faults, "; ".join([words, *faults]), first)


def _missing(required: range, got: Set[int], sent: Sequence[Instant]) -> Iterator[str]:
    missing = [number for number in required if number not in got]
    if missing:
        first = missing[0]
        yield f"{len(missing):,} missing, the first is {first:,}, sent at {sent[first]:.3f} s"


def _repeated(repeated: Sequence[int], allowed: int) -> Iterator[str]:
    if len(repeated) > allowed:
        yield f"{len(repeated):,} more than once, the first is {repeated[0]:,}"


def _disordered(numbers: Sequence[int]) -> Iterator[str]:
    for earlier, later in pairwise(numbers):
        if later < earlier:
            yield f"out of order: {later:,} after {earlier:,}"
            return


def _late(times: Sequence[Instant], window: Window) -> Iterator[str]:
    if window.due > window.start and times and times[0] > window.due:
        yield f"later than {window.due - window.start:g} s"


def judge_nothing(received: Received, sent: Sequence[Instant], window: Window) -> str | None:
    """Words for the packets that should not be there, None when there is none."""
    forbidden = window.forbidden(sent)
    got = [
        (number, at)
        for number, at in zip(received.numbers, received.times, strict=True)
        if number in forbidden
    ]
    if not got:
        return None
    (first, at), (_, last) = got[0], got[-1]
    return f"{len(got):,} packets, number {first:,} at {at:.3f} s to {last:.3f} s"
