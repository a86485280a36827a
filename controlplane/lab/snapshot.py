"""The trees of a running lab at one moment, for the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from controlplane.lab.expand.layout import Layout
from controlplane.lab.tables import TableRow
from controlplane.lab.world import World
from controlplane.net.interface import DEFAULT_VRF

Flow: TypeAlias = tuple[str, str, str, str]
"""PE, VRF, source and group."""

_IN_DATA_MDT: Final = ("selective", "holding")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The multicast routes of each router and VRF, and the hosts that are members of anything.

    `data_mdts` has the groups of the flows that PEs send elsewhere than into the default MDT.
    """

    mroutes: Mapping[tuple[str, str], list[TableRow]]
    members: frozenset[str]
    data_mdts: Mapping[Flow, str] = field(default_factory=dict)


def take_snapshot(layout: Layout, world: World, members: frozenset[str]) -> Snapshot:
    """Ask every router."""
    return Snapshot(
        mroutes={
            (router, vrf): world.show(router, "mroute", vrf)
            for router in layout.file.routers
            for vrf in (DEFAULT_VRF, *layout.vrfs(router))
        },
        members=members,
        data_mdts={
            (router, vrf, row["source"], row["group"]): row["mdt_group"]
            for router in layout.file.routers
            for vrf in layout.vrfs(router)
            for row in world.show(router, "mvpn data-mdt", vrf)
            if row["direction"] == "sent" and row["state"] in _IN_DATA_MDT
        },
    )
