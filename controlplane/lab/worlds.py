"""The worlds that a lab can be played in, by the name of the target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from controlplane.lab.errors import LabError
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.world import World
from controlplane.p4rt.memory import NoTarget
from controlplane.router.lives import OpenRecording

if TYPE_CHECKING:
    from controlplane.lab.live_world import LiveWorld

SIMULATOR: Final = "sim"
LIVE_TARGETS: Final = ("softswitch", "bmv2")
TARGETS: Final = (*LIVE_TARGETS, SIMULATOR)


def make_world(
    plan: NetworkPlan, target: str, pcap: Path | None, record: OpenRecording | None
) -> World:
    """A world for the network, not started; LabError when this machine cannot have it.

    Each is imported when it is asked for: the simulator must run where Mininet does not.
    """
    if target != SIMULATOR:
        return make_live_world(plan, target, pcap, record)
    from controlplane.lab.sim_world import SimWorld

    try:
        return SimWorld(plan, pcap=pcap, record=record)
    except NoTarget as error:
        raise LabError(str(error)) from None


def make_live_world(
    plan: NetworkPlan, target: str, pcap: Path | None, record: OpenRecording | None
) -> LiveWorld:
    """A world of live switches; LabError when the machine grants no namespaces."""
    if (reason := why_not_live()) is not None:
        raise LabError(f"{reason}; `mvpn lab check --target {SIMULATOR}` needs no rights")
    from controlplane.lab.live_world import LiveWorld

    return LiveWorld(plan, target=target, pcap=pcap, record=record)


def why_not_live() -> str | None:
    """One line on what keeps this machine from playing live labs; None when it can."""
    from controlplane.lab.live_world import missing_rights

    return missing_rights()
