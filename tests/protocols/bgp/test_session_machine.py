"""RFC 4271 8.2.2, state by state: what each event does, and what is said to the peer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controlplane.engine.stream import CloseStream, OpenStream, Why
from controlplane.protocols.bgp.notices import SessionDown, SessionRefused, SessionUp
from controlplane.wire.bgp.framing import KEEPALIVE
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import MessageType
from tests.protocols.bgp.speaker import (
    AS,
    EMPTY_UPDATE,
    ME,
    PEER,
    Speaker,
    Wire,
    notification,
    of,
    opening,
    refresh,
)

OPEN = opening()
SHUTDOWN = notification(6, 2)
REFRESH = refresh(Family.IPV4_UNICAST)
GARBAGE = b"GET / HTTP/1.1\r\n\r\n."

Setup = Callable[[Speaker], Wire]
REACH: dict[str, Setup] = {
    "OpenSent": Speaker.open_sent,
    "OpenConfirm": Speaker.open_confirm,
    "Established": Speaker.established,
}


@pytest.mark.parametrize(
    ("state", "said", "becomes", "answer"),
    [
        ("OpenSent", OPEN, "OpenConfirm", None),
        ("OpenSent", KEEPALIVE, "Idle", (5, 1)),
        ("OpenSent", EMPTY_UPDATE, "Idle", (5, 1)),
        ("OpenSent", REFRESH, "Idle", (5, 1)),
        ("OpenSent", SHUTDOWN, "Idle", None),
        ("OpenSent", GARBAGE, "Idle", (1, 1)),
        ("OpenConfirm", OPEN, "Idle", (5, 2)),
        ("OpenConfirm", KEEPALIVE, "Established", None),
        ("OpenConfirm", EMPTY_UPDATE, "Idle", (5, 2)),
        ("OpenConfirm", REFRESH, "Idle", (5, 2)),
        ("OpenConfirm", SHUTDOWN, "Idle", None),
        ("OpenConfirm", GARBAGE, "Idle", (1, 1)),
        ("Established", OPEN, "Idle", (5, 3)),
        ("Established", KEEPALIVE, "Established", None),
        ("Established", EMPTY_UPDATE, "Established", None),
        ("Established", REFRESH, "Established", None),
        ("Established", SHUTDOWN, "Idle", None),
        ("Established", GARBAGE, "Idle", (1, 1)),
    ],
)
def test_a_message_does_in_each_state_what_the_rfc_says(
    state: str, said: bytes, becomes: str, answer: tuple[int, int] | None
) -> None:
    speaker = Speaker(passive=True)
    wire = REACH[state](speaker)
    assert speaker.state == state
    wire.says(said)
    assert speaker.state == becomes
    assert wire.notifications == ([answer] if answer else [])
    assert wire.is_closed == (becomes == "Idle")


@pytest.mark.parametrize("state", list(REACH))
def test_a_message_cut_anywhere_is_the_same_message(state: str) -> None:
    said = {"OpenSent": OPEN, "OpenConfirm": KEEPALIVE, "Established": SHUTDOWN}[state]
    whole, cut = Speaker(passive=True), Speaker(passive=True)
    REACH[state](whole).says(said)
    wire = REACH[state](cut)
    for octet in said:
        wire.says(bytes((octet,)))
    assert cut.state == whole.state != state


@pytest.mark.parametrize(
    ("state", "becomes"),
    [("OpenSent", "Active"), ("OpenConfirm", "Idle"), ("Established", "Idle")],
)
def test_a_lost_connection_leads_to_the_state_of_the_rfc(state: str, becomes: str) -> None:
    speaker = Speaker(passive=True)
    outputs = REACH[state](speaker).breaks()
    assert speaker.state == becomes
    assert of(CloseStream, outputs) == []
    assert speaker.reasons == ["connection lost: the peer reset it"]


@pytest.mark.parametrize("state", list(REACH))
def test_an_expired_hold_timer_is_told_and_leads_to_idle(state: str) -> None:
    speaker = Speaker(passive=True)
    wire = REACH[state](speaker)
    speaker.run(239.0 if state == "OpenSent" else 89.0)
    assert speaker.state == state
    speaker.run(1.0)
    assert speaker.state == "Idle"
    assert wire.notifications == [(4, 0)]
    hold = 240 if state == "OpenSent" else 90
    assert speaker.reasons == [f"nothing heard for {hold} s (hold timer)"]


@pytest.mark.parametrize("state", list(REACH))
def test_a_stopped_session_ceases_in_every_state(state: str) -> None:
    speaker = Speaker(passive=True)
    wire = REACH[state](speaker)
    speaker.take_down("lo")
    assert speaker.state == "Idle"
    assert wire.notifications == [(6, 0)]
    assert speaker.view.next_try is None
    assert speaker.run(1000.0) == []


class TestStart:
    def test_idle_leads_to_connect_when_the_own_address_is_there(self) -> None:
        speaker = Speaker(up=False)
        assert speaker.state == "Idle"
        assert speaker.run(1000.0) == []
        (out,) = of(OpenStream, speaker.bring_up())
        assert (out.local, out.remote.address, out.remote.port) == (ME, PEER, 179)
        assert out.stream == f"bgp default {PEER} 1"
        assert speaker.state == "Connect"

    def test_a_passive_peer_leads_from_idle_to_active_and_never_opens(self) -> None:
        speaker = Speaker(passive=True)
        speaker.run(1000.0)
        assert (speaker.state, speaker.openings) == ("Active", [])

    def test_an_opened_connection_speaks_first(self) -> None:
        speaker = Speaker()
        wire = speaker.accept()
        assert (speaker.state, wire.types) == ("OpenSent", [MessageType.OPEN])

    def test_an_accepted_connection_speaks_first_too(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.connect()
        assert (speaker.state, wire.types) == ("OpenSent", [MessageType.OPEN])

    def test_an_acceptable_open_is_answered_with_a_keepalive(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.open_confirm()
        assert wire.types == [MessageType.OPEN, MessageType.KEEPALIVE]

    def test_the_keepalive_establishes_the_session_and_an_end_of_rib_follows(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        assert of(SessionUp, speaker.outputs) == [SessionUp(PEER, AS)]
        assert wire.types == [MessageType.OPEN, MessageType.KEEPALIVE, MessageType.UPDATE]


class TestConnect:
    def test_a_refused_connection_leads_to_active(self) -> None:
        speaker = Speaker()
        speaker.refuse()
        assert speaker.state == "Active"
        assert speaker.reasons == ["no connection: the peer refused it"]

    def test_the_same_failure_is_told_once(self) -> None:
        speaker = Speaker()
        for _ in range(4):
            speaker.refuse()
            speaker.run(120.0)
        assert len(of(SessionRefused, speaker.outputs)) == 1

    def test_active_opens_again_when_the_connect_retry_timer_expires(self) -> None:
        speaker = Speaker()
        speaker.refuse()
        wait = speaker.view.next_try
        assert wait is not None
        speaker.run(wait)
        assert speaker.state == "Connect"
        assert [opened.stream for opened in speaker.openings] == [
            f"bgp default {PEER} 1",
            f"bgp default {PEER} 2",
        ]

    def test_a_connection_that_hangs_is_given_up_and_opened_again(self) -> None:
        speaker = Speaker()
        wait = speaker.view.next_try
        assert wait is not None
        assert 90.0 <= wait <= 120.0
        outputs = speaker.run(wait)
        assert [close.stream for close in of(CloseStream, outputs)] == [f"bgp default {PEER} 1"]
        assert [one.stream for one in of(OpenStream, outputs)] == [f"bgp default {PEER} 2"]
        assert speaker.state == "Connect"
        assert speaker.reasons == ["no connection: no answer from the peer"]

    def test_a_peer_that_closes_without_a_word_does_not_hide_what_it_said_before(self) -> None:
        """It is in Idle, as its pause after that is longer than ours."""
        speaker = Speaker()
        speaker.accept().says(notification(2, 2))
        said = "the peer says: OPEN message: Bad peer AS"
        for _ in range(3):
            wait = speaker.view.next_try
            assert wait is not None
            speaker.run(wait)
            speaker.accept().breaks(Why.CLOSED)
        assert speaker.view.last_error == said
        assert speaker.reasons == [said]

    def test_active_accepts_a_connection(self) -> None:
        speaker = Speaker()
        speaker.refuse()
        speaker.connect()
        assert speaker.state == "OpenSent"

    def test_the_connection_being_opened_goes_when_the_peers_is_established(self) -> None:
        speaker = Speaker()
        speaker.established()
        closed = [close.stream for close in of(CloseStream, speaker.outputs)]
        assert closed == [f"bgp default {PEER} 1"]
        assert speaker.view.next_try is None

    def test_a_stopped_session_says_nothing_on_a_connection_that_does_not_stand(self) -> None:
        speaker = Speaker()
        speaker.take_down("lo")
        assert [wire.heard for wire in speaker.wires.values()] == [[]]
        assert speaker.state == "Idle"


class TestIdle:
    def test_idle_refuses_connections_without_a_word(self) -> None:
        speaker = Speaker(passive=True)
        speaker.established().says(SHUTDOWN)
        wire = speaker.connect()
        assert (wire.is_closed, wire.heard) == (True, [])

    def test_the_idle_hold_timer_starts_anew(self) -> None:
        speaker = Speaker()
        speaker.established().says(SHUTDOWN)
        assert speaker.state == "Idle"
        wait = speaker.view.next_try
        assert wait is not None
        speaker.run(wait)
        assert speaker.state == "Connect"

    def test_what_the_peer_said_is_kept_in_words(self) -> None:
        speaker = Speaker(passive=True)
        speaker.established().says(notification(6, 1))
        words = "the peer says: Cease: Maximum number of prefixes reached"
        assert speaker.view.last_error == words
        assert of(SessionDown, speaker.outputs) == [SessionDown(PEER, words)]

    def test_the_operators_words_are_shown(self) -> None:
        speaker = Speaker(passive=True)
        speaker.established().says(notification(6, 2, b"\x04gone"))
        assert speaker.view.last_error.endswith("Administrative shutdown (gone)")
