"""The topology of a lab file: routers, hosts, and the links between them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from controlplane.lab.file.bgp import Asn, EndBgp, LinkBgp
from controlplane.lab.file.timers import SwitchedIgmp, SwitchedOspf, SwitchedPim
from controlplane.lab.file.values import (
    AreaName,
    Ipv4,
    LinkFaultWords,
    LinkName,
    Mac,
    Model,
    Mtu,
    Prefix,
    Seconds,
)
from controlplane.protocols.ospf.events import BACKBONE

Cost: TypeAlias = Annotated[int, Field(ge=1, le=65_535)]


class StaticRoute(Model):
    """A route of the file, beside those that the lab works out by itself."""

    to: Prefix
    via: str
    """A neighbour by name, or its address where it has several on common links."""
    vpn: str | None = None


class Router(Model):
    """A switch with a control plane. `loopback` is its router id."""

    role: Literal["pe", "p", "ce"]
    loopback: Ipv4 | None = None
    asn: Asn | None = None
    """Of a CE; P and PE routers are in the provider's AS."""
    run: Literal["frr"] | None = None
    """What runs a CE in a live lab; one of our own routers, unless this says otherwise."""
    area: AreaName = BACKBONE
    """The OSPF area of a core router's loopback."""
    routes: list[StaticRoute] = Field(default_factory=list)
    redistribute: list[Literal["static", "connected"]] = Field(default_factory=list)
    """Routes that a core router tells the others by OSPF, as an ASBR."""


class Host(Model):
    """A Linux host with one interface, on one link."""

    address: Ipv4 | None = None
    mac: Mac | None = None
    gateway: str | None = None
    """A router of the link by name; the first one is the default."""
    igmp_version: Literal[2, 3] = 3


def _nothing_given(value: object) -> object:
    return {} if value is None else value


HostEntry: TypeAlias = Annotated[
    Host, BeforeValidator(_nothing_given, json_schema_input_type=Host | None)
]
"""A host of which nothing is said needs no braces."""


class End(Model):
    """What a link's end at a router has of its own; at a host it is empty."""

    interface: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_.-]{0,9}$")] | None = None
    port: Annotated[int, Field(ge=1, le=509)] | None = None
    mac: Mac | None = None
    address: Ipv4 | None = None
    cost: Cost | None = None
    pim: SwitchedPim | None = None
    igmp: SwitchedIgmp | None = None
    ospf: SwitchedOspf | None = None
    ldp: bool = True
    bgp: EndBgp = EndBgp()


def _ends(value: object) -> object:
    """`[a, b]` is short for `{a: {}, b: {}}`."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        if twice := sorted({name for name in value if value.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} is there twice")
        return {name: {} for name in value}
    if isinstance(value, dict):
        return {name: {} if end is None else end for name, end in value.items()}
    return value


class Link(Model):
    """A wire between two nodes, or a LAN of more."""

    ends: Annotated[
        dict[str, End],
        BeforeValidator(_ends, json_schema_input_type=list[str] | dict[str, End | None]),
        Field(min_length=2),
    ]
    name: LinkName | None = None
    vpn: str | None = None
    """The VPN that the interfaces of PEs on this link belong to."""
    subnet: Prefix | None = None
    vlan: Annotated[int, Field(ge=1, le=4094)] = 0
    cost: Cost = 10
    area: AreaName = BACKBONE
    network: Literal["broadcast", "point-to-point"] | None = None
    """Of OSPF, in the core; without it a link of two routers is point-to-point."""
    routing: Literal["bgp", "static", "connected", "igp"] | None = None
    """How a CE and those at the other ends learn each other's routes: with PEs by BGP, with other
    CEs by the customer's IGP, unless something else is said."""
    bgp: LinkBgp = LinkBgp()
    mtu: Mtu | None = None
    """Without it, in the core the provider's, else Ethernet's."""
    delay: Seconds = 0.0005
    faults: LinkFaultWords = None
    """Of both directions, in the words of netem."""
    capture: bool = False

    @property
    def title(self) -> str:
        """The name given, or the names of the ends."""
        return self.name or "-".join(self.ends)
