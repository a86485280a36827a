"""When an engine hears that nothing waits any more (engine/stream.py, `StreamDrained`)."""

from __future__ import annotations

import pytest

from controlplane.engine.stream import (
    CloseStream,
    Listen,
    OpenStream,
    StreamDrained,
    StreamInput,
    StreamOpened,
)
from controlplane.sim.tcp_connection import WINDOW
from tests.sim.tcp_pair import DELAY, SERVICE, A, Pair

TEXT = bytes(range(256)) * 1000
"""Several windows full."""


def test_it_is_told_once_all_is_acknowledged() -> None:
    pair = Pair()
    pair.open()
    pair.send(TEXT)
    pair.send(TEXT)
    pair.run(2 * DELAY * len(TEXT) / WINDOW)
    assert pair.a_side.drained == 0
    pair.run(5.0)
    assert pair.a_side.drained == 1
    assert pair.b_side.drained == 0


def test_it_is_told_again_after_each_time_that_something_was_sent() -> None:
    pair = Pair()
    pair.open()
    for _ in range(3):
        pair.send(b"hello")
        pair.run(1.0)
    assert pair.a_side.drained == 3


def test_of_what_was_sent_while_the_stream_opened_too() -> None:
    pair = Pair()
    pair.b.command(Listen(local=SERVICE))
    pair.a.command(OpenStream(stream="s", local=A, remote=SERVICE))
    pair.send(b"early")
    pair.run(1.0)
    assert [type(event) for event in pair.a_side.events] == [StreamOpened, StreamDrained]


def test_an_engine_that_waits_for_it_gets_everything_across_piece_by_piece() -> None:
    pair = Pair()
    pair.open()
    pieces = [TEXT[at : at + 5000] for at in range(0, len(TEXT), 5000)]

    def hear(event: StreamInput) -> None:
        if isinstance(event, StreamDrained) and pieces:
            pair.scheduler.at(pair.scheduler.now, pair.send, pieces.pop(0))

    pair.a._hear = hear
    pair.send(pieces.pop(0))
    pair.run(5.0)
    assert pair.b_side.data(pair.b_side.accepted) == TEXT
    assert pair.octets == len(TEXT)


def test_a_stream_that_is_closed_hears_of_it_no_more() -> None:
    pair = Pair()
    pair.open()
    pair.send(TEXT)
    pair.a.command(CloseStream(stream="s"))
    pair.run(5.0)
    assert pair.a_side.drained == 0


@pytest.mark.parametrize("octets", [1, len(TEXT)])
def test_while_the_peer_does_not_read_it_is_not_told(octets: int) -> None:
    pair = Pair()
    pair.open()
    pair.b.set_reading(pair.b_side.accepted, False)
    pair.send(TEXT[:octets])
    pair.run(30.0)
    assert pair.a_side.drained == 0
    pair.b.set_reading(pair.b_side.accepted, True)
    pair.run(30.0)
    assert pair.a_side.drained == 1
