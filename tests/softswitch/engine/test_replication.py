"""Multicast groups and clone sessions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from softswitch.engine import Engine
from softswitch.errors import EngineError, ErrorKind

REPLICATED, INGRESS_CLONE = 5, 1
DROPPED_INSTANCE = 99


@pytest.fixture
def engine(start: Callable[[str], Engine]) -> Engine:
    return start("replicate")


def frame(
    group: int, session: int = 0, *, dropped: bool = False, payload: bytes = b"data"
) -> bytes:
    source = int(dropped) << 16 | session
    return group.to_bytes(6, "big") + source.to_bytes(6, "big") + b"\x08\x00" + payload


def rewritten(original: bytes) -> bytes:
    return original[:12] + b"\x12\x34" + original[14:]


def outer(instance: int, length: int, instance_type: int) -> bytes:
    parts = ((instance, 2), (length, 4), (instance_type, 4))
    return b"".join(value.to_bytes(octets, "big") for value, octets in parts)


def test_every_replica_gets_a_copy_in_order_rewritten_by_its_instance(engine: Engine) -> None:
    engine.multicast_group_set(1, [(4, 1), (2, 7), (2, 8), (3, 0)])
    original = frame(1)
    copy = rewritten(original)
    assert engine.process(9, original, 0) == [
        (4, copy),
        (2, outer(7, len(original), REPLICATED) + copy),
        (2, outer(8, len(original), REPLICATED) + copy),
        (3, copy),
    ]


def test_a_copy_dropped_at_egress_leaves_the_others_alone(engine: Engine) -> None:
    engine.multicast_group_set(1, [(1, 0), (2, DROPPED_INSTANCE), (3, 0)])
    assert [port for port, _ in engine.process(9, frame(1), 0)] == [1, 3]
    assert engine.statistics()["egress_drops"] == 1


def test_a_group_is_replaced_as_a_whole(engine: Engine) -> None:
    engine.multicast_group_set(1, [(1, 0), (2, 0)])
    engine.multicast_group_set(1, [(3, 0)])
    assert [port for port, _ in engine.process(9, frame(1), 0)] == [3]


def test_an_empty_group_sends_nothing(engine: Engine) -> None:
    engine.multicast_group_set(1, [])
    assert engine.process(9, frame(1), 0) == []


def test_an_unknown_group_is_counted(engine: Engine) -> None:
    engine.multicast_group_set(1, [(1, 0)])
    engine.multicast_group_delete(1)
    assert engine.process(9, frame(1), 0) == []
    assert engine.statistics()["unknown_groups"] == 1


def test_dropping_takes_the_group_back(engine: Engine) -> None:
    engine.multicast_group_set(1, [(1, 0)])
    assert engine.process(9, frame(1, dropped=True), 0) == []


def test_a_clone_is_the_packet_as_it_came_with_the_preserved_fields(engine: Engine) -> None:
    engine.multicast_group_set(1, [(1, 0)])
    engine.clone_session_set(3, [(8, 0)])
    original = frame(1, session=3)
    kept, lost = b"\xbe\xef", b"\x00\x00"
    clone = original[:6] + b"\x00\x00" + kept + lost + original[12:]
    assert engine.process(9, original, 0) == [(8, clone), (1, rewritten(original))]


def test_a_session_clones_to_each_of_its_replicas(engine: Engine) -> None:
    engine.clone_session_set(3, [(8, 0), (7, 5)])
    copies = engine.process(9, frame(0, session=3, dropped=True), 0)
    assert [port for port, _ in copies] == [8, 7]
    assert copies[1][1].startswith(outer(5, 18, INGRESS_CLONE))


@pytest.mark.parametrize(("limit", "length"), [(0, 118), (16, 16), (64, 64), (1000, 118)])
def test_a_session_truncates_its_clones(engine: Engine, limit: int, length: int) -> None:
    engine.clone_session_set(3, [(8, 0)], packet_length=limit)
    copies = engine.process(9, frame(0, session=3, dropped=True, payload=bytes(104)), 0)
    assert [len(copy) for _, copy in copies] == [length]


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda engine: engine.multicast_group_delete(1), ErrorKind.NOT_FOUND),
        (lambda engine: engine.clone_session_delete(1), ErrorKind.NOT_FOUND),
        (lambda engine: engine.multicast_group_set(1 << 16, []), ErrorKind.OUT_OF_RANGE),
        (lambda engine: engine.clone_session_set(1 << 15, []), ErrorKind.OUT_OF_RANGE),
    ],
)
def test_unknown_and_impossible_ids_are_refused(
    engine: Engine, call: Callable[[Engine], None], kind: ErrorKind
) -> None:
    with pytest.raises(EngineError) as caught:
        call(engine)
    assert caught.value.kind is kind
