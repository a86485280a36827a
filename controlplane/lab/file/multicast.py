"""PIM of a network as a whole: of the provider's own groups, or of a VPN's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from controlplane.lab.file.data_mdt import Rate
from controlplane.lab.file.rendezvous import (
    Accepted,
    AnycastRps,
    Bootstrap,
    BsrCandidates,
    GroupRange,
    RpCandidates,
    Rps,
    anywhere,
)
from controlplane.lab.file.values import Model, Names, one_or_more
from controlplane.protocols.pim.config import SptPolicy


class SptThreshold(Model):
    """In kbit/s, of all packets of a group on its shared tree."""

    threshold: Rate


def _kind_of_spt(value: object) -> str:
    return "<threshold>" if isinstance(value, dict | SptThreshold) else "<word>"


Spt: TypeAlias = Annotated[
    Annotated[Literal["immediate", "never"], Tag("<word>")]
    | Annotated[SptThreshold, Tag("<threshold>")],
    Discriminator(_kind_of_spt),
]


class SsmMapping(Model):
    """The sources, by address or name, that hosts mean which cannot name them (IGMPv2)."""

    groups: GroupRange
    sources: Names


SsmMappings: TypeAlias = Annotated[
    list[SsmMapping],
    BeforeValidator(one_or_more, json_schema_input_type=SsmMapping | list[SsmMapping]),
]


@dataclass(frozen=True, slots=True)
class PossibleRp:
    """A rendezvous point of a range: `who` is a router's name, or an address."""

    who: str
    groups: IPv4Network
    bidirectional: bool


class NetworkPim(Model):
    """What all routers of a network are told alike, beside the settings of interfaces."""

    rp: Rps = Field(default_factory=list)
    anycast_rp: AnycastRps = Field(default_factory=list)
    rp_candidate: RpCandidates = Field(default_factory=list)
    bsr_candidate: BsrCandidates = Field(default_factory=list)
    bootstrap: Bootstrap = Bootstrap()
    spt: Spt = "immediate"
    """When routers with receivers leave the shared tree for a source's own (RFC 7761 4.2.1)."""
    ssm_mapping: SsmMappings = Field(default_factory=list)
    neighbor_filter: Accepted = Field(default_factory=anywhere)
    """Where neighbours are whose Hellos count."""
    accept_register: Accepted = Field(default_factory=anywhere)
    """Sources that RPs take Registers of (RFC 7761 6.1.2)."""
    state_limit: Annotated[int, Field(ge=1)] | None = None
    """How many trees a router keeps at most."""

    @property
    def rps(self) -> Iterator[PossibleRp]:
        """Those that routers are told, then those that may be elected."""
        for rp in self.rp:
            yield PossibleRp(rp.address, rp.groups, rp.bidirectional)
        for one in self.rp_candidate:
            for groups in one.groups:
                yield PossibleRp(one.router, groups, one.bidirectional)

    @property
    def spt_policy(self) -> SptPolicy:
        match self.spt:
            case SptThreshold():
                return SptPolicy.THRESHOLD
            case word:
                return SptPolicy(word)

    @property
    def spt_threshold(self) -> float:
        """It counts with SptPolicy.THRESHOLD."""
        return self.spt.threshold if isinstance(self.spt, SptThreshold) else 0.0
