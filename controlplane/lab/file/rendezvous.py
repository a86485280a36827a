"""How routers of a network get to know its rendezvous points (RFC 7761 4.7).

They are told of them, all alike; or routers offer themselves to the Bootstrap Router, which tells
the others (RFC 5059). Several routers may share the address of one (RFC 4610).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Final, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from controlplane.lab.file.values import (
    Interval,
    Ipv4,
    Model,
    Names,
    Prefix,
    Prefixes,
    listed,
    one_or_more,
)
from controlplane.protocols.pim.config import (
    ALL_GROUPS,
    ANYWHERE,
    BootstrapTimes,
    CandidateBsr,
    CandidateRp,
)

_NOBODY: Final = IPv4Address(0)
_RP: Final = CandidateRp(address=_NOBODY)
_BSR: Final = CandidateBsr(address=_NOBODY)
_TIMES: Final = BootstrapTimes()
"""With the defaults of RFC 5059."""

Octet: TypeAlias = Annotated[int, Field(ge=0, le=255)]

AdvertisementPeriod: TypeAlias = Annotated[float, Field(ge=1, le=26_214)]
"""RFC 5059 4.2: two and a half of these are told as whole seconds in 16 bits."""


def _of_groups(prefix: IPv4Network) -> IPv4Network:
    if not prefix.subnet_of(ALL_GROUPS):
        raise ValueError(f"{prefix} is not a range of multicast groups")
    return prefix


GroupRange: TypeAlias = Annotated[Prefix, AfterValidator(_of_groups)]


Accepted: TypeAlias = Annotated[Prefixes, Field(min_length=1)]
"""Where that is which counts."""


def anywhere() -> list[IPv4Network]:
    return list(ANYWHERE)


class Rp(Model):
    """A rendezvous point of these groups, told to all routers alike (RFC 7761 4.7).

    `address` may be a router's name: a PE in a VPN has it on its first link there, all others on
    their loopbacks. That of a bidirectional one needs no router (RFC 5015 1.1). One to `override`
    wins over those that the Bootstrap Router tells.
    """

    address: str
    groups: GroupRange = ALL_GROUPS
    bidirectional: bool = False
    override: bool = False


def _rps(value: object) -> object:
    """A name or an address alone is an RP of all groups, and one alone needs no list."""
    return [{"address": rp} if isinstance(rp, str) else rp for rp in one_or_more(value)]


Rps: TypeAlias = Annotated[
    list[Rp], BeforeValidator(_rps, json_schema_input_type=str | Rp | list[str | Rp])
]


class AnycastRp(Model):
    """An RP address that each of these routers has, on a loopback of its own (RFC 4610)."""

    address: Ipv4
    members: Names


AnycastRps: TypeAlias = Annotated[
    list[AnycastRp],
    BeforeValidator(one_or_more, json_schema_input_type=AnycastRp | list[AnycastRp]),
]


class RpCandidate(Model):
    """A router that offers itself to the Bootstrap Router; the lowest priority wins."""

    router: str
    groups: Annotated[
        list[GroupRange],
        BeforeValidator(listed, json_schema_input_type=GroupRange | list[GroupRange]),
        Field(min_length=1, default_factory=lambda: list(_RP.groups)),
    ]
    bidirectional: bool = False
    priority: Octet = _RP.priority


class BsrCandidate(Model):
    """A router that would be the Bootstrap Router; the highest priority wins.

    It takes offers of routers whose addresses are in `accept_rps` (RFC 5059 3.3).
    """

    router: str
    priority: Octet = _BSR.priority
    hash_mask_length: Annotated[int, Field(ge=0, le=32)] = _BSR.hash_mask_length
    accept_rps: Accepted = Field(default_factory=anywhere)


def _candidates(value: object) -> object:
    """A name alone is a candidate without more words, and one alone needs no list."""
    return [{"router": one} if isinstance(one, str) else one for one in one_or_more(value)]


RpCandidates: TypeAlias = Annotated[
    list[RpCandidate],
    BeforeValidator(
        _candidates, json_schema_input_type=str | RpCandidate | list[str | RpCandidate]
    ),
]
BsrCandidates: TypeAlias = Annotated[
    list[BsrCandidate],
    BeforeValidator(
        _candidates, json_schema_input_type=str | BsrCandidate | list[str | BsrCandidate]
    ),
]


class Bootstrap(Model):
    """The timers of RFC 5059 5, of all routers alike; `timeout` follows `period` by itself.

    With `unicast` a router that has just started may be told of the last message by unicast too.
    """

    period: Interval = _TIMES.period
    timeout: Interval | None = None
    minimum_interval: Interval = _TIMES.minimum_interval
    advertisement_period: AdvertisementPeriod = _TIMES.advertisement_period
    unicast: bool = True

    @model_validator(mode="after")
    def _outlives_the_period(self) -> Self:
        if self.timeout is not None and self.timeout <= self.period:
            raise ValueError("`timeout` is longer than `period`")
        return self

    def times(self) -> BootstrapTimes:
        """As routers are told them. RFC 5059 5: "2 * BS_Period + 10 seconds"."""
        return BootstrapTimes(
            period=self.period,
            timeout=self.timeout or 2 * self.period + 10,
            minimum_interval=self.minimum_interval,
            advertisement_period=self.advertisement_period,
        )
