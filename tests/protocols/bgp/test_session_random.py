"""Whatever a peer does and says, in any order: the machine stays whole, and works afterwards."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.engine.stream import OpenStream, StreamClosed
from controlplane.wire.bgp.capability import GracefulRestart
from controlplane.wire.bgp.framing import KEEPALIVE
from controlplane.wire.bgp.nlri import Family
from tests.protocols.bgp.speaker import (
    EMPTY_UPDATE,
    Speaker,
    Wire,
    capabilities,
    notification,
    of,
    opening,
    refresh,
)

UNICAST = Family.IPV4_UNICAST
RESTARTS = (*capabilities(), GracefulRestart(time=60, families=((UNICAST, True),)))
GOOD = (opening(), opening(told=RESTARTS), KEEPALIVE, KEEPALIVE, KEEPALIVE, EMPTY_UPDATE)
BAD = (opening(65001), notification(6, 7), refresh(UNICAST, 1), b"\x00" * 19, KEEPALIVE[:7])


class Chaos:
    """A peer that does anything that a TCP allows it to do."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        kinds: list[dict[str, Any]] = [{}, {"passive": True}, {"restart_time": 60.0}]
        self.speaker = Speaker(**self.rng.choice(kinds))
        self.answered: set[str] = set()

    @property
    def wires(self) -> list[Wire]:
        return [wire for wire in self.speaker.wires.values() if not wire.is_closed]

    @property
    def unanswered(self) -> list[OpenStream]:
        return [
            one
            for one in self.speaker.openings
            if one.stream not in self.answered and one.stream not in self.speaker.wires
        ]

    def step(self) -> None:
        speaker, rng = self.speaker, self.rng
        match rng.randrange(9):
            case 0:
                speaker.connect()
            case 1 if self.unanswered and self.unanswered[-1] is speaker.openings[-1]:
                speaker.accept()
            case 2 if self.unanswered:
                stream = self.unanswered[-1].stream
                self.answered.add(stream)
                speaker.tell(StreamClosed(stream=stream, why="the peer refused it"))
            case 3 | 4 | 5 if self.wires:
                rng.choice(self.wires).says(rng.choice(GOOD))
            case 6 if self.wires:
                rng.choice(self.wires).says(rng.choice(BAD))
            case 7 if self.wires:
                wire = rng.choice(self.wires)
                rng.choice((wire.breaks, wire.drains))()
            case _:
                speaker.run(rng.choice([0.1, 3.0, 50.0, 300.0]))

    def check(self) -> None:
        """No more than two connections, and the view is that of one of them."""
        view = self.speaker.view
        assert len(self.wires) <= 3
        if view.state in ("OpenSent", "OpenConfirm", "Established"):
            assert self.wires
        if view.state == "Idle":
            assert view.next_try is not None
        if view.state == "Active" and not self.speaker.peer.passive:
            assert view.next_try is not None


@pytest.mark.parametrize("seed", range(200))
def test_a_chaotic_peer_can_still_have_a_session_in_the_end(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(60):
        chaos.step()
        chaos.check()
    speaker = chaos.speaker
    for wire in chaos.wires:
        wire.breaks("the peer died")
    while speaker.state == "Idle":
        speaker.run(10.0)
    speaker.established()


@given(st.lists(st.binary(max_size=60), max_size=8), st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_octets_of_any_kind_raise_nothing(pieces: list[bytes], said: int) -> None:
    speaker = Speaker(passive=True)
    wire = speaker.connect()
    wire.says(*(opening(), KEEPALIVE, EMPTY_UPDATE)[:said])
    for piece in pieces:
        if not wire.is_closed:
            wire.says(piece)
    speaker.run(1000.0)
    assert wire.is_closed
    assert len(of(OpenStream, speaker.outputs)) == 0


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_octet_of_a_good_message_raises_nothing(data: st.DataObject) -> None:
    octets = bytearray(opening(told=RESTARTS) + KEEPALIVE + EMPTY_UPDATE + refresh(UNICAST))
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] = data.draw(st.integers(0, 255))
    speaker = Speaker(passive=True, restart_time=60.0)
    wire = speaker.connect()
    wire.says(bytes(octets))
    speaker.run(1000.0)
    assert wire.is_closed
