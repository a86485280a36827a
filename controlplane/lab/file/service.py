"""What the provider of a lab file sells: its own settings, and the VPNs."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from controlplane.lab.file.core import Bfd, Ldp, Ospf, SwitchedLdp
from controlplane.lab.file.timers import Timers
from controlplane.lab.file.values import Group, Model, Prefix, Rd, Targets
from controlplane.net.vpn import RouteTarget


class Provider(Model):
    """The pools that loopbacks and core links are numbered from, and what runs in the core."""

    loopbacks: Prefix = IPv4Network("10.255.0.0/16")
    links: Prefix = IPv4Network("10.254.0.0/16")
    timers: Timers = Timers()
    ospf: Ospf = Ospf()
    ldp: SwitchedLdp = Ldp()
    bfd: Bfd | None = None
    ttl: Literal["uniform", "pipe"] = "uniform"
    """RFC 3443: whether labels take the IPv4 TTL along, or the core counts as one hop."""


def _by_pe(value: object) -> object:
    """One group for all PEs is kept under the key of no PE."""
    return {"": value} if isinstance(value, str) else value


def _profile(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Vpn(Model):
    """A VPN of RFC 4364, and its multicast when it has a `profile`.

    Without route targets of its own it imports and exports the one that reads like its RD.
    """

    rd: Rd
    import_: Annotated[Targets | None, Field(alias="import")] = None
    export: Targets | None = None
    profile: Annotated[
        str | None, BeforeValidator(_profile, json_schema_input_type=int | str | None)
    ] = None
    default_mdt: Annotated[
        dict[str, Group], BeforeValidator(_by_pe, json_schema_input_type=Group | dict[str, Group])
    ] = Field(default_factory=dict)
    timers: Timers = Timers()

    @property
    def import_targets(self) -> frozenset[RouteTarget]:
        return self._targets(self.import_)

    @property
    def export_targets(self) -> frozenset[RouteTarget]:
        return self._targets(self.export)

    def _targets(self, given: list[RouteTarget] | None) -> frozenset[RouteTarget]:
        return frozenset(given if given is not None else [RouteTarget.parse(str(self.rd))])

    def default_group(self, pe: str) -> IPv4Address | None:
        """The default MDT group that this PE sends to."""
        return self.default_mdt.get(pe) or self.default_mdt.get("")
