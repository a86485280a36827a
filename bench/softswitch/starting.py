"""From a program to its first entries, compiled anew and from the cache; and an idle switch."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from typing import Final

from bench.figure import Figure
from bench.softswitch.links import Links
from bench.softswitch.processes import cpu_seconds
from bench.softswitch.states import replicating
from bench.softswitch.targets import softswitch

_COLD, _WARM = 3.0, 0.3
_IDLE: Final = 5.0  # seconds


def starting_figures(links: Links) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as cache:
        cold = _load_seconds(links, cache)
        warm = _load_seconds(links, cache)
    yield Figure("program loaded, compiled anew", cold, "s", at_most=_COLD)
    yield Figure("  from the cache", warm, "s", at_most=_WARM)
    yield Figure("CPU of an idle switch", 100 * _idle_share(links), "%")


def _load_seconds(links: Links, cache: str) -> float:
    """From the pipeline's config to a switch that has its first entries."""
    with softswitch(links.folder, XDG_CACHE_HOME=cache) as switch:
        switch.controller.program(replicating(1))
        return switch.controller.loading


def _idle_share(links: Links) -> float:
    with softswitch(links.folder) as switch:
        switch.controller.program(replicating(1))
        before = cpu_seconds(switch.pid)
        time.sleep(_IDLE)
        return (cpu_seconds(switch.pid) - before) / _IDLE
