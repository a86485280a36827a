"""Timelines of the failures that a lab has played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.lab.file.play import LinkCut, LinkDown
from controlplane.lab.load import Lab
from controlplane.lab.timeline.model import Gap, Mark, Phase, Timeline
from controlplane.lab.world import Told, World
from controlplane.p4rt.notices import Programmed
from controlplane.protocols.bfd.notices import SessionDown
from controlplane.protocols.bgp.notices import SessionDown as BgpSessionDown
from controlplane.protocols.ospf.notices import NeighborDown, RoutesCalculated


def timelines(lab: Lab, world: World, happened: Mapping[int, Instant]) -> list[Timeline]:
    """One for each failure of a link; `happened` has when each event of the file took place."""
    told = world.notices()
    return [
        Timeline(
            event=event.words(),
            at=happened[at],
            marks=tuple(_marks(told, happened[at], _next(happened, at))),
            gaps=tuple(_gaps(lab, world, happened[at], _next(happened, at))),
        )
        for at, event in enumerate(lab.file.events)
        if isinstance(event, LinkDown | LinkCut) and at in happened
    ]


def _next(happened: Mapping[int, Instant], at: int) -> Instant:
    """When the next event of another time is."""
    later = (when for when in happened.values() if when > happened[at])
    return min(later, default=float("inf"))


def _marks(told: Sequence[Told], start: Instant, end: Instant) -> Iterator[Mark]:
    for one in told:
        if start <= one.at < end:
            yield from _mark(one.at, one.router, one.notice)


def _mark(at: Instant, router: str, notice: Notice) -> Iterator[Mark]:
    match notice:
        case SessionDown() | NeighborDown() | BgpSessionDown():
            yield Mark(at, router, Phase.DETECTION, notice.words())
        case RoutesCalculated(changed=changed, withdrawn=withdrawn) if changed or withdrawn:
            yield Mark(at - notice.waited, router, Phase.FLOODING, "the database changed")
            yield Mark(at, router, Phase.SPF, notice.words())
        case Programmed():
            yield Mark(at, router, Phase.PROGRAMMING, notice.words())


def _gaps(lab: Lab, world: World, start: Instant, end: Instant) -> Iterator[Gap]:
    """Of the unicast streams that were under way.

    One that does not come back is missed until the last packet that was sent, at least.
    """
    for stream in lab.streams:
        if stream.destination.is_multicast:
            continue
        host = lab.file.streams[stream.name].to
        got = world.received(host, stream.name)
        around = [at for at in got.times if start - 1.0 <= at < end]
        sent = [at for at in world.sent_times(stream.name) if start - 1.0 <= at < end]
        if around and len(sent) > len(around):
            arrivals = [*around, max(around[-1], sent[-1])]
            last, first = max(pairwise(arrivals), key=lambda pair: pair[1] - pair[0])
            yield Gap(stream.name, host, last, first, len(sent) - len(around))
