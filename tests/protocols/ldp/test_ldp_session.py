"""Sessions: how they are opened, negotiated and kept alive, and all the ways in which they end."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.engine.engine import InterfaceDown
from controlplane.engine.stream import OpenStream, StreamClosed
from controlplane.protocols.ldp.notices import SessionDown, SessionRefused, SessionUp
from controlplane.wire.ldp.addresses import AddressMessage
from controlplane.wire.ldp.hello import Hello
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.initialization import Initialization, KeepAlive
from controlplane.wire.ldp.labels import LabelMapping
from controlplane.wire.ldp.message import LdpMessage
from controlplane.wire.ldp.numbers import StatusCode
from controlplane.wire.ldp.status import Notification, Status
from tests.protocols.ldp.peer import (
    ACTIVE,
    FAR_FEC,
    ITS_LINK,
    ME,
    PASSIVE,
    Peer,
    heard,
    is_closed,
    messages,
    of,
    statuses,
)

SHUTDOWN = Notification(status=Status(StatusCode.SHUTDOWN))
LABEL = LabelMapping((FAR_FEC,), 100)
KEEPALIVE = KeepAlive()


def last_reason(peer: Peer) -> str:
    ends = [o for o in peer.outputs if isinstance(o, SessionDown | SessionRefused)]
    return ends[-1].reason


class TestConnection:
    """RFC 5036 2.5.2."""

    def test_the_higher_transport_address_opens_the_connection(self) -> None:
        peer = Peer(PASSIVE)
        (opening,) = of(OpenStream, peer.hello())
        assert (opening.local, opening.remote.address, opening.remote.port) == (ME, PASSIVE, 646)
        assert of(OpenStream, Peer(ACTIVE).hello()) == []

    def test_without_transport_address_the_source_of_the_hello_counts(self) -> None:
        peer = Peer(PASSIVE)
        assert of(OpenStream, peer.hello(Hello(hold_time=15))) == []
        assert (peer.view().transport_address, peer.view().role) == (ITS_LINK, "passive")

    def test_a_refused_connection_is_tried_again_with_the_next_hello(self) -> None:
        peer = Peer(PASSIVE)
        (opening,) = of(OpenStream, peer.hello())
        peer.tell(StreamClosed(stream=opening.stream, why="connection refused"))
        assert last_reason(peer) == "connection closed: connection refused"
        (again,) = of(OpenStream, peer.hello())
        assert again.stream != opening.stream

    def test_a_connection_that_stays_away_is_given_up(self) -> None:
        peer = Peer(PASSIVE)
        peer.hello()
        outputs = peer.run_greeting(15.0)
        assert is_closed(outputs)
        assert last_reason(peer) == f"no connection to {PASSIVE}"

    def test_the_same_failure_is_told_once(self) -> None:
        peer = Peer(PASSIVE)
        for _ in range(3):
            (opening,) = of(OpenStream, peer.hello())
            peer.tell(StreamClosed(stream=opening.stream, why="connection refused"))
        assert len(of(SessionRefused, peer.outputs)) == 1


class TestInitialization:
    """RFC 5036 2.5.3 and 2.5.4."""

    def test_the_active_end_speaks_first(self) -> None:
        peer = Peer(PASSIVE)
        peer.hello()
        (said,) = messages(peer.accept())
        assert isinstance(said, Initialization)
        assert said.session.receiver == LdpId(PASSIVE)
        assert messages(peer.say(peer.initialization())) == [KEEPALIVE]
        assert of(SessionUp, peer.say(KEEPALIVE)) == [SessionUp(LdpId(PASSIVE))]

    def test_the_passive_end_answers(self) -> None:
        peer = Peer(ACTIVE)
        peer.hello()
        assert messages(peer.connect()) == []
        assert [type(m) for m in messages(peer.say(peer.initialization()))] == [
            Initialization,
            KeepAlive,
        ]
        assert of(SessionUp, peer.say(KEEPALIVE)) == [SessionUp(LdpId(ACTIVE))]

    @pytest.mark.parametrize("wrong", [LABEL, KEEPALIVE, AddressMessage((ITS_LINK,))])
    @pytest.mark.parametrize("router", [ACTIVE, PASSIVE])
    def test_any_other_message_first_is_answered_with_shutdown(
        self, router: object, wrong: LdpMessage
    ) -> None:
        peer = Peer(ACTIVE if router == ACTIVE else PASSIVE)
        peer.hello()
        peer.connect() if router == ACTIVE else peer.accept()
        outputs = peer.say(wrong)
        assert statuses(outputs) == [StatusCode.SHUTDOWN]
        assert is_closed(outputs)

    @pytest.mark.parametrize("wrong", [LABEL, AddressMessage((ITS_LINK,))])
    def test_labels_before_the_keepalive_are_answered_with_shutdown(
        self, wrong: LdpMessage
    ) -> None:
        peer = Peer(ACTIVE)
        peer.hello()
        peer.connect()
        peer.say(peer.initialization())
        assert statuses(peer.say(wrong)) == [StatusCode.SHUTDOWN]

    def test_a_shutdown_is_answered_with_one(self) -> None:
        peer = Peer(PASSIVE)
        peer.hello()
        peer.accept()
        outputs = peer.say(SHUTDOWN)
        assert statuses(outputs) == [StatusCode.SHUTDOWN]
        assert last_reason(peer) == "the peer says: Shutdown"

    def test_silence_ends_the_attempt(self) -> None:
        peer = Peer(ACTIVE)
        peer.hello()
        peer.connect()
        outputs = peer.run_greeting(15.0)
        assert statuses(outputs) == [StatusCode.KEEPALIVE_TIMER_EXPIRED]
        assert is_closed(outputs)

    def test_who_was_not_heard_is_told_no_hello(self) -> None:
        peer = Peer(ACTIVE)
        peer.connect()
        outputs = peer.say(peer.initialization())
        assert statuses(outputs) == [StatusCode.SESSION_REJECTED_NO_HELLO]
        assert is_closed(outputs)

    def test_another_receiver_is_told_no_hello(self) -> None:
        peer = Peer(ACTIVE)
        peer.hello()
        peer.connect()
        outputs = peer.say(peer.initialization(receiver=LdpId(ITS_LINK)))
        assert statuses(outputs) == [StatusCode.SESSION_REJECTED_NO_HELLO]

    @pytest.mark.parametrize(
        ("proposal", "status"),
        [
            ({"keepalive": 0}, StatusCode.SESSION_REJECTED_BAD_KEEPALIVE_TIME),
            ({"version": 2}, StatusCode.BAD_PROTOCOL_VERSION),
        ],
    )
    @pytest.mark.parametrize("router", [ACTIVE, PASSIVE])
    def test_unacceptable_parameters_are_rejected_by_name(
        self, router: object, proposal: dict[str, Any], status: StatusCode
    ) -> None:
        peer = Peer(ACTIVE if router == ACTIVE else PASSIVE)
        peer.hello()
        peer.connect() if router == ACTIVE else peer.accept()
        outputs = peer.say(peer.initialization(**proposal))
        assert statuses(outputs) == [status]
        assert is_closed(outputs)

    def test_downstream_on_demand_is_overruled(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish(on_demand=True)
        assert peer.is_up()

    def test_the_smaller_keepalive_time_counts(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish(keepalive=30)
        assert peer.view().keepalive == 30

    def test_another_connection_of_the_peer_replaces_the_session(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        peer.connect("second", port=40001)
        outputs = peer.say(peer.initialization())
        assert of(SessionDown, outputs)[0].reason == "the peer opened another session"
        peer.say(KEEPALIVE)
        assert peer.is_up()

    def test_one_address_holds_one_connection_that_does_not_say_whose_it_is(self) -> None:
        peer = Peer(ACTIVE)
        peer.hello()
        peer.connect("first", port=1)
        assert is_closed(peer.connect("second", port=2))


class TestBackoff:
    """RFC 5036 2.5.3: no less than 15 seconds, up to two minutes."""

    def reject(self, peer: Peer) -> None:
        peer.accept()
        status = Status(StatusCode.SESSION_REJECTED_BAD_KEEPALIVE_TIME)
        peer.say(Notification(status=status))

    def test_each_rejection_doubles_the_wait_up_to_two_minutes(self) -> None:
        peer = Peer(PASSIVE)
        peer.hello()
        waits: list[float] = []
        for _ in range(5):
            self.reject(peer)
            began = peer.now
            while not of(OpenStream, peer.hello() + peer.run(1.0)):
                assert peer.now - began < 200
            waits.append(peer.now - began)
        assert waits == [15, 30, 60, 120, 120]

    def test_the_reason_is_told_and_shown(self) -> None:
        peer = Peer(PASSIVE)
        peer.hello()
        self.reject(peer)
        assert last_reason(peer) == "the peer says: Session Rejected/ Bad KeepAlive Time"
        assert peer.view().last_failure == last_reason(peer)
        assert peer.view().waits == 15.0

    def test_a_peer_that_is_configured_anew_is_tried_at_once(self) -> None:
        peer = Peer(PASSIVE)
        first = Hello(hold_time=15, transport_address=PASSIVE, configuration_sequence=1)
        second = Hello(hold_time=15, transport_address=PASSIVE, configuration_sequence=2)
        peer.hello(first)
        self.reject(peer)
        assert of(OpenStream, peer.hello(first)) == []
        assert len(of(OpenStream, peer.hello(second))) == 1

    def test_a_session_that_came_up_ends_the_backoff(self) -> None:
        peer = Peer(PASSIVE)
        peer.hello()
        self.reject(peer)
        peer.run_greeting(15.0)
        peer.accept()
        peer.say(peer.initialization())
        peer.say(KEEPALIVE)
        peer.say(SHUTDOWN)
        assert len(of(OpenStream, peer.hello())) == 1


class TestKeepAlive:
    """RFC 5036 2.5.6."""

    def test_keepalives_go_out_three_times_as_often_as_needed(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish(keepalive=30)
        for _ in range(3):
            peer.say(KEEPALIVE)
            assert heard(KeepAlive, peer.run_greeting(10.0)) == [KEEPALIVE]

    def test_a_peer_that_falls_silent_is_given_up(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish(keepalive=30)
        outputs = peer.run_greeting(29.9)
        assert peer.is_up()
        outputs = peer.run_greeting(0.2)
        assert statuses(outputs) == [StatusCode.KEEPALIVE_TIMER_EXPIRED]
        assert is_closed(outputs)
        assert last_reason(peer) == "nothing heard for 30 s (KeepAlive timer)"

    def test_any_pdu_keeps_the_session_alive(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish(keepalive=30)
        for _ in range(5):
            peer.run_greeting(20.0)
            peer.say(LABEL)
        assert peer.is_up()


class TestEnd:
    def test_the_last_adjacency_takes_the_session_along(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        outputs = peer.run(15.0)
        assert statuses(outputs) == [StatusCode.HOLD_TIMER_EXPIRED]
        assert is_closed(outputs)
        assert peer.engine.neighbors(peer.now) == ()

    def test_an_interface_that_goes_down_shuts_the_session_down(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        outputs = peer.tell(InterfaceDown(name="eth0"))
        assert statuses(outputs) == [StatusCode.SHUTDOWN]
        assert last_reason(peer) == "no adjacency is left: eth0 is down"

    def test_a_stream_that_breaks_is_not_spoken_on(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        outputs = peer.tell(StreamClosed(stream=peer.stream, why="connection reset"))
        assert messages(outputs) == []
        assert not is_closed(outputs)
        assert last_reason(peer) == "connection closed: connection reset"

    def test_what_a_closed_stream_still_brings_is_not_heard(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        peer.say(SHUTDOWN)
        assert peer.say(LABEL) == []

    def test_nothing_runs_on_after_the_end(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        peer.tell(InterfaceDown(name="eth0"))
        assert peer.engine.next_deadline() is None
