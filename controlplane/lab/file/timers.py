"""Settings of PIM, IGMP, OSPF and BGP on interfaces in a lab file.

The same keys stand in four places, each more specific than the one before: the lab's `timers`, the
`timers` of the provider or of a VPN, and `pim`, `igmp`, `ospf` and `bgp` of one end of a link. What
is given nowhere is what the RFC says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from controlplane.lab.file.values import Interval, Model, OspfKey, Seconds
from controlplane.protocols.bgp.events import PeerTimers
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.ospf.events import Md5Key, OspfSettings
from controlplane.protocols.pim.events import PimSettings

_NO_SETTINGS: Final = {"enabled", "bsr_border"}
"""Of `InterfacePim`: said otherwise to the router."""


class Pim(Model):
    """PIM's timers (RFC 7761 4.11) in seconds, and the DR priority (4.3.2)."""

    hello_period: Interval | None = None
    triggered_hello_delay: Seconds | None = None
    dr_priority: Annotated[int, Field(ge=0, lt=1 << 32)] | None = None
    # RFC 7761 4.9.2: both travel in Hellos as milliseconds, in 15 and 16 bits.
    propagation_delay: Annotated[float, Field(ge=0, le=32.767)] | None = None
    override_interval: Annotated[float, Field(ge=0, le=65.535)] | None = None
    join_prune_period: Interval | None = None

    def over(self, base: PimSettings) -> PimSettings:
        """The base with what is given here in its place."""
        return replace(base, **self.model_dump(exclude_none=True, exclude=_NO_SETTINGS))


class Igmp(Model):
    """The router side of IGMP (RFC 3376 8), in seconds."""

    version: Literal[2, 3] | None = None
    robustness: Annotated[int, Field(ge=1, le=7)] | None = None
    query_interval: Interval | None = None
    query_response_interval: Interval | None = None
    last_member_query_interval: Annotated[float, Field(ge=0.1, le=3174.4)] | None = None

    def over(self, base: IgmpSettings) -> IgmpSettings:
        """The base with what is given here in its place."""
        return replace(base, **self.model_dump(exclude_none=True, exclude={"enabled"}))


class Ospf(Model):
    """OSPF on an interface (RFC 2328 C.3), in seconds; `key` is a password for MD5 (D.3)."""

    hello_interval: Annotated[int, Field(ge=1, le=65_535)] | None = None
    dead_interval: Annotated[int, Field(ge=1, le=65_535)] | None = None
    retransmit_interval: Interval | None = None
    transmit_delay: Annotated[int, Field(ge=1, le=3_600)] | None = None
    priority: Annotated[int, Field(ge=0, le=255)] | None = None
    key: OspfKey | None = None

    def over(self, base: OspfSettings) -> OspfSettings:
        """The base with what is given here in its place."""
        given = self.model_dump(exclude_none=True, exclude={"enabled", "key"})
        keys = (Md5Key(id=1, key=self.key.encode()),) if self.key else base.md5_keys
        return replace(base, md5_keys=keys, **given)


_KEEPALIVES_IN_HOLD: Final = 3


class Bgp(Model):
    """A BGP session's timers (RFC 4271 10) in seconds; `keepalive` follows `hold` by itself."""

    hold: Annotated[int, Field(ge=0, le=65_535)] | None = None
    keepalive: Interval | None = None
    connect_retry: Interval | None = None
    min_advertisement: Seconds | None = None

    @model_validator(mode="after")
    def _hold_time(self) -> Self:
        if self.hold in (1, 2):
            raise ValueError(f"`hold` is 0 or at least 3 (RFC 4271 4.2), not {self.hold}")
        return self

    @staticmethod
    def timer_keys() -> tuple[str, ...]:
        """The keys of timers, which others may stand beside."""
        return tuple(Bgp.model_fields)

    def timers_over(self, base: PeerTimers) -> PeerTimers:
        """The base with what is given here in its place."""
        given = {
            key: value for key in Bgp.timer_keys() if (value := getattr(self, key)) is not None
        }
        if self.hold and self.keepalive is None:
            given["keepalive"] = self.hold / _KEEPALIVES_IN_HOLD
        return replace(base, **given)


class InterfacePim(Pim):
    """PIM on one interface: `true`, `false`, or settings (and then it is on).

    No Bootstrap message passes a border (RFC 5059 6.3).
    """

    enabled: bool = True
    bsr_border: bool = False


class InterfaceIgmp(Igmp):
    """IGMP on one interface: `true`, `false`, or settings (and then it is on)."""

    enabled: bool = True


class InterfaceOspf(Ospf):
    """OSPF on one interface: `true`, `false`, or settings (and then it is on).

    A passive interface is told to the others, and nobody is spoken to on it.
    """

    enabled: bool = True
    passive: bool | None = None


def _switched(value: object) -> object:
    return {"enabled": value} if isinstance(value, bool) else value


SwitchedPim: TypeAlias = Annotated[
    InterfacePim, BeforeValidator(_switched, json_schema_input_type=bool | InterfacePim)
]
SwitchedIgmp: TypeAlias = Annotated[
    InterfaceIgmp, BeforeValidator(_switched, json_schema_input_type=bool | InterfaceIgmp)
]
SwitchedOspf: TypeAlias = Annotated[
    InterfaceOspf, BeforeValidator(_switched, json_schema_input_type=bool | InterfaceOspf)
]


class Timers(Model):
    """Settings for every interface that the place of this mapping covers."""

    pim: Pim = Pim()
    igmp: Igmp = Igmp()
    ospf: Ospf = Ospf()
    bgp: Bgp = Bgp()
