"""The trees of a running lab at one moment, for the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controlplane.lab.expand.layout import Layout
from controlplane.lab.tables import TableRow
from controlplane.lab.world import World
from controlplane.net.interface import DEFAULT_VRF


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The multicast routes of each router and VRF, and the hosts that are members of anything."""

    mroutes: Mapping[tuple[str, str], list[TableRow]]
    members: frozenset[str]


def take_snapshot(layout: Layout, world: World, members: frozenset[str]) -> Snapshot:
    """Ask every router."""
    return Snapshot(
        mroutes={
            (router, vrf): world.show(router, "mroute", vrf)
            for router in layout.file.routers
            for vrf in (DEFAULT_VRF, *layout.vrfs(router))
        },
        members=members,
    )
