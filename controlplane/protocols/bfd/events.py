"""Inputs and outputs of the BFD engine beside the common ones.

One engine serves one VRF. Protocols say whom to watch (`engine/liveness.py`), each under its own
name, so that a session ends when the last of them forgets the neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from controlplane.engine.engine import (
    DatagramReceived,
    InterfaceDown,
    InterfaceUp,
    SendDatagram,
)
from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class BfdSettings:
    """Per-interface settings (RFC 5880 6.8.1), in seconds."""

    desired_min_tx: Duration = 0.3
    required_min_rx: Duration = 0.3
    detect_mult: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BfdEnabled:
    """Input: sessions on an interface have these settings; again when they change."""

    interface: str
    settings: BfdSettings = field(default_factory=BfdSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Input: a protocol wants a neighbour watched, or no longer."""

    client: str
    request: WatchNeighbor | ForgetNeighbor


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientNotified:
    """Output: tell a protocol that asked for it."""

    client: str
    failure: NeighborFailed


BfdInput: TypeAlias = InterfaceUp | InterfaceDown | DatagramReceived | BfdEnabled | Watch
BfdOutput: TypeAlias = SendDatagram | ClientNotified | Notice
