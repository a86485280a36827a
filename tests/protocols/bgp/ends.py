"""A router of the harness, and one direction of a stream between two of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TypeVar

from controlplane.engine.notice import Notice
from controlplane.engine.stream import Listen, StreamName
from controlplane.net.interface import Interface
from controlplane.protocols.bgp.engine import BgpEngine
from controlplane.protocols.bgp.events import BestPath, BgpConfig, BgpOutput
from controlplane.wire.bgp.nlri import Family, NlriKey

N = TypeVar("N", bound=Notice)

WINDOW = 1 << 15
"""Octets that a router's TCP takes beyond what the router has read."""


@dataclass
class Half:
    """One direction of a stream: what is not sent yet, and what is not read yet."""

    sender: str
    stream: StreamName
    receiver: str
    receives_as: StreamName
    queue: bytearray = field(default_factory=bytearray)
    window: int = WINDOW
    unread: bytearray = field(default_factory=bytearray)
    is_closing: bool = False
    is_told: bool = True
    back: Half | None = None


@dataclass
class Router:
    """`backlog` is the most that ever waited in one of its streams."""

    name: str
    loopback: IPv4Address
    config: BgpConfig
    interfaces: dict[str, Interface]
    engine: BgpEngine | None = None
    outputs: list[BgpOutput] = field(default_factory=list)
    best: dict[Family, dict[NlriKey, BestPath]] = field(default_factory=dict)
    listens: dict[IPv4Address, Listen] = field(default_factory=dict)
    halves: dict[StreamName, Half] = field(default_factory=dict)
    tracked: set[IPv4Address] = field(default_factory=set)
    reads: bool = True
    backlog: int = 0

    @property
    def addresses(self) -> set[IPv4Address]:
        return {interface.address.ip for interface in self.interfaces.values()}

    def notices(self, kind: type[N]) -> list[N]:
        return [output for output in self.outputs if isinstance(output, kind)]
