"""What goes into a router and what comes out of it.

Frames come as PacketIn and go as PacketOut or Submit (`fib/model.py`), which are inputs and outputs
of a router too, as is what the switch has counted (`fib/counts.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from controlplane.engine.notice import Notice
from controlplane.engine.stream import StreamInput, StreamOutput
from controlplane.fib.counts import CountersRead
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
    """Output: the switch shall be this now; at most one for an input.

    Packets before it go by the old state, those that are submitted behind it by this one.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """Input: something happened to a byte stream of the host stack, in a VRF."""

    vrf: str
    event: StreamInput


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCommand:
    """Output: an engine of a VRF asks something of the host stack."""

    vrf: str
    command: StreamOutput


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPacket:
    """Output: a punted IPv4 packet of TCP to an own address; for the host stack."""

    vrf: str
    datagram: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPacketOut:
    """Input: the host stack sends this IPv4 packet; the pipeline forwards it."""

    vrf: str
    datagram: bytes


RouterInput: TypeAlias = (
    PacketIn | PortChanged | RoutesReplaced | StreamEvent | HostPacketOut | CountersRead
)
Output: TypeAlias = PacketOut | Submit | FibChanged | StreamCommand | HostPacket | Noticed
