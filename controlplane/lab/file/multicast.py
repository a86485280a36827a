"""Rendezvous points and shared trees of a lab file: of the provider's own groups, or of a VPN's."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from controlplane.lab.file.values import Model, Prefix
from controlplane.protocols.pim.config import ALL_GROUPS, SptPolicy


def _of_groups(prefix: IPv4Network) -> IPv4Network:
    if not prefix.subnet_of(ALL_GROUPS):
        raise ValueError(f"{prefix} is not a range of multicast groups")
    return prefix


class Rp(Model):
    """A rendezvous point of these groups, told to all routers alike (RFC 7761 4.7).

    `address` may be a router's name: a PE in a VPN has it on its first link there, all others on
    their loopbacks. That of a bidirectional one needs no router (RFC 5015 1.1).
    """

    address: str
    groups: Annotated[Prefix, AfterValidator(_of_groups)] = ALL_GROUPS
    bidirectional: bool = False


def _rps(value: object) -> object:
    """A name or an address alone is an RP of all groups, and one alone needs no list."""
    rps = value if isinstance(value, list) else [value]
    return [{"address": rp} if isinstance(rp, str) else rp for rp in rps]


Rps: TypeAlias = Annotated[
    list[Rp], BeforeValidator(_rps, json_schema_input_type=str | Rp | list[str | Rp])
]


class SharedTrees(Model):
    """What the groups of a network that are not source-specific need."""

    rp: Rps = Field(default_factory=list)
    spt: Literal["immediate", "never"] = "immediate"
    """When routers with receivers leave the shared tree for a source's own (RFC 7761 4.2.1)."""

    @property
    def spt_policy(self) -> SptPolicy:
        return SptPolicy(self.spt)
