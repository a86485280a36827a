"""Two BFD engines on a link: sessions come up, fail and end (RFC 5880 6, RFC 5882 4)."""

from __future__ import annotations

from itertools import pairwise

import pytest

from controlplane.protocols.bfd.events import BfdEnabled, BfdSettings
from tests.protocols.bfd.link import FAST, Link, address, forget, watch


@pytest.fixture
def link() -> Link:
    """Routers 1 and 2, whose session is up since long."""
    link = Link({1: FAST, 2: FAST})
    link.connect(1, 2)
    link.run(10.0)
    assert link.states() == ["UP", "UP"]
    link.trace.clear()
    return link


class TestComingUp:
    def test_three_packets_in_each_direction_bring_a_session_up(self) -> None:
        link = Link({1: FAST, 2: FAST}, delay=0.001)
        link.connect(1, 2)
        link.run(0.0021)
        assert [sent.packet.state.name for sent in link.sent_by(1)] == ["DOWN", "INIT", "UP"]
        assert link.trace == [
            (0.002, 1, "session with 10.0.0.2 up on eth0"),
            (0.002, 2, "session with 10.0.0.1 up on eth0"),
        ]

    def test_a_session_starts_slowly_and_is_fast_once_it_is_up(self) -> None:
        link = Link({1: FAST, 2: FAST})
        link.tell(1, watch(1, 2))
        link.run(5.0)
        alone = [sent.at for sent in link.sent_by(1)]
        gaps = [after - before for before, after in pairwise(alone)]
        assert all(0.75 <= gap <= 1.0 for gap in gaps) and len(set(gaps)) == len(gaps) == 5
        link.tell(2, watch(2, 1))
        link.run(15.0)
        periodic = [sent.at for sent in link.sent_by(1, since=6.0)]
        gaps = [after - before for before, after in pairwise(periodic)]
        assert all(0.0749 <= gap <= 0.1001 for gap in gaps) and len(gaps) > 90
        assert min(gaps) < 0.08 and max(gaps) > 0.095

    def test_with_one_lost_packet_enough_jitter_leaves_a_tenth(self) -> None:
        """RFC 5880 6.8.7: "no more than 90% of the negotiated transmission interval"."""
        single = BfdSettings(desired_min_tx=0.1, required_min_rx=0.1, detect_mult=1)
        link = Link({1: single, 2: single})
        link.connect(1, 2)
        link.run(20.0)
        times = [sent.at for sent in link.sent_by(1, since=1.0)]
        gaps = [after - before for before, after in pairwise(times)]
        assert all(0.0749 <= gap <= 0.0901 for gap in gaps)
        assert link.told == []

    @pytest.mark.parametrize(
        ("theirs", "transmit", "detection"),
        [
            (BfdSettings(desired_min_tx=0.3, required_min_rx=0.2, detect_mult=5), 0.2, 1.5),
            (BfdSettings(desired_min_tx=0.05, required_min_rx=0.05, detect_mult=4), 0.1, 0.4),
        ],
    )
    def test_the_slower_of_both_sides_sets_the_pace_in_each_direction(
        self, theirs: BfdSettings, transmit: float, detection: float
    ) -> None:
        link = Link({1: FAST, 2: theirs})
        link.connect(1, 2)
        link.run(3.0)
        view = link.session(1)
        assert view.transmit_interval == pytest.approx(transmit)
        assert view.detection_time == pytest.approx(detection)

    def test_three_routers_on_a_lan_have_a_session_in_each_pair(self) -> None:
        link = Link({1: FAST, 2: FAST, 3: FAST})
        link.connect(1, 2, 3)
        link.run(3.0)
        assert link.states() == ["UP"] * 6


class TestFailing:
    def test_silence_for_the_detection_time_fails_the_session_and_tells_each_client_once(
        self, link: Link
    ) -> None:
        link.tell(1, watch(1, 2, client="pim"))
        link.loses = lambda sender: True
        expires = link.now + (link.session(1).expires or 0)
        link.run(20.0)
        assert link.session(1).state == "DOWN"
        words = "control detection time expired: nothing heard for 300 ms"
        assert [(at, text) for at, by, text in link.trace if by == 1] == [
            (expires, f"session with 10.0.0.2 down on eth0: {words}"),
            (expires, f"ospf: BFD: {words}"),
            (expires, f"pim: BFD: {words}"),
        ]
        assert {told.failure.neighbor for told in link.told if told.client == "pim"} == {address(2)}

    def test_on_a_one_way_link_the_side_that_is_heard_learns_from_the_other(
        self, link: Link
    ) -> None:
        link.loses = lambda sender: sender == 1
        link.run(20.0)
        assert set(link.states()) <= {"DOWN", "INIT"}
        assert [text for _, by, text in link.trace if by == 1] == [
            "session with 10.0.0.2 down on eth0: neighbor signaled session down:"
            " control detection time expired",
            "ospf: BFD: neighbor signaled session down: control detection time expired",
        ]
        assert len(link.told) == 2

    def test_one_that_was_never_up_fails_nobody(self) -> None:
        link = Link({1: FAST, 2: FAST})
        link.loses = lambda sender: sender == 1
        link.connect(1, 2)
        link.run(0.5)
        assert link.session(1).state == "INIT"
        link.loses = lambda sender: True
        link.run(10.0)
        assert link.session(1).state == "DOWN"
        assert (link.told, link.trace) == ([], [])

    def test_two_lost_packets_of_three_are_survived(self, link: Link) -> None:
        sent = 0

        def loses(sender: int) -> bool:
            nonlocal sent
            sent += sender == 1
            return sender == 1 and sent % 3 != 0

        link.loses = loses
        link.run(30.0)
        assert link.states() == ["UP", "UP"] and not link.told

    def test_the_session_comes_up_again_when_the_link_does(self, link: Link) -> None:
        before = link.session(1).local_discriminator
        link.loses = lambda sender: True
        link.run(12.0)
        link.loses = lambda sender: False
        link.run(15.0)
        assert link.states() == ["UP", "UP"]
        assert link.session(1).local_discriminator == before
        assert link.session(1).failures == 1

    def test_a_session_that_fails_asks_to_be_told_slowly_again(self, link: Link) -> None:
        link.loses = lambda sender: True
        link.run(20.0)
        last = link.sent_by(1)[-1].packet
        assert (last.desired_min_tx, last.your_discriminator) == (1_000_000, 0)
        assert last.diagnostic == 1


class TestEnding:
    def test_the_neighbor_of_an_ended_session_takes_no_failure_from_it(self, link: Link) -> None:
        """RFC 5882 4.2: "clients SHOULD NOT take any control protocol action"."""
        link.tell(1, forget(2))
        link.run(30.0)
        assert link.told == []
        assert link.session(2).state == "DOWN"
        assert [text for _, _, text in link.trace] == [
            "session with 10.0.0.2 down on eth0: nobody watches the neighbor any more",
            "session with 10.0.0.1 down on eth0: the neighbor took it down administratively",
        ]

    def test_it_is_told_for_a_detection_time_and_then_the_session_is_gone(self, link: Link) -> None:
        ended = link.now
        link.tell(1, forget(2))
        link.run(30.0)
        said = link.sent_by(1, since=ended)
        assert {sent.packet.state.name for sent in said} == {"ADMIN_DOWN"}
        assert {sent.packet.diagnostic for sent in said} == {7}
        assert 2.0 < said[-1].at - ended <= 3.0
        assert link.engines[1].sessions(link.now) == ()
        assert link.engines[1].next_deadline() is None

    def test_it_lasts_while_another_protocol_watches(self, link: Link) -> None:
        link.tell(1, watch(1, 2, client="pim"))
        link.tell(1, forget(2))
        link.run(20.0)
        assert link.states() == ["UP", "UP"]
        assert link.session(1).clients == ("pim",)

    def test_who_forgot_the_neighbor_stays_forgotten_when_settings_change(self, link: Link) -> None:
        link.tell(1, watch(1, 2, client="pim"))
        link.tell(1, forget(2))
        link.tell(1, BfdEnabled(interface="eth0", settings=FAST))
        assert link.session(1).clients == ("pim",)

    def test_watched_again_it_comes_up_again(self, link: Link) -> None:
        before = link.session(1).local_discriminator
        link.tell(1, forget(2))
        link.run(11.0)
        link.tell(1, watch(1, 2))
        link.run(20.0)
        assert link.states() == ["UP", "UP"] and not link.told
        assert link.session(1).local_discriminator == before

    def test_one_that_failed_says_so_until_it_is_gone(self, link: Link) -> None:
        """The neighbour may not have heard of it: AdminDown would hide the failure from it."""
        link.loses = lambda sender: True
        link.run(10.5)
        failed = link.now
        link.tell(1, forget(2))
        link.loses = lambda sender: False
        link.run(30.0)
        assert {sent.packet.state.name for sent in link.sent_by(1, since=failed)} == {"DOWN"}
        assert link.engines[1].sessions(link.now) == ()

    def test_one_that_heard_nobody_ends_at_once(self) -> None:
        link = Link({1: FAST})
        link.tell(1, watch(1, 2))
        link.tell(1, forget(2))
        assert link.engines[1].sessions(0.0) == ()
        assert link.engines[1].next_deadline() is None
        link.tell(1, BfdEnabled(interface="eth0", settings=FAST))
        assert link.engines[1].sessions(0.0) == ()

    def test_who_was_never_watched_can_be_forgotten(self, link: Link) -> None:
        link.tell(1, forget(9))
        assert link.states() == ["UP", "UP"]


class TestInterface:
    def test_going_down_it_takes_its_sessions_down_in_silence(self, link: Link) -> None:
        """Clients are told of the interface itself."""
        link.interface_down(1)
        went = link.now
        link.run(14.0)
        assert link.session(1).state == "DOWN"
        assert link.session(1).diagnostic == "path down"
        assert link.engines[1].counters["drop: the interface is down"] > 0
        assert not link.sent_by(1, since=went + 0.001)
        words = "session with 10.0.0.2 down on eth0: the interface went down"
        assert [line for line in link.trace if line[1] == 1] == [(went, 1, words)]

    def test_up_again_its_sessions_come_up_with_the_discriminators_that_they_had(
        self, link: Link
    ) -> None:
        before = link.session(1).local_discriminator
        link.interface_down(1)
        link.run(12.0)
        link.interface_up(1)
        link.run(15.0)
        assert link.states() == ["UP", "UP"]
        assert link.session(1).local_discriminator == before

    def test_a_session_that_ends_on_an_interface_that_is_down_is_gone_at_once(
        self, link: Link
    ) -> None:
        link.interface_down(1)
        link.tell(1, forget(2))
        assert link.engines[1].sessions(link.now) == ()

    def test_a_session_that_is_ending_goes_with_its_interface(self, link: Link) -> None:
        link.tell(1, forget(2))
        link.interface_down(1)
        assert link.engines[1].sessions(link.now) == ()
        assert link.engines[1].next_deadline() is None


def test_what_show_says_of_a_session(link: Link) -> None:
    view = link.session(1)
    peer = link.session(2)
    assert (view.interface, view.neighbor, view.local) == ("eth0", address(2), address(1))
    assert (view.state, view.remote_state, view.clients) == ("UP", "UP", ("ospf",))
    assert view.remote_discriminator == peer.local_discriminator
    assert view.uptime == pytest.approx(10.0 - 0.002)
    assert (view.diagnostic, view.remote_diagnostic) == ("no diagnostic", "no diagnostic")
    assert view.transmit_interval == 0.1
    assert view.detection_time == pytest.approx(0.3)
    assert (view.detect_mult, view.remote_detect_mult) == (3, 3)
    assert view.next_transmit is not None and 0 <= view.next_transmit <= 0.1
    assert view.expires is not None and 0.2 <= view.expires <= 0.3
    assert (view.polling, view.remote_demand, view.failures) == (False, False, 0)
    assert view.sent == len(link.sent_by(1))
    assert view.received in (peer.sent, peer.sent - 1)


@pytest.mark.parametrize("interval", [0.01, 0.05, 1.0, 5.0])
def test_any_interval_is_held(interval: float) -> None:
    settings = BfdSettings(desired_min_tx=interval, required_min_rx=interval)
    link = Link({1: settings, 2: settings}, delay=0.0001)
    link.connect(1, 2)
    link.run(20 + 20 * interval)
    assert link.states() == ["UP", "UP"] and not link.told
    assert link.session(1).transmit_interval == interval
