"""The worlds that a lab can be played in, by the name of the target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from controlplane.lab.errors import LabError
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.world import World

if TYPE_CHECKING:
    from controlplane.lab.live_world import LiveWorld

SIMULATOR: Final = "sim"
LIVE_TARGETS: Final = ("softswitch", "bmv2")
TARGETS: Final = (*LIVE_TARGETS, SIMULATOR)


def make_world(plan: NetworkPlan, target: str, pcap: Path | None) -> World:
    """A world for the network, not started; LabError when this machine cannot have it.

    Each is imported when it is asked for: the simulator must run where Mininet does not.
    """
    if target != SIMULATOR:
        return make_live_world(plan, target, pcap)
    from controlplane.lab.sim_world import SimWorld

    return SimWorld(plan, pcap=pcap)


def make_live_world(plan: NetworkPlan, target: str, pcap: Path | None) -> LiveWorld:
    """A world of live switches; LabError when the machine grants no namespaces."""
    from controlplane.lab.live_world import LiveWorld, missing_rights

    if (reason := missing_rights()) is not None:
        raise LabError(f"{reason}; `--target {SIMULATOR}` needs no rights")
    return LiveWorld(plan, target=target, pcap=pcap)
