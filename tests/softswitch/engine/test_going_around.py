"""Resubmission, recirculation, clones at egress, truncation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from softswitch.engine import Engine

RESUBMIT, RECIRCULATE, CLONE, TRUNCATE, FOREVER = 1, 2, 3, 4, 5
PAYLOAD = b"payload"


@pytest.fixture
def engine(start: Callable[[str], Engine]) -> Engine:
    return start("around")


def frame(kind: int, rounds: int = 0, note: int = 0, seen: int = 0) -> bytes:
    return bytes((kind, rounds, note, seen)) + PAYLOAD


def test_a_resubmitted_packet_starts_over_with_the_preserved_fields_only(engine: Engine) -> None:
    assert engine.process(1, frame(RESUBMIT), 0) == [(2, frame(RESUBMIT, rounds=3, seen=1))]


def test_a_recirculated_packet_comes_back_as_the_deparser_made_it(engine: Engine) -> None:
    expected = frame(RECIRCULATE, rounds=3, note=0x33, seen=4)
    assert engine.process(1, frame(RECIRCULATE), 0) == [(2, expected)]


def test_a_clone_at_egress_follows_its_original_with_headers_as_egress_left_them(
    engine: Engine,
) -> None:
    engine.clone_session_set(9, [(6, 11), (7, 12)])
    assert engine.process(1, frame(CLONE), 0) == [
        (2, frame(CLONE, seen=0xAA)),
        (6, frame(CLONE, rounds=11, note=0x55, seen=0xAA)),
        (7, frame(CLONE, rounds=12, note=0x55, seen=0xAA)),
    ]


@pytest.mark.parametrize(("length", "kept"), [(0, 0), (3, 3), (6, 6), (11, 11), (50, 11)])
def test_a_truncated_packet_is_cut_when_it_leaves(engine: Engine, length: int, kept: int) -> None:
    expected = frame(TRUNCATE, rounds=length, seen=1)[:kept]
    assert engine.process(1, frame(TRUNCATE, rounds=length), 0) == [(2, expected)]


def test_a_packet_that_recirculates_for_ever_is_stopped(engine: Engine) -> None:
    assert engine.process(1, frame(FOREVER), 0) == []
    assert engine.statistics()["passes_exceeded"] == 1
    assert engine.process(1, frame(0), 0) == [(2, frame(0, seen=1))]


def test_a_frame_of_more_than_64_kibibytes_is_refused(engine: Engine) -> None:
    assert engine.process(1, bytes(65537), 0) == []
    assert engine.statistics()["oversized"] == 1
    assert len(engine.process(1, bytes(65536), 0)[0][1]) == 65536
