"""Packets a second: streams in GRE to one, four and sixteen replicas, and MPLS label swapping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from bench.figure import Figure
from bench.softswitch.links import Links, Rate
from bench.softswitch.states import labelled_frame, replicating, stream_frame, swapping
from bench.softswitch.targets import Switch, bmv2, has_bmv2, softswitch
from controlplane.fib.model import Fib

ROUNDS: Final = 5
OF_THE_BARE_LOOP, TIMES_BMV2 = 0.7, 5.0

Start = Callable[[Path], AbstractContextManager[Switch]]


class Load(NamedTuple):
    """A state, the frame that it forwards, and to how many ports."""

    name: str
    fib: Fib
    frame: bytes
    copies: int


def loads() -> list[Load]:
    streams = [
        Load(f"GRE to {copies} replicas", replicating(copies), stream_frame(), copies)
        for copies in (1, 4, 16)
    ]
    return [*streams, Load("MPLS swap", swapping(), labelled_frame(), 1)]


def forwarding_figures(links: Links) -> Iterator[Figure]:
    for load in loads():
        yield from _figures(links, load)


def _figures(links: Links, load: Load) -> Iterator[Figure]:
    rounds = [_round(links, load) for _ in range(ROUNDS)]
    ours = median(rates["ours"].a_second for rates in rounds)
    yield Figure(f"{load.name}: copies out", ours / 1e6, "M/s")
    bare = median(rates["ours"].a_second / rates["bare"].a_second for rates in rounds)
    yield Figure("  of the bare loop", bare, "x", at_least=OF_THE_BARE_LOOP)
    by_cpu = median(r["ours"].a_cpu_second / r["bare"].a_cpu_second for r in rounds)
    yield Figure("  of the bare loop, a CPU second", by_cpu, "x")
    if has_bmv2():
        theirs = median(rates["ours"].a_second / rates["BMv2"].a_second for rates in rounds)
        yield Figure("  of BMv2", theirs, "x", at_least=TIMES_BMV2)


def _round(links: Links, load: Load) -> dict[str, Rate]:
    rates = {"ours": _measure(links, load, softswitch)}
    with links.copying(load.copies) as pid:
        rates["bare"] = links.measure(load.frame, pid)
    if has_bmv2():
        rates["BMv2"] = _measure(links, load, bmv2)
    return rates


def _measure(links: Links, load: Load, start: Start) -> Rate:
    with start(links.folder) as switch:
        switch.controller.program(load.fib)
        return links.measure(load.frame, switch.pid)
