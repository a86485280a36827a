"""Inputs and outputs of the LDP engine beside the common ones and those of streams.

One engine serves the provider's table of a router, with one platform-wide label space
(RFC 5036 2.2.1). It is told the routes, which are its FECs (RFC 5036 2.1: address prefixes), and
says which label each has here and which the neighbours have given it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple, TypeAlias

from controlplane.engine.engine import (
    DatagramReceived,
    InterfaceDown,
    InterfaceUp,
    SendDatagram,
)
from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.stream import StreamInput, StreamOutput
from controlplane.engine.time import Duration
from controlplane.net.label import Label


class Control(Enum):
    """Label distribution control (RFC 5036 2.6.1)."""

    INDEPENDENT = "independent"
    ORDERED = "ordered"


class EgressLabel(Enum):
    """What the egress of a FEC asks of the router before it: to pop, or to send label 0."""

    IMPLICIT_NULL = "implicit-null"
    EXPLICIT_NULL = "explicit-null"


@dataclass(frozen=True, slots=True, kw_only=True)
class LdpConfig:
    """Timers as in RFC 5036; `targeted` are peers to meet wherever they are (2.4.2).

    With `host_routes_only` FECs are /32 prefixes alone. `md5_keys` by peer's transport address.
    `reconnect_time` and `recovery_time` are those of graceful restart (RFC 3478), 0 for none. Who
    has sent no label for `end_of_lib_time` has sent all (RFC 5919 4.1, EOL Notification timer).
    """

    router_id: IPv4Address
    transport_address: IPv4Address
    hello_interval: Duration = 5.0
    hello_hold: Duration = 15.0
    targeted_hello_interval: Duration = 15.0
    targeted_hello_hold: Duration = 45.0
    keepalive_hold: Duration = 180.0
    control: Control = Control.INDEPENDENT
    egress_label: EgressLabel = EgressLabel.IMPLICIT_NULL
    host_routes_only: bool = False
    targeted: tuple[IPv4Address, ...] = ()
    accept_targeted: bool = False
    md5_keys: Mapping[IPv4Address, bytes] = field(default_factory=dict)
    gtsm: bool = True
    reconnect_time: Duration = 0.0
    recovery_time: Duration = 0.0
    end_of_lib_time: Duration = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LdpEnabled:
    """Input: run LDP on an interface that is or comes up; `bfd` has its neighbours watched."""

    interface: str
    bfd: bool = False


class FecNextHop(NamedTuple):
    """A neighbour that the route of a FEC leads to."""

    interface: str
    address: IPv4Address


class FecRoute(NamedTuple):
    """The route of a FEC. No next hops: this router is its egress (own or attached network)."""

    prefix: IPv4Network
    next_hops: frozenset[FecNextHop]


@dataclass(frozen=True, slots=True, kw_only=True)
class FecsChanged:
    """Input: these routes are new or others now, and these prefixes have none any more."""

    changed: tuple[FecRoute, ...]
    withdrawn: tuple[IPv4Network, ...] = ()


class FecBinding(NamedTuple):
    """The labels of a FEC: `local` is the one given to neighbours, None while there is none.

    `outgoing` has the label of each next hop that gave one; IMPLICIT_NULL asks to pop.
    """

    prefix: IPv4Network
    local: Label | None
    outgoing: Mapping[FecNextHop, Label]


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingsChanged:
    """Output: the labels of these FECs are now these; neither local nor outgoing: forget it."""

    bindings: tuple[FecBinding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SynchronisationChanged:
    """Output: all labels of the neighbours on a link have arrived, or not any more (RFC 5443)."""

    interface: str
    synchronised: bool


LdpInput: TypeAlias = (
    InterfaceUp
    | InterfaceDown
    | LdpEnabled
    | DatagramReceived
    | FecsChanged
    | NeighborFailed
    | StreamInput
)
LdpOutput: TypeAlias = (
    SendDatagram
    | BindingsChanged
    | SynchronisationChanged
    | WatchNeighbor
    | ForgetNeighbor
    | StreamOutput
    | Notice
)
