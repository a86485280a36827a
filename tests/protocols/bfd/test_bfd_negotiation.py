"""Poll Sequences, Demand mode and changed intervals: RFC 5880 6.5, 6.6, 6.8.3, 6.8.7."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlplane.protocols.bfd.events import BfdSettings
from controlplane.wire.bfd import ControlPacket, SessionState
from tests.protocols.bfd.link import FAST
from tests.protocols.bfd.router import NEIGHBOR, Router

SLOWER = BfdSettings(desired_min_tx=0.4, required_min_rx=0.1, detect_mult=3)
EXPECTS_MORE = BfdSettings(desired_min_tx=0.1, required_min_rx=0.02, detect_mult=3)


@pytest.fixture
def router() -> Router:
    return Router()


class TestPoll:
    def test_coming_up_a_session_polls_for_its_fast_interval_until_it_is_answered(
        self, router: Router
    ) -> None:
        router.hears(NEIGHBOR)
        mine = router.session.local_discriminator
        up = replace(NEIGHBOR, state=SessionState.UP, your_discriminator=mine)
        (said,) = router.hears(up)
        assert (said.state, said.poll, said.desired_min_tx) == (SessionState.UP, True, 100_000)
        assert all(packet.poll for packet in router.run(0.25, hearing=up))
        router.hears(replace(up, final=True))
        assert not any(packet.poll for packet in router.run(0.5, hearing=up))

    def test_a_poll_is_answered_at_once_whatever_the_state(self, router: Router) -> None:
        first = router.hears(replace(NEIGHBOR, poll=True))
        assert [(packet.final, packet.poll) for packet in first] == [(True, False)]
        up = router.comes_up()
        (answer,) = router.hears(replace(up, poll=True))
        assert (answer.final, answer.poll) == (True, False)

    def test_answers_leave_the_periodic_packets_where_they_are(self, router: Router) -> None:
        up = router.comes_up()
        due = router.session.next_transmit
        router.hears(replace(up, poll=True))
        assert router.session.next_transmit == due

    def test_the_poll_bit_goes_with_periodic_packets_and_causes_no_others(
        self, router: Router
    ) -> None:
        up = router.comes_up()
        router.enable(EXPECTS_MORE)
        polls = router.run(1.0, hearing=up)
        assert all(packet.poll for packet in polls) and 10 <= len(polls) <= 14


class TestChangedIntervals:
    def test_sending_slows_down_only_when_the_neighbor_knows(self, router: Router) -> None:
        up = router.comes_up()
        router.run(1.0, hearing=up)
        (said,) = router.enable(SLOWER)
        assert (said.poll, said.desired_min_tx) == (True, 400_000)
        assert router.session.transmit_interval == 0.1
        router.hears(replace(up, final=True))
        assert router.session.transmit_interval == 0.4

    def test_a_shorter_detection_time_counts_only_when_the_neighbor_knows(
        self, router: Router
    ) -> None:
        up = router.comes_up(desired_min_tx=20_000)
        router.run(1.0, hearing=up)
        router.enable(EXPECTS_MORE)
        assert router.session.detection_time == pytest.approx(0.3)
        router.hears(replace(up, final=True))
        assert router.session.detection_time == pytest.approx(0.06)

    def test_faster_sending_counts_at_once(self, router: Router) -> None:
        router.comes_up(required_min_rx=10_000)
        router.enable(BfdSettings(desired_min_tx=0.05, required_min_rx=0.1))
        assert router.session.transmit_interval == 0.05

    def test_a_longer_detection_time_counts_at_once(self, router: Router) -> None:
        router.comes_up()
        before = router.session.expires or 0
        router.enable(BfdSettings(desired_min_tx=0.1, required_min_rx=0.2))
        assert router.session.detection_time == pytest.approx(0.6)
        assert router.session.expires == pytest.approx(before + 0.3)

    def test_a_second_change_waits_for_a_packet_after_the_answer_to_the_first(
        self, router: Router
    ) -> None:
        """RFC 5880 6.8.3 (3): else nobody knows which of the two the Final is for."""
        up = router.comes_up()
        router.enable(SLOWER)
        router.enable(FAST)
        assert router.run(0.3, hearing=up)[-1].desired_min_tx == 400_000
        router.hears(replace(up, final=True))
        assert router.session.transmit_interval == 0.4
        (said,) = router.hears(up)
        assert (said.poll, said.desired_min_tx) == (True, 100_000)

    def test_who_is_asked_for_more_does_not_wait_out_the_old_interval(self, router: Router) -> None:
        up = router.comes_up(required_min_rx=2_000_000)
        router.run(0.2, hearing=up)
        assert (router.session.next_transmit or 0) > 1.0
        router.hears(replace(up, required_min_rx=50_000))
        assert router.engine.next_deadline() == router.now

    def test_a_changed_multiplier_is_said_at_once_and_without_a_poll(self, router: Router) -> None:
        router.comes_up()
        (said,) = router.enable(BfdSettings(desired_min_tx=0.1, required_min_rx=0.1, detect_mult=5))
        assert (said.detect_mult, said.poll) == (5, False)

    def test_nothing_is_sent_periodically_to_who_wants_nothing(self, router: Router) -> None:
        up = router.comes_up(required_min_rx=0)
        assert router.run(2.0, hearing=up) == []
        assert router.session.next_transmit is None

    def test_who_wanted_nothing_and_is_gone_hears_from_us_again(self, router: Router) -> None:
        """RFC 5880 6.8.18: RemoteMinRxInterval goes back to 1 after a Detection Time."""
        router.comes_up(required_min_rx=0)
        router.run(1.0)
        assert router.session.state == "DOWN"
        assert router.run(5.0)


class TestDemand:
    def demanding(self, router: Router) -> ControlPacket:
        up = router.comes_up(demand=True)
        router.run(0.3, hearing=up)
        return up

    def test_a_neighbor_in_demand_mode_gets_no_periodic_packets(self, router: Router) -> None:
        up = self.demanding(router)
        assert router.run(5.0, hearing=up) == []
        assert (router.session.state, router.session.remote_demand) == ("UP", True)

    def test_its_polls_are_answered(self, router: Router) -> None:
        up = self.demanding(router)
        (answer,) = router.hears(replace(up, poll=True))
        assert answer.final

    def test_what_changes_is_polled_for_until_it_is_answered(self, router: Router) -> None:
        up = self.demanding(router)
        five = BfdSettings(desired_min_tx=0.1, required_min_rx=0.1, detect_mult=5)
        said = router.enable(five) + router.run(1.0, hearing=up)
        assert len(said) > 5 and all(p.poll and p.detect_mult == 5 for p in said)
        router.hears(replace(up, final=True))
        assert router.run(2.0, hearing=up) == []

    def test_packets_come_again_when_it_wants_them(self, router: Router) -> None:
        up = self.demanding(router)
        router.run(3.0, hearing=up)
        assert len(router.run(4.0, hearing=replace(up, demand=False))) >= 10

    def test_its_silence_is_a_failure_all_the_same(self, router: Router) -> None:
        """Demand mode stops the packets to it, not those of it (RFC 5880 6.6)."""
        self.demanding(router)
        router.run(1.0)
        assert len(router.told) == 1


class TestLateDriver:
    """Whoever runs the engine did not do so for a while, and finds packets that came meanwhile."""

    def asleep(self, router: Router, late: float) -> ControlPacket:
        up = router.comes_up(required_min_rx=2_000_000)
        router.run(0.5, hearing=up)
        router.now += (router.session.expires or 0) + late
        router.advance()
        return up

    def test_a_late_expiry_waits_an_interval_for_what_is_still_unread(self, router: Router) -> None:
        up = self.asleep(router, late=0.5)
        assert router.session.state == "UP"
        router.hears(up)
        router.run(router.now + 1.0, hearing=up)
        assert router.session.state == "UP" and not router.told

    def test_a_detection_time_that_ends_just_after_the_engine_woke_is_no_failure_either(
        self, router: Router
    ) -> None:
        """Our own packet was due long before: that shows that the engine had not run."""
        up = router.comes_up()
        router.run(1.0, hearing=up)
        router.now += (router.session.expires or 0) - 0.001
        router.advance()
        router.run(router.now + 0.002)
        assert router.session.state == "UP"
        router.hears(up)
        assert not router.told

    def test_when_nothing_was_unread_the_session_fails(self, router: Router) -> None:
        self.asleep(router, late=0.5)
        woke = router.now
        router.run(woke + 0.099)
        assert not router.told
        router.run(woke + 0.101)
        assert len(router.told) == 1

    def test_one_interval_is_waited_however_often_the_engine_is_late(self, router: Router) -> None:
        self.asleep(router, late=0.5)
        router.now += 0.3
        router.advance()
        assert len(router.told) == 1

    def test_lateness_that_any_loop_has_is_no_excuse(self, router: Router) -> None:
        self.asleep(router, late=0.0049)
        assert len(router.told) == 1
