"""Control calls while packets are processed, and several switches in one process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from softswitch.engine import Engine

OLD, NEW = [(1, 0), (2, 0), (3, 0)], [(4, 0), (5, 0)]
FRAME = bytes([0, 0, 0, 0, 0, 1]) + bytes(6) + b"\x08\x00"


def test_a_packet_sees_the_old_members_of_a_group_or_the_new_never_a_mixture(
    start: Callable[[str], Engine],
) -> None:
    engine = start("replicate")
    engine.multicast_group_set(1, OLD)
    done = threading.Event()

    def rewrite() -> None:
        for _ in range(2000):
            engine.multicast_group_set(1, NEW)
            engine.multicast_group_set(1, OLD)
        done.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(tuple(port for port, _ in engine.process(9, FRAME, 0)))
    writer.join()
    assert seen <= {(1, 2, 3), (4, 5)}


def test_switches_with_the_same_program_share_nothing(start: Callable[[str], Engine]) -> None:
    one, other = start("replicate"), start("replicate")
    one.multicast_group_set(1, OLD)
    assert len(one.process(9, FRAME, 0)) == 3
    assert other.process(9, FRAME, 0) == []


def test_switches_with_different_programs_live_in_one_process(
    start: Callable[[str], Engine],
) -> None:
    one, other = start("replicate"), start("around")
    one.multicast_group_set(1, NEW)
    assert other.process(1, bytes(4), 0) == [(2, bytes((0, 0, 0, 1)))]
    assert [port for port, _ in one.process(9, FRAME, 0)] == [4, 5]


def test_large_and_many_copies_come_back_whole(start: Callable[[str], Engine]) -> None:
    engine = start("replicate")
    for count, size in ((1, 10), (200, 9000), (3, 60), (500, 1500)):
        engine.multicast_group_set(1, [(port, 0) for port in range(1, count + 1)])
        sent = FRAME + bytes(range(256)) * (size // 256)
        copies = engine.process(9, sent, 0)
        assert [port for port, _ in copies] == list(range(1, count + 1))
        assert {frame[14:] for _, frame in copies} == {sent[14:]}
