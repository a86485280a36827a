"""A router's steps in words: what it was told, and what it put out."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.engine.stream import (
    CloseStream,
    DataReceived,
    Listen,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
    StreamInput,
    StreamOpened,
    StreamOutput,
)
from controlplane.fib.counts import CountersRead
from controlplane.fib.model import Fib, PacketIn, PacketOut, Port, Submit
from controlplane.router.events import (
    FibChanged,
    HostPacket,
    HostPacketOut,
    Noticed,
    Output,
    PortChanged,
    RoutesReplaced,
    StreamCommand,
    StreamEvent,
)
from controlplane.router.fib_words import fib_changes
from controlplane.router.names import interface_name, name_at
from controlplane.router.record import Advance, Start, Step
from controlplane.router.router import Router
from controlplane.wire.ethernet import EthernetFrame
from controlplane.wire.reader import Reader
from controlplane.wire.words import frame_words, ipv4_words


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
        case StreamEvent(event=event):
            return _stream_event(event)
        case HostPacketOut(datagram=datagram):
            return f"from the host stack: {ipv4_words(datagram)}"
        case CountersRead(seconds=seconds, routes=routes):
            return f"counters of the last {seconds:g} s; routes with packets: {len(routes)}"


def _stream_event(event: StreamInput) -> str:
    match event:
        case StreamOpened(stream=stream, remote=remote):
            return f"stream {stream} open to {remote.address} port {remote.port}"
        case StreamAccepted(stream=stream, remote=remote):
            return f"stream {stream} accepted from {remote.address} port {remote.port}"
        case DataReceived(stream=stream, data=data):
            return f"stream {stream}: {len(data)} octets"
        case StreamDrained(stream=stream):
            return f"stream {stream}: all that was sent is taken"
        case StreamClosed(stream=stream, why=why):
            return f"stream {stream} closed: {why}"


def _stream_command(command: StreamOutput) -> str:
    match command:
        case Listen(local=local):
            return f"listen on {local.address} port {local.port}"
        case OpenStream(stream=stream, remote=remote):
            return f"open stream {stream} to {remote.address} port {remote.port}"
        case SendData(stream=stream, data=data):
            return f"on stream {stream}: {len(data)} octets"
        case CloseStream(stream=stream):
            return f"close stream {stream}"


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
        case StreamCommand(command=command):
            yield _stream_command(command)
        case HostPacket(datagram=datagram):
            yield f"to the host stack: {ipv4_words(datagram)}"
        case Noticed():
            yield output.words()


def _port(port: int, frame: bytes) -> Port:
    """Where a frame of this router leaves: its VLAN tag says on which interface of the port."""
    return Port(port, EthernetFrame.decode(Reader(frame)).vlan)
