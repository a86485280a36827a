"""An update storm, and a peer that does not read: it costs no memory, and the others nothing.

The storm's routes have a MED, which is another in each round. Who reads has every round; who does
not has, when he reads again, the last one: what waits for him is state, not octets.
"""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address

import pytest

from controlplane.protocols.bgp.events import PeerConfig
from tests.peers.bgp.raw import (
    KEEPALIVE,
    OUR_AS,
    PEER,
    PEER_AS,
    UPDATE,
    WE,
    RawPeer,
    attribute,
    message,
    open_message,
    update,
)
from tests.peers.bgp.speaker import QUICK, Speaker, speaker_config
from tests.peers.namespace import Namespace
from tests.peers.wire import Wire, eventually

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

READER, SLEEPER = IPv4Address("10.9.0.3"), IPv4Address("10.9.0.4")
ROUTES, ROUNDS = 2000, 8
ROOM = 8192
WAITING_AT_MOST = 65536
"""Octets of ours that wait for a peer (protocols/bgp/sender.py), beside those in the kernel."""


@pytest.fixture
def namespace(stack: ExitStack) -> Namespace:
    return stack.enter_context(Namespace())


@pytest.fixture
def wire(stack: ExitStack, namespace: Namespace) -> Wire[Speaker]:
    """Three internal peers, who are clients: what one tells, the others are told."""
    peers = [
        PeerConfig(
            address=address,
            local=WE,
            remote_as=OUR_AS,
            passive=True,
            timers=QUICK,
            reflector_client=True,
        )
        for address in (PEER, READER, SLEEPER)
    ]
    wire = stack.enter_context(Wire(Speaker(speaker_config(OUR_AS, WE, *peers)), namespace))
    wire.up("lo", f"{WE}/32")
    return wire


def round_of(med: int) -> bytes:
    """All routes, each with attributes of its own, so that each costs an UPDATE."""
    return b"".join(
        update(
            attribute(0x40, 1, b"\0")
            + attribute(0x40, 2, b"\x02\x02" + (PEER_AS << 32 | number).to_bytes(8, "big"))
            + attribute(0x40, 3, PEER.packed)
            + attribute(0x80, 4, med.to_bytes(4, "big"))
            + attribute(0x40, 5, b"\0\0\0\x64"),
            b"\x18\x14" + number.to_bytes(2, "big"),
        )
        for number in range(1, ROUTES + 1)
    )


def last_round(peer: RawPeer) -> int:
    """The last one of which the peer was told all routes; 0 when there is none."""
    meds: dict[bytes, int] = {}
    for kind, body in peer.heard():
        if kind == UPDATE and (at := body.find(b"\x80\x04\x04")) > 0:
            meds[body[-3:]] = int.from_bytes(body[at + 3 : at + 7], "big")
    return min(meds.values()) if len(meds) == ROUTES else 0


def test_a_peer_that_does_not_read_has_the_last_state_when_it_does(
    stack: ExitStack, namespace: Namespace, wire: Wire[Speaker]
) -> None:
    told = RawPeer(stack, namespace)
    reader = RawPeer(stack, namespace, READER)
    sleeper = RawPeer(stack, namespace, SLEEPER, ROOM)
    for peer, address in ((told, PEER), (reader, READER), (sleeper, SLEEPER)):
        peer.connect()
        without_hold_time = open_message(OUR_AS, hold=0, router_id=address)
        peer.say(without_hold_time + message(KEEPALIVE))
    eventually(
        lambda: all(wire.engine.is_up(one, wire.now) for one in (PEER, READER, SLEEPER)), wire
    )

    for number in range(1, ROUNDS + 1):
        told.say(round_of(number))
        eventually(lambda: last_round(reader) == number, wire)  # noqa: B023
        assert wire.waiting <= WAITING_AT_MOST
    assert wire.engine.peer(SLEEPER, wire.now).waits

    eventually(lambda: last_round(sleeper) == ROUNDS, wire)
    assert sleeper.octets < reader.octets / 2
    eventually(lambda: not wire.engine.peer(SLEEPER, wire.now).waits, wire)
