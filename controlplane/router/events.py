"""What goes into a router and what comes out of it.

Frames come as PacketIn and go as PacketOut or Submit (`fib/model.py`), which are inputs and outputs
of a router too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from controlplane.engine.notice import Notice
from controlplane.fib.model import Fib, PacketIn, PacketOut, Submit
from controlplane.rib.route import Route, RouteProtocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PortChanged:
    """Input: a switch port has or has lost its link; without word of it, it has one."""

    port: int
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesReplaced:
    """Input: the routes that a protocol knows in a VRF are now these."""

    vrf: str
    protocol: RouteProtocol
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class FibChanged:
    """Output: the switch shall be this now; at most one for an input, behind all packets."""

    fib: Fib


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Output: an engine of a VRF has something to tell."""

    router: str
    vrf: str
    engine: str
    notice: Notice

    def words(self) -> str:
        return f"[{self.router} {self.vrf} {self.engine}] {self.notice.words()}"


RouterInput: TypeAlias = PacketIn | PortChanged | RoutesReplaced
Output: TypeAlias = PacketOut | Submit | FibChanged | Noticed
