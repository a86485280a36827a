"""What a switch process takes with 100,000 (S,G) entries over 1,000 sets of copies."""

from __future__ import annotations

from collections.abc import Iterator

from bench.figure import Figure
from bench.softswitch.links import Links
from bench.softswitch.processes import resident_megabytes
from bench.softswitch.states import trees
from bench.softswitch.targets import mvpn, softswitch, with_room

_TREES, _GROUPS, _MEGABYTES = 100_000, 1_000, 150.0


def memory_figures(links: Links) -> Iterator[Figure]:
    with softswitch(links.folder, with_room(mvpn(), _TREES)) as switch:
        switch.controller.program(trees(_TREES, _GROUPS))
        resident = resident_megabytes(switch.pid)
    what = f"memory with {_TREES:,} (S,G) entries, {_GROUPS:,} groups"
    yield Figure(what, resident, "MB", at_most=_MEGABYTES)
