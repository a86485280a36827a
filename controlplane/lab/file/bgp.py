"""BGP in a lab file: of the provider's core, and of links with customers.

What both ends of a session must agree on stands at the link (`LinkBgp`); what one of them does by
itself stands at its end (`EndBgp`). Timers stand where those of other protocols do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from controlplane.lab.file.core import Bfd
from controlplane.lab.file.timers import Bgp
from controlplane.lab.file.values import (
    Model,
    NamesOrNone,
    Prefixes,
    Rt,
    Seconds,
    Targets,
    TcpKey,
    listed,
)
from controlplane.protocols.bgp.events import Policy, Rule
from controlplane.wire.bgp.communities import LargeCommunity, WellKnown

T = TypeVar("T")

_HALF: Final = 1 << 16
_WHOLE: Final = 1 << 32

Asn: TypeAlias = Annotated[int, Field(ge=1, lt=_WHOLE - 1)]
"""RFC 6793 2, without the reserved ones at the ends (RFC 7607, RFC 7300)."""

Unsigned: TypeAlias = Annotated[int, Field(ge=0, lt=_WHOLE)]
RestartTime: TypeAlias = Annotated[int, Field(ge=0, le=4095)]
"""Twelve bits of seconds (RFC 4724 3)."""


def _community(text: str) -> int:
    name = text.upper().replace("-", "_")
    if name in WellKnown.__members__:
        return WellKnown[name]
    high, low = (int(part) for part in text.split(":"))
    if not (0 <= high < _HALF and 0 <= low < _HALF):
        raise ValueError
    return high << 16 | low


def _large(text: str) -> LargeCommunity:
    administrator, first, second = (int(part) for part in text.split(":"))
    if not all(0 <= part < _WHOLE for part in (administrator, first, second)):
        raise ValueError
    return LargeCommunity(administrator, first, second)


def _text(kind: str, parse: Callable[[str], T]) -> BeforeValidator:
    def validate(value: object) -> T:
        try:
            return parse(str(value))
        except ValueError:
            raise ValueError(f"{value} is not {kind}") from None

    return BeforeValidator(validate)


Community: TypeAlias = Annotated[
    int,
    _text("a community (65000:100, no-export)", _community),
    WithJsonSchema({"type": "string", "examples": ["65000:100", "no-export"]}),
]
Large: TypeAlias = Annotated[
    LargeCommunity,
    _text("a large community (65000:1:2)", _large),
    WithJsonSchema({"type": "string", "examples": ["65000:1:2"]}),
]
Communities: TypeAlias = Annotated[
    list[Community],
    BeforeValidator(listed, json_schema_input_type=Community | list[Community]),
]
LargeCommunities: TypeAlias = Annotated[
    list[Large], BeforeValidator(listed, json_schema_input_type=Large | list[Large])
]


class PolicyRule(Model):
    """Routes that match all of what is given are taken, or denied; what is set is set then."""

    deny: bool = False
    prefixes: Prefixes = Field(default_factory=list)
    up_to: Annotated[int, Field(ge=0, le=32)] | None = None
    targets: Targets = Field(default_factory=list)
    communities: Communities = Field(default_factory=list)
    large_communities: LargeCommunities = Field(default_factory=list)
    set_local_pref: Unsigned | None = None
    set_med: Unsigned | None = None
    add_communities: Communities = Field(default_factory=list)
    add_large_communities: LargeCommunities = Field(default_factory=list)
    prepend: Annotated[int, Field(ge=0, le=20)] = 0

    def rule(self) -> Rule:
        return Rule(
            accept=not self.deny,
            prefixes=frozenset(self.prefixes),
            up_to=self.up_to,
            targets=frozenset(self.targets),
            communities=frozenset(self.communities),
            large_communities=frozenset(self.large_communities),
            set_local_pref=self.set_local_pref,
            set_med=self.set_med,
            add_communities=frozenset(self.add_communities),
            add_large_communities=frozenset(self.add_large_communities),
            prepend=self.prepend,
        )


class PolicySpec(Model):
    """The first rule that matches decides."""

    rules: list[PolicyRule] = Field(default_factory=list)
    otherwise: Literal["accept", "deny"] = "accept"

    def policy(self, name: str) -> Policy:
        return Policy(
            name=name,
            rules=tuple(one.rule() for one in self.rules),
            otherwise=self.otherwise == "accept",
        )


class EndBgp(Bgp):
    """What one end does with its sessions on a link, beside their timers.

    `local_pref` and `med` are short for policies with that one rule.
    """

    as_override: bool = False
    allow_as_in: Annotated[int, Field(ge=0, le=10)] = 0
    soo: Rt | None = None
    local_pref: Unsigned | None = None
    med: Unsigned | None = None
    maximum_prefixes: Annotated[int, Field(ge=1)] | None = None
    import_: Annotated[str | None, Field(alias="import")] = None
    export: str | None = None


class LinkBgp(Model):
    """What the sessions on a link have at both ends."""

    key: TcpKey | None = None
    gtsm: bool = False
    bfd: Bfd | None = None
    restart_time: RestartTime = 0


class ProviderBgp(Model):
    """BGP among PEs: a full mesh of sessions, or one from each to each reflector (RFC 4456)."""

    reflectors: NamesOrNone = Field(default_factory=list)
    route_target_constraint: bool = False
    restart_time: RestartTime = 0
    next_hop_delay: Seconds | None = None
    key: TcpKey | None = None
