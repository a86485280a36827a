"""Table writes through P4Runtime, against BMv2 in the same run, with traffic and without."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import Final, NamedTuple

from finsy.proto import p4r

from bench.figure import Figure
from bench.softswitch.forwarding import ROUNDS, Start
from bench.softswitch.links import SETTLE, Links, received_frames
from bench.softswitch.states import AWAY, replicating, routing, stream_frame
from bench.softswitch.targets import bmv2, has_bmv2, requests, softswitch
from controlplane.fib.model import Forward

_ENTRIES: Final = {1_000: 50_000, 100: 20_000, 1: 2_000}
"""Entries that are written, by the size of a batch."""


def write_figures(links: Links) -> Iterator[Figure]:
    for size, entries in _ENTRIES.items():
        batches = requests(routing(entries, Forward(AWAY)), size)
        yield from _figures(links, size, batches)
    yield from _with_traffic(links)


def _figures(links: Links, size: int, batches: list[p4r.WriteRequest]) -> Iterator[Figure]:
    targets: list[Start] = [softswitch, bmv2] if has_bmv2() else [softswitch]
    rounds = [[_rate(links, batches, start) for start in targets] for _ in range(ROUNDS)]
    yield Figure(f"writes in batches of {size:,}", median(ours for ours, *_ in rounds) / 1e3, "k/s")
    if has_bmv2():
        yield Figure("  of BMv2", median(ours / theirs for ours, theirs in rounds), "x", at_least=1)


def _rate(links: Links, batches: list[p4r.WriteRequest], start: Start) -> float:
    with start(links.folder) as switch:
        started = time.perf_counter()
        for batch in batches:
            switch.controller.write(batch)
        took = time.perf_counter() - started
    return sum(len(batch.updates) for batch in batches) / took


class Busy(NamedTuple):
    """Of a switch whose link in is full: writes a second, and the copies it makes meanwhile, as
    a share of those that it makes without writes."""

    writes: float
    copies: float


def _with_traffic(links: Links) -> Iterator[Figure]:
    targets: list[Start] = [softswitch, bmv2] if has_bmv2() else [softswitch]
    batches = requests(routing(_ENTRIES[1_000], Forward(AWAY)), 1_000)[1:]  # but for the interface
    rounds = [[_busy(links, batches, start) for start in targets] for _ in range(ROUNDS)]
    ours = median(busy.writes for busy, *_ in rounds)
    yield Figure("  in batches of 1,000 with the link in full", ours / 1e3, "k/s")
    if has_bmv2():
        ratio = median(ours.writes / theirs.writes for ours, theirs in rounds)
        yield Figure("  of BMv2, its link full as well", ratio, "x", at_least=1)
    share = median(busy.copies for busy, *_ in rounds)
    yield Figure("  copies meanwhile, of those without writes", share, "x")


def _busy(links: Links, batches: list[p4r.WriteRequest], start: Start) -> Busy:
    with start(links.folder) as switch:
        switch.controller.program(replicating(4))
        quiet = links.measure(stream_frame(), switch.pid).a_second
        with links.sending(stream_frame()):
            time.sleep(SETTLE)
            frames, started = received_frames(), time.perf_counter()
            for batch in batches:
                switch.controller.write(batch)
            took, frames = time.perf_counter() - started, received_frames() - frames
    return Busy(sum(len(batch.updates) for batch in batches) / took, frames / took / quiet)
