"""Collisions (RFC 4271 6.8): both ends have opened a connection, and one of the two stays."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.engine.stream import CloseStream
from controlplane.protocols.bgp.notices import SessionDown, SessionRefused, SessionUp
from controlplane.wire.bgp.capability import GracefulRestart
from controlplane.wire.bgp.framing import KEEPALIVE
from controlplane.wire.bgp.nlri import Family
from tests.protocols.bgp.harness import Network
from tests.protocols.bgp.speaker import (
    EMPTY_UPDATE,
    ME,
    PREFIX,
    Speaker,
    Wire,
    capabilities,
    notification,
    of,
    opening,
)
from tests.protocols.bgp.test_session_restart import OTHER, can, kept, routes

HIGHER, LOWER = IPv4Address("10.0.0.9"), IPv4Address("10.0.0.1")
COLLISION = (6, 7)


def both(speaker: Speaker) -> tuple[Wire, Wire]:
    """A connection that the engine opened, and one that the peer did; both in OpenSent."""
    return speaker.accept(), speaker.connect()


class TestIdentifiers:
    """The connection that the end with the higher identifier opened is kept."""

    @pytest.mark.parametrize("first", ["ours", "theirs"])
    @pytest.mark.parametrize(("router_id", "kept"), [(HIGHER, "theirs"), (LOWER, "ours")])
    @pytest.mark.parametrize("state", ["OpenConfirm", "Established"])
    def test_whichever_open_comes_first(
        self, first: str, router_id: IPv4Address, kept: str, state: str
    ) -> None:
        speaker = Speaker()
        ours, theirs = both(speaker)
        wires = {"ours": ours, "theirs": theirs}
        early = wires.pop(first)
        (late,) = wires.values()
        early.says(opening(router_id=router_id))
        if state == "Established":
            early.says(KEEPALIVE)
        assert speaker.state == state
        late.says(opening(router_id=router_id))
        winner, loser = (ours, theirs) if kept == "ours" else (theirs, ours)
        assert (loser.is_closed, loser.notifications) == (True, [COLLISION])
        assert (winner.is_closed, winner.notifications) == (False, [])
        winner.says(KEEPALIVE)
        assert speaker.state == "Established"
        assert of(SessionRefused, speaker.outputs) == []

    @pytest.mark.parametrize("says_so", ["we", "the peer"])
    def test_a_session_that_moves_keeps_what_waits_to_be_told_again(self, says_so: str) -> None:
        """A restarted peer may open a connection while ours is there: that is no second restart."""
        speaker = Speaker(restart_time=120.0)
        first = speaker.accept()
        first.says(opening(told=can()), KEEPALIVE, routes(PREFIX, OTHER), EMPTY_UPDATE)
        speaker.run(10.0)
        first.breaks()
        speaker.run(5.0)
        ours, theirs = both(speaker)
        again = opening(told=can(restarted=True))
        ours.says(again, KEEPALIVE)
        assert speaker.state == "Established"
        if says_so == "the peer":
            ours.says(notification(*COLLISION))
        theirs.says(again)
        assert kept(speaker) == (2, True)
        theirs.says(KEEPALIVE, routes(OTHER), EMPTY_UPDATE)
        assert kept(speaker) == (1, False)

    @pytest.mark.parametrize(("asn", "kept"), [(65001, "theirs"), (64999, "ours")])
    def test_of_equal_identifiers_the_larger_as_counts(self, asn: int, kept: str) -> None:
        speaker = Speaker(remote_as=asn)
        ours, theirs = both(speaker)
        ours.says(opening(asn, router_id=ME))
        theirs.says(opening(asn, router_id=ME))
        assert (ours.is_closed, theirs.is_closed) == (kept != "ours", kept != "theirs")


class TestOpenSent:
    def test_without_an_open_nothing_is_decided(self) -> None:
        speaker = Speaker()
        ours, theirs = both(speaker)
        assert (ours.is_closed, theirs.is_closed, speaker.state) == (False, False, "OpenSent")

    def test_the_end_of_one_does_not_touch_the_other(self) -> None:
        speaker = Speaker()
        ours, theirs = both(speaker)
        ours.breaks()
        assert speaker.state == "OpenSent"
        theirs.says(opening(), KEEPALIVE)
        assert speaker.state == "Established"
        assert speaker.reasons == []

    def test_a_bad_open_on_one_does_not_touch_the_other(self) -> None:
        speaker = Speaker()
        ours, theirs = both(speaker)
        ours.says(opening(65001))
        assert (ours.is_closed, speaker.state) == (True, "OpenSent")
        theirs.says(opening(), KEEPALIVE)
        assert speaker.state == "Established"

    def test_a_connection_that_never_says_anything_goes_while_the_session_lives(self) -> None:
        speaker = Speaker()
        ours, theirs = both(speaker)
        theirs.says(opening(), KEEPALIVE)
        speaker.run_chatting(theirs, 300.0)
        assert (ours.is_closed, ours.notifications) == (True, [(4, 0)])
        assert speaker.state == "Established"

    def test_a_peer_that_connects_again_has_given_up_what_it_opened_before(self) -> None:
        speaker = Speaker(passive=True)
        before, after = speaker.connect(), speaker.connect()
        assert (before.is_closed, before.notifications) == (True, [COLLISION])
        after.says(opening(), KEEPALIVE)
        assert speaker.state == "Established"


class TestEstablished:
    """A connection that begins well after the session is established is no collision."""

    @pytest.mark.parametrize("router_id", [HIGHER, LOWER])
    def test_the_new_one_is_closed_when_it_says_who_it_is(self, router_id: IPv4Address) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established(router_id=router_id)
        speaker.run(6.0)
        new = speaker.connect()
        assert not new.is_closed
        new.says(opening(router_id=router_id))
        assert (new.is_closed, new.notifications) == (True, [COLLISION])
        assert (wire.is_closed, speaker.state) == (False, "Established")

    @pytest.mark.parametrize(("router_id", "keeps_new"), [(HIGHER, True), (LOWER, False)])
    def test_one_that_began_just_then_is_a_collision(
        self, router_id: IPv4Address, keeps_new: bool
    ) -> None:
        """The other end may have found it before: both go by the identifiers."""
        speaker = Speaker(passive=True)
        wire = speaker.established(router_id=router_id)
        speaker.run(1.0)
        new = speaker.connect()
        new.says(opening(router_id=router_id))
        assert (wire.is_closed, new.is_closed) == (keeps_new, not keeps_new)

    def test_with_graceful_restart_the_new_one_replaces_the_old_without_a_word(self) -> None:
        restart = GracefulRestart(time=60, families=((Family.IPV4_UNICAST, True),))
        told = (*capabilities(), restart)
        speaker = Speaker(passive=True, restart_time=120.0)
        wire = speaker.established(told=told)
        speaker.run(6.0)
        new = speaker.connect()
        assert speaker.state == "Established"
        new.says(opening(told=told))
        assert (wire.is_closed, wire.notifications) == (True, [])
        assert speaker.state == "OpenConfirm"
        new.says(KEEPALIVE)
        assert speaker.state == "Established"
        assert len(of(SessionDown, speaker.outputs)) == 1
        assert len(of(SessionUp, speaker.outputs)) == 2

    def test_the_end_of_the_second_connection_leaves_the_session_alone(self) -> None:
        speaker = Speaker(passive=True)
        speaker.established()
        speaker.run(1.0)
        outputs = speaker.connect().breaks()
        assert (outputs, speaker.state) == ([], "Established")


@pytest.mark.parametrize("seed", range(20))
def test_two_engines_that_open_at_once_end_up_with_one_connection(seed: int) -> None:
    network = Network(seed)
    network.router("a")
    network.router("b", asn=65000 + seed % 2)
    network.session("a", "b")
    network.start()
    network.run(1.0)
    assert (network.state("a", "b"), network.state("b", "a")) == ("Established", "Established")
    assert network.streams("a", "b") == 1
    assert len(network.routers["a"].notices(SessionUp)) == 1
    closes = [of(CloseStream, network.routers[name].outputs) for name in "ab"]
    assert all(len(closed) <= 1 for closed in closes)
