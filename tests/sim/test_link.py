"""Links of the simulator."""

from __future__ import annotations

import random
from collections.abc import Callable

from controlplane.sim.link import FULL, Link
from controlplane.sim.scheduler import Scheduler

Got = list[tuple[str, float, bytes]]


def ends(link: Link, names: str, got: Got) -> list[Callable[[bytes], None]]:
    """Ends that note what they get, and the functions that send from them."""

    def receiver(name: str) -> Callable[[bytes], None]:
        return lambda frame: got.append((name, link.scheduler.now, frame))

    return [link.attach(receiver(name)) for name in names]


def test_a_frame_reaches_every_other_end_after_the_delay() -> None:
    scheduler, got = Scheduler(), Got()
    send = ends(Link(scheduler, random.Random(1), delay=0.25), "abc", got)
    send[1](b"frame")
    scheduler.run(until=1.0)
    assert got == [("a", 0.25, b"frame"), ("c", 0.25, b"frame")]


def test_a_link_that_is_down_carries_nothing() -> None:
    scheduler, got = Scheduler(), Got()
    link = Link(scheduler, random.Random(1), delay=0.0)
    send = ends(link, "ab", got)
    link.up = False
    send[0](b"lost")
    link.up = True
    send[0](b"carried")
    scheduler.run(until=1.0)
    assert [frame for *_, frame in got] == [b"carried"]


def test_what_is_under_way_when_a_link_goes_down_is_lost() -> None:
    scheduler, got = Scheduler(), Got()
    link = Link(scheduler, random.Random(1), delay=1.0)
    send = ends(link, "ab", got)
    send[0](b"lost")
    link.up = False
    scheduler.run(until=2.0)
    assert got == []


def test_a_lossy_link_loses_the_same_frames_with_the_same_seed() -> None:
    def arrived(seed: int) -> list[bytes]:
        scheduler, got = Scheduler(), Got()
        send = ends(Link(scheduler, random.Random(seed), delay=0.0, loss=0.5), "ab", got)
        for number in range(100):
            send[0](bytes((number,)))
        scheduler.run(until=1.0)
        return [frame for *_, frame in got]

    assert arrived(1) == arrived(1)
    assert 0 < len(arrived(1)) < 100
    assert arrived(1) != arrived(2)


def test_a_tap_sees_each_frame_once_when_it_is_sent() -> None:
    scheduler, seen = Scheduler(), list[tuple[float, bytes]]()
    link = Link(scheduler, random.Random(1), delay=1.0)
    link.taps.append(lambda at, frame: seen.append((at, frame)))
    ends(link, "abc", Got())[0](b"frame")
    scheduler.run(until=2.0)
    assert seen == [(0.0, b"frame")]


def test_a_link_that_doubles_frames_brings_that_share_of_them_twice() -> None:
    scheduler, got = Scheduler(), Got()
    send = ends(Link(scheduler, random.Random(1), delay=0.0, doubled=0.5), "ab", got)
    for number in range(100):
        send[0](bytes((number,)))
        scheduler.run(until=1.0)
    copies = [sum(frame == bytes((number,)) for *_, frame in got) for number in range(100)]
    assert set(copies) == {1, 2}
    assert 30 < copies.count(2) < 70


def test_a_frame_that_goes_round_is_not_doubled_without_end() -> None:
    """Two ends send back whatever arrives, each round 1.5 times as much."""
    scheduler = Scheduler()
    link = Link(scheduler, random.Random(1), delay=1.0, doubled=0.5)
    sends: list[Callable[[bytes], None]] = []
    for end in range(2):
        sends.append(link.attach(lambda frame, end=end: sends[end](frame)))  # type: ignore[misc]
    seen: list[bytes] = []
    link.taps.append(lambda _, frame: seen.append(frame))
    sends[0](b"frame")
    scheduler.run(until=99.5)
    assert 1000 < len(seen) <= 100 * 2 * FULL


def test_frames_of_a_link_with_jitter_overtake_one_another_and_none_is_lost() -> None:
    scheduler, got = Scheduler(), Got()
    send = ends(Link(scheduler, random.Random(1), delay=0.25, jitter=0.5), "ab", got)
    for number in range(20):
        send[0](bytes((number,)))
    scheduler.run(until=1.0)
    frames = [frame for *_, frame in got]
    assert frames != sorted(frames)
    assert sorted(frames) == [bytes((number,)) for number in range(20)]
    assert all(0.25 <= at <= 0.75 for _, at, _ in got)


def test_an_end_with_a_rate_sends_one_frame_after_the_other() -> None:
    scheduler, got = Scheduler(), Got()
    send = ends(Link(scheduler, random.Random(1), delay=0.25, rate=8000.0), "ab", got)
    for _ in range(3):
        send[0](bytes(100))
    send[1](bytes(100))
    scheduler.run(until=1.0)
    assert [(name, at) for name, at, _ in got] == [
        ("b", 0.35), ("a", 0.35), ("b", 0.45), ("b", 0.55)
    ]  # fmt: skip


def test_a_frame_for_which_a_link_has_no_room_is_dropped() -> None:
    scheduler, got = Scheduler(), Got()
    send = ends(Link(scheduler, random.Random(1), delay=0.25, limit=2), "ab", got)
    for number in range(3):
        send[0](bytes((number,)))
    scheduler.run(until=0.25)
    send[0](b"again")
    scheduler.run(until=1.0)
    assert [frame for *_, frame in got] == [b"\0", b"\1", b"again"]
