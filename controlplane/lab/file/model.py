"""The lab file as a whole."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from controlplane.lab.file.bgp import PolicySpec
from controlplane.lab.file.expect import (
    BgpSessions,
    Expectation,
    LdpSessions,
    OspfNeighbors,
    PimNeighbors,
    Routes,
    StartCondition,
)
from controlplane.lab.file.network import HostEntry, Link, Router
from controlplane.lab.file.play import Event, StreamSpec
from controlplane.lab.file.service import Provider, Vpn
from controlplane.lab.file.timers import Timers
from controlplane.lab.file.values import Interval, LinkName, Model, Name


def _everything() -> list[StartCondition]:
    return [
        PimNeighbors.model_validate({"pim_neighbors": "all"}),
        OspfNeighbors.model_validate({"ospf_neighbors": "all"}),
        LdpSessions.model_validate({"ldp_sessions": "all"}),
        BgpSessions.model_validate({"bgp_sessions": "all"}),
        Routes.model_validate({"routes": "all"}),
    ]


class LabFile(Model):
    """A network, what happens in it, and what must come true."""

    name: LinkName | None = None
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=1 << 64)] = 1
    startup: Interval = 120.0
    timers: Timers = Timers()
    provider: Provider = Provider()
    routers: dict[Name, Router]
    hosts: dict[Name, HostEntry] = Field(default_factory=dict)
    links: list[Link] = Field(default_factory=list)
    vpns: dict[Name, Vpn] = Field(default_factory=dict)
    policies: dict[Name, PolicySpec] = Field(default_factory=dict)
    streams: dict[Name, StreamSpec] = Field(default_factory=dict)
    events: list[Event] = Field(default_factory=list)
    start: list[StartCondition] = Field(default_factory=_everything)
    expect: list[Expectation] = Field(default_factory=list)

    def time_of(self, moment: str | float | None) -> float | None:
        """When a moment is; None for none, and for an event that does not exist."""
        if not isinstance(moment, str):
            return moment
        return next((event.at for event in self.events if event.name == moment), None)
