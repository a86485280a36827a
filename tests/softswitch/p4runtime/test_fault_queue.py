"""runtime/fault.c, called directly: each fault does what it says, exactly, by its seed.

`Expected` is the same link in few lines of Python: the same frames at the same times must meet the
same fate in both.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import pytest

from softswitch.build import build_io_library
from softswitch.faults import FaultCounters

CERTAIN: Final = 1 << 32
NEVER: Final = (1 << 64) - 1
MS: Final = 1_000_000
_WORD: Final = (1 << 64) - 1

LIBRARY = ctypes.CDLL(str(build_io_library()))
LIBRARY.fault_create.restype = ctypes.c_void_p
LIBRARY.fault_next.restype = ctypes.c_uint64
SINK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)


class Rules(ctypes.Structure):
    """struct fault_rules"""

    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in ("loss", "duplicate", "delay", "jitter", "rate", "limit", "seed")
    )


class Counters(ctypes.Structure):
    """struct fault_counters"""

    _fields_ = tuple((name, ctypes.c_uint64) for name in FaultCounters.__slots__)


@dataclass(frozen=True)
class Given:
    """The rules of a test, in the units of C."""

    loss: int = 0
    duplicate: int = 0
    delay: int = 0
    jitter: int = 0
    rate: int = 0
    limit: int = 1000
    seed: int = 1


class Link:
    """One direction of a link, as the switch has it."""

    def __init__(self, given: Given) -> None:
        self._fault = ctypes.c_void_p(LIBRARY.fault_create())
        self.set(given)

    def set(self, given: Given) -> None:
        LIBRARY.fault_set(self._fault, ctypes.byref(Rules(**vars(given))))

    def close(self) -> None:
        LIBRARY.fault_destroy(self._fault)

    def offer(self, frame: bytes, now: int) -> None:
        LIBRARY.fault_offer(self._fault, frame, len(frame), ctypes.c_uint64(now))

    def next(self) -> int | None:
        at: int = LIBRARY.fault_next(self._fault)
        return None if at == NEVER else at

    def release(self, now: int) -> list[bytes]:
        frames: list[bytes] = []
        sink = SINK(lambda _, address, length: frames.append(ctypes.string_at(address, length)))
        LIBRARY.fault_release(self._fault, ctypes.c_uint64(now), sink, None)
        return frames

    def arrivals(self) -> list[tuple[int, bytes]]:
        """All that is on its way, each when it arrives."""
        found: list[tuple[int, bytes]] = []
        while (at := self.next()) is not None:
            found += [(at, frame) for frame in self.release(at)]
        return found

    def counters(self) -> FaultCounters:
        counters = Counters()
        LIBRARY.fault_read(self._fault, ctypes.byref(counters))
        return FaultCounters(*(getattr(counters, name) for name in FaultCounters.__slots__))


@dataclass
class Expected:
    """What must come of frames."""

    rules: Given
    sent_at: int = 0
    waiting: list[tuple[int, int, bytes]] = field(default_factory=list)
    lost: int = 0
    duplicated: int = 0
    overflowed: int = 0

    def __post_init__(self) -> None:
        self._chance = self.rules.seed
        self._number = 0

    def offer(self, frame: bytes, now: int) -> None:
        if len(self.waiting) >= self.rules.limit:
            self.overflowed += 1
            return
        sent = self._transmit(len(frame), now)
        if self._happens(self.rules.loss):
            self.lost += 1
            return
        twice = self._happens(self.rules.duplicate)
        self.duplicated += twice
        for _ in range(1 + twice):
            self._add(frame, sent + self._delay())

    def release(self, now: int) -> list[bytes]:
        arrived = sorted(item for item in self.waiting if item[0] <= now)
        self.waiting = [item for item in self.waiting if item[0] > now]
        return [frame for *_, frame in arrived]

    def _transmit(self, length: int, now: int) -> int:
        if not self.rules.rate:
            return now
        self.sent_at = max(self.sent_at, now) + 8 * length * 10**9 // self.rules.rate
        return self.sent_at

    def _happens(self, share: int) -> bool:
        return share > 0 and self._draw() >> 32 < share

    def _delay(self) -> int:
        delay, jitter = self.rules.delay, self.rules.jitter
        return delay - jitter + self._draw() % (2 * jitter + 1) if jitter else delay

    def _add(self, frame: bytes, arrives: int) -> None:
        if len(self.waiting) >= self.rules.limit:
            self.overflowed += 1
            return
        self.waiting.append((arrives, self._number, frame))
        self._number += 1

    def _draw(self) -> int:
        """SplitMix64."""
        self._chance = (self._chance + 0x9E3779B97F4A7C15) & _WORD
        z = self._chance
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _WORD
        z = (z ^ z >> 27) * 0x94D049BB133111EB & _WORD
        return z ^ z >> 31


@pytest.fixture
def link() -> Iterator[Link]:
    link = Link(Given())
    yield link
    link.close()


def offer(link: Link, count: int, now: int = 0, octets: int = 100) -> list[bytes]:
    """Frames that can be told from each other, all at once."""
    frames = [number.to_bytes(4, "big") + bytes(octets - 4) for number in range(count)]
    for frame in frames:
        link.offer(frame, now)
    return frames


def counted(lost: int = 0, duplicated: int = 0, overflowed: int = 0, waiting: int = 0) -> object:
    return FaultCounters(lost, duplicated, overflowed, waiting)


def test_without_rules_frames_pass_at_once_and_in_order(link: Link) -> None:
    frames = offer(link, 50, now=7)
    assert link.release(7) == frames
    assert link.next() is None
    assert link.counters() == counted()


def test_all_frames_are_lost_at_a_loss_of_one(link: Link) -> None:
    link.set(Given(loss=CERTAIN))
    offer(link, 50)
    assert link.next() is None
    assert link.counters() == counted(lost=50)


def test_a_loss_takes_its_share(link: Link) -> None:
    link.set(Given(loss=CERTAIN // 4, limit=10_000))
    frames = offer(link, 10_000)
    left = link.release(0)
    arrived = set(left)
    assert link.counters() == counted(lost=10_000 - len(left))
    assert 7_300 < len(left) < 7_700
    assert left == [frame for frame in frames if frame in arrived]


def test_a_doubled_frame_comes_twice(link: Link) -> None:
    link.set(Given(duplicate=CERTAIN))
    frames = offer(link, 3)
    assert link.release(0) == [frame for frame in frames for _ in range(2)]
    assert link.counters() == counted(duplicated=3)


def test_a_delay_holds_frames_for_exactly_so_long(link: Link) -> None:
    link.set(Given(delay=5 * MS))
    link.offer(b"first", 0)
    link.offer(b"second", 1)
    assert link.next() == 5 * MS
    assert link.release(5 * MS - 1) == []
    assert link.release(5 * MS) == [b"first"]
    assert link.counters() == counted(waiting=1)
    assert link.release(5 * MS + 1) == [b"second"]


def test_jitter_spreads_frames_around_the_delay_and_lets_them_overtake(link: Link) -> None:
    link.set(Given(delay=5 * MS, jitter=2 * MS))
    frames = offer(link, 500)
    arrivals = link.arrivals()
    times = [at for at, _ in arrivals]
    assert sorted(frame for _, frame in arrivals) == frames
    assert [frame for _, frame in arrivals] != frames
    assert times == sorted(times)
    assert 3 * MS <= times[0] < 3.1 * MS and 6.9 * MS < times[-1] <= 7 * MS


def test_a_rate_spaces_frames_by_their_length(link: Link) -> None:
    link.set(Given(rate=8_000_000, delay=MS))  # an octet a microsecond
    offer(link, 3, octets=100)
    assert [at for at, _ in link.arrivals()] == [MS + 100_000, MS + 200_000, MS + 300_000]


def test_an_idle_link_does_not_save_its_rate_up(link: Link) -> None:
    link.set(Given(rate=8_000_000))
    offer(link, 1, now=0)
    offer(link, 1, now=10 * MS)
    assert [at for at, _ in link.arrivals()] == [100_000, 10 * MS + 100_000]


def test_a_full_queue_drops_at_its_tail(link: Link) -> None:
    link.set(Given(rate=8_000_000, limit=4))
    frames = offer(link, 10)
    assert link.counters() == counted(overflowed=6, waiting=4)
    assert [frame for _, frame in link.arrivals()] == frames[:4]


def test_a_copy_for_which_there_is_no_room_is_dropped_alone(link: Link) -> None:
    link.set(Given(duplicate=CERTAIN, limit=3))
    first, second = offer(link, 2)
    assert link.release(0) == [first, first, second]
    assert link.counters() == counted(duplicated=2, overflowed=1)


def test_what_is_under_way_when_faults_change_arrives_as_it_would_have(link: Link) -> None:
    link.set(Given(delay=5 * MS))
    link.offer(b"slow", 0)
    link.set(Given(loss=CERTAIN))
    link.offer(b"lost", 1)
    assert link.arrivals() == [(5 * MS, b"slow")]


def rules(rng: random.Random) -> Given:
    delay = rng.choice((0, 1, 3 * MS))
    return Given(
        loss=rng.choice((0, CERTAIN // 10)),
        duplicate=rng.choice((0, CERTAIN // 3)),
        delay=delay,
        jitter=rng.choice((0, delay // 2, delay)),
        rate=rng.choice((0, 1_000_000, 10**9)),
        limit=rng.choice((1, 5, 1000)),
        seed=rng.getrandbits(64),
    )


@pytest.mark.parametrize("seed", range(40))
def test_random_frames_meet_the_fate_that_their_seed_says(link: Link, seed: int) -> None:
    rng = random.Random(seed)
    given = rules(rng)
    link.set(given)
    expected, now = Expected(given), 0
    for number in range(200):
        now += rng.choice((0, 1, 100_000, 2 * MS))
        frame = number.to_bytes(2, "big") + bytes(rng.randrange(1500))
        link.offer(frame, now)
        expected.offer(frame, now)
        assert link.next() == min((at for at, *_ in expected.waiting), default=None)
        assert link.release(now) == expected.release(now)
    assert link.counters() == counted(
        expected.lost, expected.duplicated, expected.overflowed, len(expected.waiting)
    )
    assert [frame for _, frame in link.arrivals()] == expected.release(NEVER)


def test_another_seed_is_another_fate() -> None:
    def left(seed: int) -> list[bytes]:
        link = Link(replace(Given(loss=CERTAIN // 2), seed=seed))
        offer(link, 100)
        frames = link.release(0)
        link.close()
        return frames

    assert left(1) == left(1)
    assert left(1) != left(2)
