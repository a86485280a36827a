"""Judging received packets and captured ones."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.lab.file.expect import Receive
from controlplane.lab.judge.carriage import Crossing, LinkCapture, Outer, of_stream, once_each
from controlplane.lab.judge.reception import judge_nothing, judge_received
from controlplane.lab.judge.window import Window, window_of
from controlplane.lab.verdict import Seen
from controlplane.lab.world import Received

SENT = [float(second) for second in range(10)]
"""Packet n is sent at n seconds."""

ALL = Window()


def received(*numbers: int, delay: float = 0.01) -> Received:
    return Received(list(numbers), [number + delay for number in numbers])


class TestReceive:
    def test_each_packet_once_and_in_order_is_right(self) -> None:
        seen = judge_received(received(*range(10)), SENT, ALL)
        assert (seen.ok, seen.words) == (True, "10 of 10")

    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ((0, 1, 2, 4, 5, 6, 7, 9), "8 of 10; 2 missing, the first is 3, sent at 3.000 s"),
            ((*range(10), 9), "10 of 10; 1 more than once, the first is 9"),
            ((1, 0, *range(2, 10)), "10 of 10; out of order: 0 after 1"),
            ((), "0 of 10; 10 missing, the first is 0, sent at 0.000 s"),
        ],
    )
    def test_faults_are_told_in_numbers(self, numbers: tuple[int, ...], words: str) -> None:
        seen = judge_received(received(*numbers), SENT, ALL)
        assert (seen.ok, seen.words) == (False, words)

    @pytest.mark.parametrize(
        ("numbers", "ok", "words"),
        [
            ((0, 1, 1, 2, 2, 2, *range(3, 10)), True, "10 of 10, 2 more than once"),
            ((0, 1, 2, 1, *range(3, 10)), True, "10 of 10, 1 more than once"),
            (
                (0, 0, 1, 1, 2, 2, *range(3, 10)),
                False,
                "10 of 10, 3 more than once; 3 more than once, the first is 0",
            ),
        ],
    )
    def test_so_many_may_come_twice(self, numbers: tuple[int, ...], ok: bool, words: str) -> None:
        seen = judge_received(received(*numbers), SENT, ALL, repeats=2)
        assert (seen.ok, seen.words) == (ok, words)

    def test_packets_outside_the_window_do_not_count(self) -> None:
        window = Window(start=2.5, due=2.5, end=6.5)
        assert judge_received(received(0, 0, 3, 4, 5, 6, 9, 8), SENT, window).ok

    def test_what_was_on_its_way_at_the_end_of_the_window_may_be_missing(self) -> None:
        window = Window(end=6.05)
        assert judge_received(received(0, 1, 2, 3, 4, 5), SENT, window).ok
        assert not judge_received(received(0, 1, 2, 3, 4), SENT, window).ok

    def test_a_change_has_its_time_to_work(self) -> None:
        window = Window(start=2.5, due=4.5)
        seen = judge_received(received(4, 5, 6, 7, 8, 9), SENT, window)
        assert seen == Seen(True, "5 of 5, the first after 1.510 s", 1.51)

    def test_the_first_packet_must_come_in_time(self) -> None:
        window = Window(start=2.5, due=4.5)
        seen = judge_received(received(5, 6, 7, 8, 9, delay=0.02), SENT, window)
        assert (seen.ok, seen.words) == (
            False,
            "5 of 5, the first after 2.520 s; later than 2 s",
        )

    def test_a_window_without_packets_proves_nothing(self) -> None:
        seen = judge_received(received(), SENT, Window(start=20, due=20))
        assert (seen.ok, seen.words) == (False, "0 of 0; no packet was sent in this time")


class TestReceiveNothing:
    def test_nothing_is_right(self) -> None:
        assert judge_nothing(received(), SENT, ALL) is None

    def test_packets_are_told_with_their_times(self) -> None:
        words = judge_nothing(received(3, 4), SENT, ALL)
        assert words == "2 packets, number 3 at 3.010 s to 4.010 s"

    def test_a_branch_has_its_time_to_stop(self) -> None:
        window = Window(start=2, due=5, end=8)
        assert judge_nothing(received(2, 3, 4, 8, 9), SENT, window) is None
        assert judge_nothing(received(5), SENT, window) is not None


class TestWindow:
    def test_events_count_from_when_they_happened(self) -> None:
        expectation = Receive.model_validate(
            {"receive": "tv", "hosts": "h", "after": "join", "before": 9, "within": 2}
        )
        assert window_of(expectation, {"join": 3.25}) == Window(start=3.25, due=5.25, end=9)

    def test_without_moments_it_is_all_time(self) -> None:
        expectation = Receive.model_validate({"receive": "tv", "hosts": "h"})
        assert window_of(expectation, {}) == Window()


GRE: Outer = (IPv4Address("192.0.2.1"), IPv4Address("232.10.0.1"))
OTHER: Outer = (IPv4Address("192.0.2.2"), IPv4Address("232.10.0.1"))


class TestCarried:
    def test_vlans_of_one_wire_are_told_apart(self) -> None:
        both = [Crossing(1, 0, None, vlan=10), Crossing(1, 0, None, vlan=20)]
        capture = LinkCapture(both, frames=2, malformed=[])
        assert of_stream(capture, 1, range(5), frozenset({20})) == both[:1]

    def test_one_copy_of_each_in_the_right_form_is_right(self) -> None:
        crossings = [Crossing(1, number, GRE) for number in range(5)]
        assert list(once_each(crossings, range(5), GRE)) == []

    def test_faults_are_told_in_numbers(self) -> None:
        crossings = [
            Crossing(1, 0, GRE),
            Crossing(1, 1, GRE),
            Crossing(1, 1, GRE),
            Crossing(1, 2, None),
            Crossing(1, 3, OTHER),
        ]
        assert list(once_each(crossings, range(5), GRE)) == [
            "1 of 5 missing, the first is 4",
            "1 more than once, the first is 1",
            "1 without GRE",
            "1 in GRE 192.0.2.2 → 232.10.0.1",
        ]
