"""Faults of live links: which switches make them, and in which direction of which port.

    switch --- switch    each makes what leaves it
    switch --- host      the switch makes both directions (FRR's routers count as hosts here)
    LAN                  each switch makes what leaves it; what hosts send has faults where there is
                         one switch alone, as it comes in there, and else none

The kernel needs to know nothing of it. BMv2 makes no faults.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from controlplane.lab.errors import LabError
from controlplane.lab.plan import LinkPlan, NetworkPlan
from controlplane.p4rt.fault_rpc import FaultReport, ask_faults
from controlplane.p4rt.faults import Direction, FaultError, Faults, fault_words

_OPTIONS: Final = {Direction.EGRESS: "--fault", Direction.INGRESS: "--ingress-fault"}


@dataclass(frozen=True, slots=True)
class Place:
    """One direction of a switch's port."""

    router: str
    port: int
    direction: Direction

    def row(self, report: FaultReport) -> dict[str, Any]:
        """What `mvpn lab fault` shows."""
        return {**asdict(self), "direction": self.direction.name.lower(), **asdict(report)}


class LiveFaults:
    """The faults that links have now; a switch that starts is given its own."""

    def __init__(self, plan: NetworkPlan) -> None:
        self._plan = plan
        self._places = {link.name: list(_places(link, plan.frr)) for link in plan.links}
        self._now = {link.name: link.faults for link in plan.links}

    def require_places(self) -> None:
        """LabError where no switch can make the faults of the lab file."""
        for link in self._plan.links:
            if link.faulty:
                self._require(link.name)

    def options(self, router: str) -> list[str]:
        """Of a switch's command."""
        return [
            word
            for link, places in self._places.items()
            for place in places
            if place.router == router and (faults := self._now[link]) is not None
            for word in (_OPTIONS[place.direction], f"{place.port}:{self._words(place, faults)}")
        ]

    def set(self, link: str, faults: Faults | None) -> list[tuple[Place, str]]:
        """Note the faults of a link; the words to tell at each of its places."""
        self._now[link] = faults
        return [(place, self._words(place, faults)) for place in self._require(link)]

    def places(self, link: str) -> list[Place]:
        """Where a link's faults are made; LabError when nowhere."""
        return self._require(link)

    def _require(self, link: str) -> list[Place]:
        if not self._places[link]:
            raise LabError(f"{link} has no switch at its ends that could make faults")
        return self._places[link]

    def _words(self, place: Place, faults: Faults | None) -> str:
        """With a seed for each place, so that its chance is its own."""
        if faults is None:
            return fault_words(None)
        name = f"{place.router} {place.port} {place.direction.name} {faults.seed}"
        seed = random.Random(self._plan.seed_of(name)).getrandbits(64)
        return fault_words(replace(faults, seed=seed))


def tell_switch(address: str, place: Place, words: str) -> None:
    """Have a running switch make these faults from now on."""
    _ask(address, place, {place.direction.name.lower(): words})


def read_switch(address: str, place: Place) -> FaultReport:
    """What a running switch makes of a link now, and what it has done so far."""
    return _ask(address, place, {})[place.direction.name.lower()]


def _ask(address: str, place: Place, wanted: dict[str, str]) -> dict[str, FaultReport]:
    try:
        return ask_faults(address, place.port, wanted)
    except FaultError as error:
        raise LabError(f"{place.router}: {error}") from None


def _places(link: LinkPlan, frr: Collection[str]) -> Iterator[Place]:
    ours = [(end.node, end.port) for end in link.ends if end.port is not None]
    switches = [(node, port) for node, port in ours if node not in frr]
    for node, port in switches:
        yield Place(node, port, Direction.EGRESS)
        if len(switches) == 1:
            yield Place(node, port, Direction.INGRESS)
