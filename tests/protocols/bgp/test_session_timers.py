"""Timers of sessions (RFC 4271 10), and how long a peer that fails is left alone (8.1.1)."""

from __future__ import annotations

from itertools import pairwise

import pytest

from controlplane.protocols.bgp.events import PeerTimers
from controlplane.wire.bgp.framing import KEEPALIVE
from controlplane.wire.bgp.numbers import MessageType
from tests.protocols.bgp.speaker import EMPTY_UPDATE, Speaker, Wire, notification, opening

RESET = notification(6, 4)


def keepalives(wire: Wire) -> int:
    return wire.types.count(MessageType.KEEPALIVE)


class TestHold:
    @pytest.mark.parametrize("said", [KEEPALIVE, EMPTY_UPDATE])
    def test_what_the_peer_says_restarts_the_hold_timer(self, said: bytes) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established(hold_time=30)
        for _ in range(10):
            speaker.run(29.0)
            wire.says(said)
        assert speaker.view.expires == 30.0
        speaker.run(30.0)
        assert (speaker.state, wire.notifications) == ("Idle", [(4, 0)])

    def test_half_a_message_does_not(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established(hold_time=30)
        speaker.run(20.0)
        wire.says(KEEPALIVE[:18])
        speaker.run(10.0)
        assert speaker.state == "Idle"

    def test_a_hold_time_of_zero_needs_no_keepalives(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established(hold_time=0)
        before = keepalives(wire)
        speaker.run(100_000.0)
        assert (speaker.state, keepalives(wire)) == ("Established", before)
        assert speaker.engine.next_deadline() is None


class TestKeepalive:
    def test_they_come_at_three_quarters_to_all_of_their_interval(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        times = []
        for _ in range(1200):
            count = keepalives(wire)
            speaker.run(0.5)
            times += [speaker.now] * (keepalives(wire) - count)
            wire.says(KEEPALIVE)
        gaps = [later - sooner for sooner, later in pairwise(times)]
        assert len(gaps) >= 19
        assert all(22.0 <= gap <= 30.5 for gap in gaps)
        assert len(set(gaps)) > 1

    def test_a_third_of_a_short_hold_time_is_the_interval(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established(hold_time=3)
        before = keepalives(wire)
        for _ in range(12):
            speaker.run(1.0)
            wire.says(KEEPALIVE)
        assert 12 <= keepalives(wire) - before <= 16

    def test_they_come_in_open_confirm_too(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.open_confirm()
        speaker.run(80.0)
        assert keepalives(wire) >= 3


class TestDamping:
    """RFC 4271 8.1.1: DampPeerOscillations."""

    def test_each_failure_doubles_the_time_in_idle_up_to_two_minutes(self) -> None:
        speaker = Speaker(passive=True)
        waits = []
        for _ in range(12):
            speaker.established().says(RESET)
            wait = speaker.view.next_try
            assert wait is not None
            waits.append(wait)
            speaker.run(wait)
        limits = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0, 120.0, 120.0, 120.0]
        pairs = zip(waits, limits, strict=True)
        assert all(0.75 * limit <= wait <= limit for wait, limit in pairs)

    def test_each_failure_to_connect_doubles_the_pause_up_to_the_connect_retry_time(self) -> None:
        speaker = Speaker(timers=PeerTimers(connect_retry=10.0))
        waits = []
        for _ in range(6):
            speaker.refuse()
            wait = speaker.view.next_try
            assert wait is not None
            waits.append(wait)
            speaker.run(wait)
        pairs = zip(waits, [1.0, 2.0, 4.0, 8.0, 10.0, 10.0], strict=True)
        assert all(0.75 * limit <= wait <= limit for wait, limit in pairs)

    def test_a_session_that_lives_for_a_minute_makes_up_for_failures(self) -> None:
        speaker = Speaker(passive=True)
        for _ in range(5):
            speaker.established().says(RESET)
            speaker.run(120.0)
        wire = speaker.established()
        speaker.run(60.0)
        wire.says(RESET)
        assert speaker.view.failures == 1

    def test_a_storm_of_resets_is_a_session_every_two_minutes(self) -> None:
        speaker = Speaker()
        for _ in range(200):
            if speaker.state == "Connect":
                speaker.accept().says(opening(), KEEPALIVE, RESET)
            speaker.run(10.0)
        assert 20 <= speaker.view.sessions <= 35

    def test_a_peer_that_was_refused_for_its_as_may_come_again(self) -> None:
        speaker = Speaker(passive=True)
        speaker.connect().says(opening(65001))
        speaker.run(1.0)
        assert speaker.state == "Active"
        speaker.established()
