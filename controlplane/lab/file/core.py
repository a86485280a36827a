"""What routers of the provider's core run among themselves: OSPF, LDP, BFD, and MPLS's TTL.

Settings that belong to interfaces stand in `timers` too and at the ends of links, like those of PIM
and IGMP; what is here belongs to a router as a whole, and holds for all of the core.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from controlplane.lab.file.values import AreaName, Interval, Model, Names, Prefix, Seconds, TcpKey
from controlplane.protocols.bfd.events import BfdSettings
from controlplane.protocols.ldp.events import Control, EgressLabel, LdpConfig
from controlplane.protocols.ospf.events import (
    AreaId,
    AreaKind,
    AreaRange,
    AreaSettings,
    OspfConfig,
)

Metric: TypeAlias = Annotated[int, Field(ge=0, le=0xFFFFFE)]


class Range(Model):
    """Networks of an area that ABRs tell others as one (RFC 2328 C.2)."""

    prefix: Prefix
    advertise: bool = True
    cost: Metric | None = None

    def settings(self) -> AreaRange:
        return AreaRange(prefix=self.prefix, advertise=self.advertise, cost=self.cost)


class Area(Model):
    """An area that is not an ordinary one, or that has ranges."""

    kind: Literal["normal", "stub", "nssa"] = "normal"
    summaries: bool = True
    """Without them an ABR tells the area a default route and nothing else of the others."""
    default_cost: Metric = 1
    ranges: list[Range] = Field(default_factory=list)

    def settings(self, area: AreaId) -> AreaSettings:
        return AreaSettings(
            id=area,
            kind=AreaKind(self.kind),
            summaries=self.summaries,
            default_cost=self.default_cost,
            ranges=tuple(one.settings() for one in self.ranges),
        )


class Spf(Model):
    """How long a calculation waits for more changes, in seconds; it doubles while they come."""

    initial: Seconds | None = None
    hold: Seconds | None = None
    maximum: Interval | None = None


class Ospf(Model):
    """OSPF of the core (RFC 2328): areas by their number, and how fast it reacts, in seconds."""

    areas: dict[AreaName, Area] = Field(default_factory=dict)
    spf: Spf = Spf()
    min_ls_interval: Seconds | None = None
    min_ls_arrival: Seconds | None = None
    traffic_engineering: bool = False
    """Whether routers tell of their core links what tunnels are placed by (RFC 3630)."""

    def over(self, base: OspfConfig) -> OspfConfig:
        """The base with what is given here in its place; not what areas and links have."""
        links = {"areas", "spf", "traffic_engineering"}
        given = self.model_dump(exclude_none=True, exclude=links)
        spf = replace(base.spf, **self.spf.model_dump(exclude_none=True))
        return replace(base, spf=spf, **given)

    def area(self, area: AreaId) -> AreaSettings:
        return self.areas.get(area, Area()).settings(area)


_OTHERWISE_GIVEN: Final = {"enabled", "sync", "control", "egress_label", "key", "targeted"}
"""Settings of LDP that are no fields of an LdpConfig with the same values."""


class Ldp(Model):
    """LDP of the core (RFC 5036): `true`, `false`, or settings (and then it is on); in seconds.

    `key` signs the sessions of all core routers with each other (RFC 2385). `targeted` has routers
    meet that share no link; either of two may name the other.

    With `sync` OSPF avoids a link on which labels are not there yet (RFC 5443), and so does the
    session that is to bring them: RFC 6720 1.2 has `gtsm`, which lets no router stand between
    the peers, rule it out.
    """

    enabled: bool = True
    sync: bool = True
    gtsm: bool = False
    hello_interval: Interval | None = None
    hello_hold: Interval | None = None
    targeted_hello_interval: Interval | None = None
    targeted_hello_hold: Interval | None = None
    keepalive_hold: Interval | None = None
    control: Literal["independent", "ordered"] | None = None
    egress_label: Literal["implicit-null", "explicit-null"] | None = None
    host_routes_only: bool | None = None
    reconnect_time: Seconds | None = None
    recovery_time: Seconds | None = None
    end_of_lib_time: Seconds | None = None
    key: TcpKey | None = None
    targeted: dict[str, Names] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sync_or_gtsm(self) -> Self:
        if self.sync and self.gtsm:
            raise ValueError("`gtsm` needs `sync: false` (RFC 6720 1.2)")
        return self

    def over(self, base: LdpConfig) -> LdpConfig:
        """The base with what is given here in its place."""
        given = self.model_dump(exclude_none=True, exclude=_OTHERWISE_GIVEN)
        control = Control(self.control) if self.control else base.control
        egress = EgressLabel(self.egress_label) if self.egress_label else base.egress_label
        return replace(base, control=control, egress_label=egress, **given)

    def peers_of(self, router: str) -> tuple[str, ...]:
        """The routers that a router meets wherever they are, by name."""
        pairs = {(one, other) for one, others in self.targeted.items() for other in others}
        both = pairs | {(other, one) for one, other in pairs}
        return tuple(sorted(other for one, other in both if one == router))


def _switched(value: object) -> object:
    return {"enabled": value} if isinstance(value, bool) else value


SwitchedLdp: TypeAlias = Annotated[
    Ldp, BeforeValidator(_switched, json_schema_input_type=bool | Ldp)
]


class Bfd(Model):
    """BFD for the neighbours of OSPF, LDP and PIM in the core (RFC 5880), in seconds."""

    interval: Annotated[float, Field(ge=0.01, le=60)]
    multiplier: Annotated[int, Field(ge=1, le=255)] = 3

    def settings(self) -> BfdSettings:
        return BfdSettings(
            desired_min_tx=self.interval,
            required_min_rx=self.interval,
            detect_mult=self.multiplier,
        )
