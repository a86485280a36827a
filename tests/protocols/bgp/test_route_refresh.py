"""RFC 7313 4: what a peer tells anew, from BoRR to EoRR, beside the End-of-RIB of RFC 4724."""

from __future__ import annotations

import pytest

from controlplane.protocols.bgp.counters import Count
from controlplane.protocols.bgp.notices import RouteRefresh
from controlplane.wire.bgp.capability import GracefulRestart
from controlplane.wire.bgp.refresh import RefreshSubtype
from tests.protocols.bgp.speaker import EMPTY_UPDATE, PEER, PREFIX, Speaker, Wire, of, refresh
from tests.protocols.bgp.test_session_restart import OTHER, UNICAST, back, can, routes

BORR = refresh(UNICAST, RefreshSubtype.BEGINNING)
EORR = refresh(UNICAST, RefreshSubtype.ENDING)


def told() -> tuple[Speaker, Wire]:
    """A peer that does not restart gracefully has told two routes."""
    speaker = Speaker(passive=True)
    wire = speaker.established()
    wire.says(routes(PREFIX, OTHER))
    return speaker, wire


def held(speaker: Speaker) -> int:
    """How many routes of the peer there are."""
    return speaker.view.families[0].received


def words(speaker: Speaker) -> list[str]:
    return [one.words() for one in of(RouteRefresh, speaker.outputs)]


def test_what_does_not_come_again_is_gone_at_the_end() -> None:
    speaker, wire = told()
    wire.says(BORR, routes(OTHER))
    assert held(speaker) == 2
    wire.says(EORR)
    assert held(speaker) == 1
    assert words(speaker) == []


def test_a_refresh_that_does_not_end_is_ended_after_six_minutes() -> None:
    speaker, wire = told()
    wire.says(BORR, routes(OTHER))
    speaker.run_chatting(wire, 359.0)
    assert held(speaker) == 2
    speaker.run_chatting(wire, 2.0)
    assert held(speaker) == 1
    assert words(speaker) == [
        f"route refresh of IPv4 unicast by {PEER}: no end of it for 360 s; stale routes deleted"
    ]


def test_one_that_begins_again_has_its_time_again() -> None:
    speaker, wire = told()
    wire.says(BORR)
    speaker.run_chatting(wire, 200.0)
    wire.says(BORR)
    speaker.run_chatting(wire, 200.0)
    assert held(speaker) == 2


def test_the_end_of_a_session_ends_its_refreshes() -> None:
    speaker, wire = told()
    wire.says(BORR)
    wire.breaks()
    speaker.run(300.0)
    wire = speaker.established()
    wire.says(routes(PREFIX), BORR)
    speaker.run_chatting(wire, 100.0)
    assert held(speaker) == 1


def test_an_end_without_a_beginning_is_ignored() -> None:
    speaker, wire = told()
    wire.says(EORR)
    assert held(speaker) == 2
    assert speaker.engine.counters[Count.IGNORED_REFRESH_END] == 1


class TestWithGracefulRestart:
    """The two kinds of stale routes are kept apart, "avoiding any premature cleanup"."""

    @pytest.mark.parametrize("restart", [can(), (*can()[:-1], GracefulRestart())])
    def test_a_beginning_before_the_end_of_rib_is_ignored_and_told(
        self, restart: tuple[GracefulRestart, ...]
    ) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established(told=restart)
        wire.says(routes(PREFIX), BORR, EORR)
        assert held(speaker) == 1
        assert speaker.engine.counters[Count.IGNORED_EARLY_REFRESH] == 1
        assert words(speaker) == [
            f"route refresh of IPv4 unicast by {PEER}: it begins before the End-of-RIB; ignored"
        ]
        wire.says(EMPTY_UPDATE, BORR, EORR)
        assert held(speaker) == 0

    def test_the_end_of_a_refresh_leaves_what_waits_for_the_end_of_rib(self) -> None:
        speaker = Speaker(passive=True, restart_time=120.0)
        wire = speaker.established(told=can())
        wire.says(routes(PREFIX, OTHER), EMPTY_UPDATE)
        wire.breaks()
        wire = back(speaker, can(restarted=True))
        wire.says(routes(OTHER), BORR, EORR)
        assert held(speaker) == 2
        wire.says(EMPTY_UPDATE)
        assert held(speaker) == 1

    def test_another_end_of_rib_leaves_what_a_refresh_made_stale(self) -> None:
        speaker = Speaker(passive=True, restart_time=120.0)
        wire = speaker.established(told=can())
        wire.says(routes(PREFIX, OTHER), EMPTY_UPDATE, BORR, EMPTY_UPDATE)
        assert held(speaker) == 2
        wire.says(routes(OTHER), EORR)
        assert held(speaker) == 1
