"""The harness itself: what one engine says over kernel sockets, another hears as it was said."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.engine.engine import (
    DatagramReceived,
    InterfaceUp,
    PacketReceived,
    SendDatagram,
    SendPacket,
)
from controlplane.engine.stream import (
    CloseStream,
    DataReceived,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
    StreamOpened,
)
from controlplane.engine.time import Instant
from tests.peers.namespace import Namespace, cable
from tests.peers.wire import Wire, eventually

pytestmark = pytest.mark.live

EXPERIMENT = 253
PORT = 3784
ONE, OTHER = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
SERVICE = Endpoint(OTHER, 646)


class Recorder:
    """An engine that says what it is told to say, and remembers what it hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def handle(self, event: object, now: Instant) -> list[object]:
        if isinstance(event, list):
            return event
        self.heard.append(event)
        return []

    def advance(self, now: Instant) -> list[object]:
        raise AssertionError("no timer runs")

    def next_deadline(self) -> Instant | None:
        return None

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.heard if isinstance(event, kind)]


@pytest.fixture
def pair(stack: ExitStack) -> tuple[Wire[Recorder], Wire[Recorder]]:
    ours, theirs = stack.enter_context(Namespace()), stack.enter_context(Namespace())
    cable(ours, theirs, "a", "b")
    one, other = (
        stack.enter_context(Wire(Recorder(), node, protocols=(EXPERIMENT,), ports=(PORT,)))
        for node in (ours, theirs)
    )
    one.up("a", "10.0.0.1/24")
    other.up("b", "10.0.0.2/24")
    return one, other


@pytest.mark.parametrize("destination", [OTHER, IPv4Address("224.0.0.5")])
def test_a_packet_arrives_once_and_as_it_was_sent(
    pair: tuple[Wire[Recorder], Wire[Recorder]], destination: IPv4Address
) -> None:
    one, other = pair
    packet = SendPacket(
        interface="a",
        source=ONE,
        destination=destination,
        protocol=EXPERIMENT,
        payload=b"hello",
        ttl=7,
    )
    one.tell([packet])
    eventually(lambda: len(other.engine.heard) > 1, one, other)
    assert other.engine.heard[1:] == [
        PacketReceived(
            interface="b",
            source=ONE,
            destination=destination,
            payload=b"hello",
            ttl=7,
            tos=packet.tos,
        )
    ]
    assert all(isinstance(event, InterfaceUp) for event in one.engine.heard)


def test_a_datagram_arrives_with_its_ports_and_ttl(
    pair: tuple[Wire[Recorder], Wire[Recorder]],
) -> None:
    one, other = pair
    datagram = SendDatagram(
        interface="a",
        source=ONE,
        destination=OTHER,
        source_port=50000,
        destination_port=PORT,
        payload=b"bfd",
        ttl=255,
    )
    one.tell([datagram])
    eventually(lambda: other.engine.of(DatagramReceived), one, other)
    (heard,) = other.engine.of(DatagramReceived)
    assert (heard.source_port, heard.destination_port, heard.ttl) == (50000, PORT, 255)
    assert (heard.interface, heard.source, heard.payload) == ("b", ONE, b"bfd")


@pytest.mark.parametrize("key", [None, b"secret"])
def test_a_stream_carries_octets_both_ways_and_ends_at_both(
    pair: tuple[Wire[Recorder], Wire[Recorder]], key: bytes | None
) -> None:
    one, other = pair
    keys = {} if key is None else {ONE: key}
    other.tell([Listen(local=SERVICE, md5_keys=keys, gtsm=True)])
    one.tell([OpenStream(stream="s", local=ONE, remote=SERVICE, md5_key=key, gtsm=True)])
    eventually(lambda: other.engine.of(StreamAccepted), one, other)
    eventually(lambda: one.engine.of(StreamOpened), one, other)
    (accepted,) = other.engine.of(StreamAccepted)
    big = bytes(range(256)) * 4096
    other.tell([SendData(stream=accepted.stream, data=big)])
    eventually(lambda: _octets(one) == big, one, other)
    eventually(lambda: other.engine.of(StreamDrained), one, other)
    assert other.engine.of(StreamDrained) == [StreamDrained(stream=accepted.stream)]
    one.tell([SendData(stream="s", data=b"bye"), CloseStream(stream="s")])
    eventually(lambda: other.engine.of(StreamClosed), one, other)
    assert _octets(other) == b"bye"
    assert one.engine.of(StreamClosed) == []


def test_a_stream_that_nobody_accepts_closes_with_the_reason(
    pair: tuple[Wire[Recorder], Wire[Recorder]],
) -> None:
    one, other = pair
    one.tell([OpenStream(stream="s", local=ONE, remote=SERVICE)])
    eventually(lambda: one.engine.of(StreamClosed), one, other)
    assert one.engine.of(StreamClosed) == [StreamClosed(stream="s", why="Connection refused")]


def _octets(wire: Wire[Recorder]) -> bytes:
    return b"".join(event.data for event in wire.engine.of(DataReceived))
