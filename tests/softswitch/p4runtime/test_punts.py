"""The ring of punted frames, and the messages that are made of them in native code.

`test_sanitizers.py` runs this file again, with native code compiled for the sanitizers.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from itertools import count, islice
from queue import SimpleQueue
from threading import Thread

import pytest
from finsy.proto import p4r
from hypothesis import given
from hypothesis import strategies as st

from softswitch.build import build_io_library
from softswitch.p4runtime.p4info import Field, PacketHeader
from softswitch.p4runtime.packet_io import PacketInDecoder
from softswitch.punts import MOST, PacketInLayout, Punts, declare

LIBRARY = declare(ctypes.CDLL(str(build_io_library())))
BARE = PacketInLayout(0, [])
LONGEST = 65_600
"""More than any frame has."""
WIDTHS = st.lists(st.integers(1, 130), max_size=9)


class Ring:
    """Both ends; what is put is seen when it is published."""

    def __init__(self) -> None:
        self.pointer = ctypes.c_void_p(LIBRARY.punts_create())
        self.punts = Punts(LIBRARY, self.pointer)

    def put(self, frame: bytes) -> bool:
        return bool(LIBRARY.punts_put(self.pointer, frame, len(frame)))

    def publish(self) -> None:
        LIBRARY.punts_publish(self.pointer)

    def add(self, *frames: bytes) -> None:
        assert all([self.put(frame) for frame in frames])
        self.publish()

    def payloads(self) -> list[bytes]:
        """Of bare frames that are there."""
        parse = p4r.StreamMessageResponse.FromString
        return [parse(octets).packet.payload for octets in self.punts.take(BARE)]


@pytest.fixture
def ring() -> Iterator[Ring]:
    ring = Ring()
    yield ring
    LIBRARY.punts_destroy(ring.pointer)


def numbered(length: int) -> Iterator[bytes]:
    """Frames that differ."""
    return (number.to_bytes(4).ljust(length, b".") for number in count())


def header_of(widths: list[int]) -> PacketHeader:
    """Fields whose ids take one octet, two, and up to five."""
    fields = [Field(7 ** (i + 1), f"field {i}", width) for i, width in enumerate(widths)]
    return PacketHeader("packet_in", tuple(fields))


def message_of(layout: PacketInLayout, frame: bytes) -> bytes:
    ring = Ring()
    ring.add(frame)
    [message] = ring.punts.take(layout)
    LIBRARY.punts_destroy(ring.pointer)
    return message


@given(WIDTHS, st.data())
def test_a_message_is_octet_for_octet_what_protobuf_makes_of_the_frame(
    widths: list[int], data: st.DataObject
) -> None:
    decoder = PacketInDecoder(header_of(widths))
    length = (sum(widths) + 7) // 8
    dense, sparse = st.integers(0, 255), st.sampled_from([0, 0, 0, 1, 128])
    header = bytes(data.draw(st.lists(dense | sparse, min_size=length, max_size=length)))
    frame = header + data.draw(st.binary(max_size=300))
    packet = decoder.decode(frame)
    expected = p4r.StreamMessageResponse(packet=packet).SerializeToString()
    assert message_of(decoder.layout, frame) == expected


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384, LONGEST])
def test_lengths_are_written_in_as_many_octets_as_they_need(length: int) -> None:
    decoder = PacketInDecoder(header_of([9, 7]))
    frame = b"\xff\xff" + bytes(length)
    expected = p4r.StreamMessageResponse(packet=decoder.decode(frame)).SerializeToString()
    assert message_of(decoder.layout, frame) == expected


def test_frames_come_out_in_order_when_their_batch_is_complete(ring: Ring) -> None:
    assert ring.put(b"one")
    assert ring.put(b"two")
    assert ring.payloads() == []
    ring.publish()
    assert ring.payloads() == [b"one", b"two"]
    assert ring.payloads() == []


@pytest.mark.parametrize("length", [5, 60, 1500, 9000, LONGEST])
def test_a_full_ring_refuses_frames_and_keeps_those_that_it_has(ring: Ring, length: int) -> None:
    frames = numbered(length)
    kept = []
    while ring.put(frame := next(frames)):
        kept.append(frame)
    assert len(kept) * length <= 1 << 20
    ring.publish()
    taken = []
    while some := ring.payloads():
        taken += some
    assert taken == kept


@pytest.mark.parametrize("length", [100, 777, 9000, LONGEST])
def test_order_and_octets_survive_the_end_of_the_ring(ring: Ring, length: int) -> None:
    frames = numbered(length)
    for _ in range(4 * (1 << 20) // (3 * length)):
        some = list(islice(frames, 3))
        ring.add(*some)
        assert ring.payloads() == some


def test_a_ring_that_is_full_all_the_time_loses_and_mixes_up_nothing_that_it_has_taken(
    ring: Ring,
) -> None:
    """Large frames are taken a few at a time, so both ends pass the ring's end at any distance."""
    chance, kept, taken = random.Random(1), [], []
    for number in range(2000):
        frame = number.to_bytes(4).ljust(chance.choice([4, 60, 9000, 30_000, LONGEST]), b".")
        if ring.put(frame):
            kept.append(frame)
        else:
            ring.publish()
            taken += ring.payloads()
    ring.publish()
    while some := ring.payloads():
        taken += some
    assert taken == kept


def test_a_batch_larger_than_what_is_taken_at_a_time_comes_in_parts(ring: Ring) -> None:
    sent = list(islice(numbered(8), MOST + 3))
    ring.add(*sent)
    assert [ring.payloads(), ring.payloads()] == [sent[:MOST], sent[MOST:]]


def test_messages_that_do_not_fit_together_come_one_after_the_other(ring: Ring) -> None:
    sent = [number.to_bytes(1) * LONGEST for number in range(7)]
    ring.add(*sent)
    parts = [ring.payloads() for _ in range(3)]
    assert parts == [sent[:3], sent[3:6], sent[6:]]


def test_frames_without_a_whole_header_are_dropped(ring: Ring) -> None:
    ring.add(b"", b"\x01", b"\x01\x02", b"\x01\x02\x03")
    layout = PacketInDecoder(header_of([16])).layout
    packets = [p4r.StreamMessageResponse.FromString(m).packet for m in ring.punts.take(layout)]
    assert [packet.payload for packet in packets] == [b"", b"\x03"]


def test_without_a_layout_frames_are_dropped(ring: Ring) -> None:
    ring.add(b"old")
    assert ring.punts.take(None) == []
    ring.add(b"new")
    assert ring.payloads() == [b"new"]


def test_a_sleeping_consumer_is_woken_for_each_batch_and_at_the_end(ring: Ring) -> None:
    taken: SimpleQueue[bytes] = SimpleQueue()

    def consume() -> None:
        while ring.punts.wait():
            for frame in ring.payloads():
                taken.put(frame)

    consumer = Thread(target=consume)
    consumer.start()
    frames = numbered(60)
    for size in range(1, 60):
        sent = list(islice(frames, size))
        ring.add(*sent)
        assert [taken.get(timeout=20) for _ in sent] == sent
    ring.punts.close()
    consumer.join()


def test_a_closed_ring_does_not_wait(ring: Ring) -> None:
    ring.punts.close()
    assert not ring.punts.wait()
