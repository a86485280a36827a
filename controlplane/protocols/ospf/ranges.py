"""Active area address ranges (RFC 2328 3.5, 11.1): those that hold a network of their area.

A network counts for the narrowest range that holds it. A range is as far away as the farthest of
its networks (RFC 2328 12.4.3), or as it is configured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from controlplane.protocols.ospf.events import AreaId, AreaRange, AreaSettings, PathType
from controlplane.protocols.ospf.path import Path
from controlplane.protocols.ospf.prefix import Prefix, contains, mask_of, number_of


class ActiveRange(NamedTuple):
    area: AreaId
    network: Prefix
    cost: int
    advertise: bool


class Ranges:
    """Configured ranges, the narrowest first."""

    def __init__(self, ranges: Iterable[AreaRange]) -> None:
        by_network = {number_of(configured.prefix): configured for configured in ranges}
        narrowest_first = sorted(by_network, key=mask_of, reverse=True)
        self._ranges = [(network, by_network[network]) for network in narrowest_first]

    def around(self, network: Prefix) -> tuple[Prefix, AreaRange] | None:
        """The narrowest range that holds a network."""
        return next((entry for entry in self._ranges if contains(entry[0], network)), None)


def active_ranges(
    areas: Iterable[AreaSettings], paths: Mapping[Prefix, Path]
) -> dict[Prefix, ActiveRange]:
    """The active ranges of these areas by their networks, given the paths to networks."""
    ranges = {settings.id: Ranges(settings.ranges) for settings in areas if settings.ranges}
    active: dict[Prefix, ActiveRange] = {}
    for network, path in paths.items() if ranges else ():
        if path.path_type is not PathType.INTRA_AREA or path.area not in ranges:
            continue
        if (found := ranges[path.area].around(network)) is not None:
            number, configured = found
            farthest = max(path.cost, active[number].cost if number in active else 0)
            cost = farthest if configured.cost is None else configured.cost
            active[number] = ActiveRange(path.area, number, cost, configured.advertise)
    return active
