"""What the provider of a lab file sells: its own settings, and the VPNs."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from controlplane.lab.file.bgp import Asn, ProviderBgp
from controlplane.lab.file.core import Bfd, Ldp, Ospf, SwitchedLdp
from controlplane.lab.file.data_mdt import DataMdt
from controlplane.lab.file.multicast import NetworkPim
from controlplane.lab.file.timers import Timers
from controlplane.lab.file.values import Group, Mtu, Prefix, Rd, Targets, listed
from controlplane.mvpn.options import DiscoveryOption, UpstreamOption
from controlplane.net.interface import ETHERNET_MTU
from controlplane.net.vpn import RouteDistinguisher
from controlplane.wire.bgp.attributes import ConnectorForm


class Provider(NetworkPim):
    """The pools that loopbacks and core links are numbered from, and what runs in the core."""

    loopbacks: Prefix = IPv4Network("10.255.0.0/16")
    links: Prefix = IPv4Network("10.254.0.0/16")
    mtu: Mtu = ETHERNET_MTU
    """Of core links that give none: labels, tunnel headers and packets together."""
    asn: Asn = 65_000
    timers: Timers = Timers()
    ospf: Ospf = Ospf()
    ldp: SwitchedLdp = Ldp()
    bgp: ProviderBgp = ProviderBgp()
    bfd: Bfd | None = None
    ttl: Literal["uniform", "pipe"] = "uniform"
    """RFC 3443: whether labels take the IPv4 TTL along, or the core counts as one hop."""


def _by_pe(value: object) -> object:
    """One value for all PEs is kept under the key of no PE."""
    return {"": value} if isinstance(value, str) else value


_DiscoveryName: TypeAlias = Literal["static", "mdt-safi", "intra-as"]
_Discoveries: TypeAlias = Annotated[
    list[_DiscoveryName],
    BeforeValidator(listed, json_schema_input_type=_DiscoveryName | list[_DiscoveryName]),
]

_DISCOVERIES: Final[Mapping[_DiscoveryName, DiscoveryOption]] = {
    "static": DiscoveryOption.STATIC_LIST,
    "mdt-safi": DiscoveryOption.MDT_SAFI,
    "intra-as": DiscoveryOption.INTRA_AS,
}
_UPSTREAM_HOPS: Final = {
    "installed": UpstreamOption.INSTALLED_ROUTE,
    "highest": UpstreamOption.HIGHEST_ADDRESS,
    "hash": UpstreamOption.HASH,
}


def _discoveries(value: object) -> object:
    return value if isinstance(value, dict) else {"": value}


def _distinguishers(value: object) -> object:
    """`auto` is kept as no value at all; an empty mapping of the file stays a mistake."""
    if value == "auto":
        return {}
    if value == {}:
        raise ValueError("names no PE")
    return value if isinstance(value, dict) else {"": value}


def _profile(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Vpn(NetworkPim):
    """A VPN of RFC 4364, and its multicast when it has a `profile`.

    Without route targets of its own it has one that follows from its RD (`expand/targets.py`).
    """

    rd: Annotated[
        dict[str, Rd],
        BeforeValidator(
            _distinguishers, json_schema_input_type=Rd | Literal["auto"] | dict[str, Rd]
        ),
    ]
    """One for all PEs, one for each, or one that each makes of its loopback."""
    import_: Annotated[Targets | None, Field(alias="import")] = None
    export: Targets | None = None
    labels: Literal["per-vrf", "per-prefix"] = "per-vrf"
    profile: Annotated[
        str | None, BeforeValidator(_profile, json_schema_input_type=int | str | None)
    ] = None
    default_mdt: Annotated[
        dict[str, Group], BeforeValidator(_by_pe, json_schema_input_type=Group | dict[str, Group])
    ] = Field(default_factory=dict)
    data_mdt: DataMdt | None = None
    """Trees for single flows, beside the default MDT."""
    discovery: Annotated[
        dict[str, _Discoveries],
        BeforeValidator(
            _discoveries, json_schema_input_type=_Discoveries | dict[str, _Discoveries]
        ),
    ] = Field(default_factory=dict)
    """In place of the profile's, of all PEs or of each; two at once while a network migrates."""
    umh: Literal["installed", "highest", "hash"] | None = None
    """How the upstream PE of a source is chosen, in place of the profile's."""
    connector: Literal["rfc6037", "freertr", "ios"] = "rfc6037"
    tunnel_df: Literal["set", "clear"] | None = None
    """The DF bit of the tunnel's outer header, in place of what follows from the discovery."""
    timers: Timers = Timers()

    @property
    def dont_fragment(self) -> bool | None:
        return self.tunnel_df == "set" if self.tunnel_df else None

    @property
    def upstream(self) -> UpstreamOption | None:
        return _UPSTREAM_HOPS[self.umh] if self.umh else None

    @property
    def connector_form(self) -> ConnectorForm:
        return ConnectorForm[self.connector.upper()]

    @property
    def only_rd(self) -> RouteDistinguisher | None:
        """The RD that all PEs use."""
        return self.rd.get("")

    def discovery_of(self, pe: str) -> frozenset[DiscoveryOption]:
        """What a PE does in place of what the profile says; nothing for that."""
        given = self.discovery.get(pe) or self.discovery.get("") or []
        return frozenset(_DISCOVERIES[one] for one in given)

    def default_group(self, pe: str) -> IPv4Address | None:
        """The default MDT group that this PE sends to."""
        return self.default_mdt.get(pe) or self.default_mdt.get("")
