"""Names of LDP's timers, those of RFC 5036 where it has one."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.engine.stream import StreamName
from controlplane.protocols.ldp.adjacency import AdjacencyKey
from controlplane.wire.ldp.identifier import LdpId


@dataclass(frozen=True, slots=True)
class HelloTimer:
    """The next Link Hello on an interface."""

    interface: str


@dataclass(frozen=True, slots=True)
class TargetedHelloTimer:
    """The next Targeted Hello to a peer."""

    peer: IPv4Address


@dataclass(frozen=True, slots=True)
class HelloHoldTimer:
    """RFC 5036 2.5.5: the hold timer of a Hello adjacency."""

    adjacency: AdjacencyKey


@dataclass(frozen=True, slots=True)
class SetupTimer:
    """RFC 5036 2.5.4: the "Timeout" of a session that is not operational yet."""

    stream: StreamName


@dataclass(frozen=True, slots=True)
class BackoffTimer:
    """RFC 5036 2.5.3: until it runs out, a session that was rejected is not tried again."""

    peer: LdpId


@dataclass(frozen=True, slots=True)
class KeepAliveTimer:
    """RFC 5036 2.5.6: runs out when the peer sent nothing for the KeepAlive time."""

    stream: StreamName


@dataclass(frozen=True, slots=True)
class SendKeepAliveTimer:
    """The next KeepAlive, unless something else is sent before."""

    stream: StreamName


@dataclass(frozen=True, slots=True)
class EndOfLibTimer:
    """RFC 5919 4.1: the EOL Notification timer."""

    stream: StreamName


@dataclass(frozen=True, slots=True)
class ReconnectTimer:
    """RFC 3478 3.3: how long stale bindings wait for the session to come back."""

    peer: LdpId


@dataclass(frozen=True, slots=True)
class RecoveryTimer:
    """RFC 3478 3.3: how long stale bindings wait to be advertised again."""

    peer: LdpId


@dataclass(frozen=True, slots=True)
class LabelRetryTimer:
    """The next look whether another protocol has freed labels, after there were none."""


LdpTimer: TypeAlias = (
    HelloTimer
    | TargetedHelloTimer
    | HelloHoldTimer
    | SetupTimer
    | BackoffTimer
    | KeepAliveTimer
    | SendKeepAliveTimer
    | EndOfLibTimer
    | ReconnectTimer
    | RecoveryTimer
    | LabelRetryTimer
)
