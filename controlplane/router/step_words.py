"""A router's steps in words: what it was told, and what it put out."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.fib.model import Fib, PacketIn, PacketOut, Port, Submit
from controlplane.router.events import FibChanged, Noticed, Output, PortChanged, RoutesReplaced
from controlplane.router.fib_words import fib_changes
from controlplane.router.names import interface_name, name_at
from controlplane.router.record import Advance, Start, Step
from controlplane.router.router import Router
from controlplane.wire.ethernet import EthernetFrame
from controlplane.wire.reader import Reader
from controlplane.wire.words import frame_words


def step_words(router: Router, step: Step) -> str:
    match step:
        case Start():
            return "start"
        case Advance():
            return "timers"
        case PacketIn(_, interface, reason, frame):
            punted = reason.name.lower().replace("_", " ")
            return f"from {interface_name(router, interface)}, {punted}: {frame_words(frame)}"
        case PortChanged(port=port, up=up):
            return f"port {port} {'up' if up else 'down'}"
        case RoutesReplaced(vrf=vrf, protocol=protocol, routes=routes):
            return f"routes of {protocol.name} in {vrf}: {len(routes)}"


def output_words(router: Router, output: Output, before: Fib) -> Iterator[str]:
    """A line or more; `before` is the Fib that a new one takes the place of."""
    match output:
        case PacketOut(port, frame):
            yield f"to {name_at(router, _port(port, frame))}: {frame_words(frame)}"
        case Submit(_, interface, frame):
            name = interface_name(router, interface)
            yield f"to the pipeline, as from {name}: {frame_words(frame)}"
        case FibChanged(after):
            yield from (f"fib {change}" for change in fib_changes(router, before, after))
        case Noticed():
            yield output.words()


def _port(port: int, frame: bytes) -> Port:
    """Where a frame of this router leaves: its VLAN tag says on which interface of the port."""
    return Port(port, EthernetFrame.decode(Reader(frame)).vlan)
